import { DIALECTS } from '../../core/dialects.ts'
import type { JsonValue, Ledger, LogEntry, LogQuery, UplinkLog } from '../../core/telemetry/store.ts'
import type { Memory } from './memory.ts'
import type { LogRow, RowResult, WriterRequest } from './messages.ts'
import type { AskReader } from './queries.ts'

const DAY = 86_400_000

export interface LogOptions {
  readonly memory: Memory
  readonly ask: AskReader
  readonly write: (request: WriterRequest) => Promise<void>
  readonly cursors: Map<string, number>
  /** 0: log entries stay for ever. */
  readonly logDays: number
  readonly now: () => number
}

/** Which log entries may go: those received before `expired` whose sequence is not above `floor`. */
export interface Expiry {
  readonly expired: number
  readonly floor: number
}

export interface LogAndLedger extends UplinkLog, Ledger {
  expiry(): Expiry
}

export function createLogAndLedger(options: LogOptions): LogAndLedger {
  const { memory, ask, write, cursors, logDays, now } = options

  /** No entry goes that a consumer has not finished. */
  function expiry(): Expiry {
    return {
      expired: logDays > 0 ? now() - logDays * DAY : -1,
      floor: Math.min(Infinity, ...cursors.values()),
    }
  }

  async function log({ device, after = 0, before, limit }: LogQuery): Promise<LogEntry[]> {
    if (limit < 1) return []
    const rows = await ask<LogRow[]>({
      kind: 'log',
      device: device ?? null,
      after: before === undefined ? after : 0,
      before: before ?? Infinity,
      newest: before !== undefined,
      limit: Math.floor(limit),
      tombstones: device === undefined ? memory.tombstones.all() : memory.tombstones.of(device),
      ...expiry(),
    })
    return rows.map((row) => ({ ...row, dialect: DIALECTS[row.dialect] ?? 'nbiot' }))
  }

  return {
    expiry,
    log,
    async cursor(name) {
      // From its first question on, a consumer holds back the expiry of what it has not seen.
      if (!cursors.has(name)) cursors.set(name, 0)
      return cursors.get(name) ?? 0
    },
    async moveCursor(name, sequence) {
      await write({ kind: 'cursor', name, sequence })
      cursors.set(name, sequence)
    },
    tallies: (name, { from, to }) => ask({ kind: 'tallies', name, from, to }),
    async rows({ dialect, subject, range, order, limit, after }) {
      if (limit < 1) return []
      const rows = await ask<RowResult[]>({
        kind: 'rows',
        dialect,
        subject: subject ?? null,
        ...range,
        newest: order === 'newest',
        limit: Math.floor(limit),
        after: after ?? null,
      })
      return rows.map(({ subject: text, fields, ...row }) => ({
        ...row,
        dialect,
        subject: JSON.parse(text) as string,
        fields: JSON.parse(fields) as JsonValue,
      }))
    },
  }
}
