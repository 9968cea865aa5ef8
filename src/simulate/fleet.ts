import type { Report } from './life.ts'

/** What a server said to one report. `later`: full or out of order for now, the device keeps the report and tries again. */
export type Answer = 'acknowledged' | 'later' | 'refused'

export interface FleetOptions {
  readonly url: string
  readonly devices: number
  readonly seed: number
  /** Connections the whole fleet may hold. */
  readonly connections: number
  /** Absent: a fresh user is registered. */
  readonly account?: { readonly name: string; readonly password: string }
  /** Called while devices are being registered, with how many stand. */
  readonly onRegistered?: (count: number) => void
}

/** A number of simulated devices on one server, numbered from 0. */
export interface Fleet {
  /** Who owns the devices, in words for the person who started the run. */
  readonly owner: string
  /** What the device reports at that instant, with exactly the values that `readBack` must give. */
  reportAt(device: number, time: number): Report
  /** Rejects when the outcome is unknown. */
  send(device: number, report: Report): Promise<Answer>
  /** Everything stored for the device in the range (inclusive), newest first, page by page. */
  readBack(device: number, range: { from: number; to: number }): AsyncIterable<Report>
  /** Submissions the server counts for the device. */
  submissions(device: number): Promise<number>
  close(): void
}

/** One wire language's way to register devices, report and read back. One file a dialect; `src/cli/simulate.ts` lists them. */
export interface SimulatedDialect {
  readonly name: string
  connect(options: FleetOptions): Promise<Fleet>
}
