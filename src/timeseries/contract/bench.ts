import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach } from 'node:test'
import type { Entry, Point, RangeQuery, Reading, TelemetryStore } from '../../core/telemetry/store.ts'

export interface ContractOptions {
  readonly now: () => number
  readonly logDays: number
  /** 0: readings stay for ever. */
  readonly readingDays: number
}

/** Opens the store that lives in a folder, or makes one there; closing and opening again is a restart. */
export type OpenStore = (directory: string, options: ContractOptions) => Promise<TelemetryStore>

export interface Traits {
  /** It takes what it is given: the cases of refused input are skipped. */
  readonly trusting?: boolean
  /** Days that readings are kept; for ever unless given. */
  readonly readingDays?: number
}

export const START = Date.UTC(2026, 0, 1)
export const MINUTE = 60_000
export const ALWAYS = { from: 0, to: Date.UTC(9999, 0, 1) - 1 }
export const body = new TextEncoder().encode('{"value":1}')

/** A message with these values, `iotflow` unless `more` says otherwise; `time` is its device's and `more` the rest. */
export function uplink(
  [device, time]: readonly [device: number, time: number],
  readings: Record<string, Reading['value']>,
  more: Partial<Entry> = {},
): Entry {
  return {
    device,
    dialect: 'iotflow',
    kind: 'uplink',
    time,
    received: START,
    body,
    readings: Object.entries(readings).map(([metric, value]) => ({ metric, value })),
    ...more,
  }
}

export const brief = ({ device, metric, time, value }: Point): unknown[] => [
  device,
  metric,
  time - START,
  value,
]

/** A fresh store for each case. */
export interface Bench {
  readonly store: TelemetryStore
  readonly clock: { now: number }
  readonly trusting: boolean
  restart(): Promise<void>
  /** Runs the checks on what was just stored, after a compaction, and after a restart. */
  always(check: () => Promise<void>): Promise<void>
  newest(limit: number, more?: Partial<RangeQuery>): Promise<readonly Point[]>
}

/** Call it inside a `describe`: it opens a store before each of its cases and closes it behind them. */
export function prepareBench(open: OpenStore, { trusting = false, readingDays = 0 }: Traits): Bench {
  const clock = { now: START }
  const options: ContractOptions = { now: () => clock.now, logDays: 30, readingDays }
  let base = ''
  let directory = ''
  let store: TelemetryStore

  before(() => {
    base = mkdtempSync(join(tmpdir(), 'telemetry-contract-'))
  })
  after(() => rmSync(base, { recursive: true, force: true }))
  beforeEach(async () => {
    clock.now = START
    directory = mkdtempSync(join(base, 'store-'))
    store = await open(directory, options)
  })
  afterEach(() => store.close())

  async function restart(): Promise<void> {
    await store.close()
    store = await open(directory, options)
  }

  return {
    get store() {
      return store
    },
    clock,
    trusting,
    restart,
    async always(check) {
      await check()
      await store.compact()
      await check()
      await restart()
      await check()
    },
    newest: async (limit, more = {}) =>
      (await store.range({ range: ALWAYS, order: 'newest', limit, ...more })).points,
  }
}
