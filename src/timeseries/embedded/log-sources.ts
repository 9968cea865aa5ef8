import type { DatabaseSync } from 'node:sqlite'
import { decodePoints } from './journal-codec.ts'
import { expandJournal } from './journal-entries.ts'
import { decodeLogBlock } from './log-codec.ts'
import type { LogRow } from './messages.ts'

const ARRAYS = { returnArrays: true }

export type KindNames = (number: number) => string

/** Names of kinds, read once each. */
export function kindNames(database: DatabaseSync): KindNames {
  const known: string[] = []
  const select = database.prepare('SELECT id, text FROM kinds WHERE id >= ?', ARRAYS)
  return (number) => {
    if (known[number] === undefined) {
      for (const row of select.all(known.length)) {
        const [id, text] = row as unknown as [number, string]
        known[id] = JSON.parse(text) as string
      }
    }
    return known[number] ?? ''
  }
}

/** One journal row's log entries, in sequence order, and which sequences the row holds. */
export interface JournalStretch {
  readonly first: number
  readonly last: number
  readonly rows: LogRow[]
}

export interface JournalSource {
  /** The row that holds `sequence`, or the next one behind it. */
  from(sequence: number, device: number | null): JournalStretch | null
  /** The last row that begins before `sequence`. */
  before(sequence: number, device: number | null): JournalStretch | null
}

export function journalSource(database: DatabaseSync, kindOf: KindNames): JournalSource {
  const columns = 'SELECT first, count, dropped, points FROM journal'
  const up = database.prepare(
    `${columns} WHERE first >= coalesce((SELECT max(first) FROM journal WHERE first <= ?1), 0)
      AND first + count > ?1 ORDER BY first LIMIT 1`,
    ARRAYS,
  )
  const down = database.prepare(`${columns} WHERE first < ? ORDER BY first DESC LIMIT 1`, ARRAYS)
  const bodiesOf = database.prepare('SELECT bodies FROM journal WHERE first = ?', ARRAYS)

  function stretch(row: unknown, device: number | null): JournalStretch | null {
    if (row === undefined) return null
    const [first, count, dropped, points] = row as [number, number, Uint8Array | null, Uint8Array]
    const last = first + count - 1
    // Bodies are most of a row; they are read only where the device is in it.
    const concerned = device === null || decodePoints(points).entryDevice.includes(device)
    if (!concerned) return { first, last, rows: [] }
    const [bodies] = bodiesOf.get(first) as unknown as [Uint8Array]
    const rows = expandJournal({ first, dropped, points, bodies }, kindOf)
    return { first, last, rows: device === null ? rows : rows.filter((entry) => entry.device === device) }
  }

  return {
    from: (sequence, device) => stretch(up.get(sequence), device),
    before: (sequence, device) => stretch(down.get(sequence), device),
  }
}

/** Compacted stretches of the log. A slice is named by its first sequence. */
export interface SliceSource {
  atOrBefore(sequence: number, device: number | null): number | null
  before(sequence: number, device: number | null): number | null
  after(sequence: number, device: number | null): number | null
  /** Its entries in sequence order; `version` rises when blocks are rewritten. */
  rows(slice: number, device: number | null, version: number): readonly LogRow[]
}

export function sliceSource(database: DatabaseSync, kindOf: KindNames): SliceSource {
  const finder = (found: 'min' | 'max', comparison: string) => {
    const all = database.prepare(`SELECT ${found}(slice) FROM log_blocks WHERE slice ${comparison} ?`, ARRAYS)
    const one = database.prepare(
      `SELECT ${found}(slice) FROM log_index WHERE device = ? AND slice ${comparison} ?`,
      ARRAYS,
    )
    return (sequence: number, device: number | null): number | null => {
      const row = device === null ? all.get(sequence) : one.get(device, sequence)
      return (row as unknown as [number | null])[0]
    }
  }
  const blocks = database.prepare('SELECT data FROM log_blocks WHERE slice = ?', ARRAYS)
  const deviceBlocks = database.prepare(
    'SELECT b.data FROM log_index i JOIN log_blocks b ON b.id = i.block WHERE i.device = ? AND i.slice = ?',
    ARRAYS,
  )
  let cache: { version: number; slice: number; rows: readonly LogRow[] } | null = null

  function decode(found: readonly unknown[]): LogRow[] {
    return found
      .flatMap((row) => decodeLogBlock((row as [Uint8Array])[0], kindOf))
      .sort((a, b) => a.sequence - b.sequence)
  }

  return {
    atOrBefore: finder('max', '<='),
    before: finder('max', '<'),
    after: finder('min', '>'),
    rows(slice, device, version) {
      if (device !== null)
        return decode(deviceBlocks.all(device, slice)).filter((row) => row.device === device)
      // Consumers read on in small pages: the slice they are in stays open.
      if (cache?.slice !== slice || cache.version !== version)
        cache = { version, slice, rows: decode(blocks.all(slice)) }
      return cache.rows
    },
  }
}
