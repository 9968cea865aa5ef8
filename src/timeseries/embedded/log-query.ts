import type { DatabaseSync } from 'node:sqlite'
import { decodeLogBlock } from './log-codec.ts'
import { decodeBodies, decodePoints, LOGGED } from './journal-codec.ts'
import type { LogJob, LogRow } from './messages.ts'
import { readMeta } from './schema.ts'
import { deletedBy, type Tombstone } from './tombstones.ts'
import { neverExpires } from './log-retention.ts'

type Accepts = (row: LogRow) => boolean

/** Entries of the log in sequence order: compacted slices up to the log's watermark, journal rows behind it. */
export interface LogReader {
  read(job: LogJob): LogRow[]
}

interface SliceCache {
  /** Counts rewritten blocks: the rows hold until the next one. */
  readonly version: number
  readonly slice: number
  readonly rows: readonly LogRow[]
}

export function logReader(database: DatabaseSync): LogReader {
  const arrays = { returnArrays: true }
  const kinds: string[] = []
  const kindTable = database.prepare('SELECT id, text FROM kinds WHERE id >= ?', arrays)
  const journalUp = database.prepare(
    `SELECT first, count, dropped, points, bodies FROM journal WHERE first >= ?1
      AND first >= coalesce((SELECT max(first) FROM journal WHERE first <= ?2), 0) ORDER BY first LIMIT 1`,
    arrays,
  )
  const journalDown = database.prepare(
    'SELECT first, count, dropped, points, bodies FROM journal WHERE first < ? ORDER BY first DESC LIMIT 1',
    arrays,
  )
  const slicesUp = database.prepare('SELECT min(slice) FROM log_blocks WHERE slice > ?', arrays)
  const slicesDown = database.prepare('SELECT max(slice) FROM log_blocks WHERE slice < ?', arrays)
  const sliceAt = database.prepare('SELECT max(slice) FROM log_blocks WHERE slice <= ?', arrays)
  const deviceUp = database.prepare('SELECT min(slice) FROM log_index WHERE device = ? AND slice > ?', arrays)
  const deviceDown = database.prepare(
    'SELECT max(slice) FROM log_index WHERE device = ? AND slice < ?',
    arrays,
  )
  const deviceAt = database.prepare(
    'SELECT max(slice) FROM log_index WHERE device = ? AND slice <= ?',
    arrays,
  )
  const blocks = database.prepare('SELECT data FROM log_blocks WHERE slice = ? ORDER BY id', arrays)
  const deviceBlocks = database.prepare(
    'SELECT b.data FROM log_index i JOIN log_blocks b ON b.id = i.block WHERE i.device = ? AND i.slice = ? ORDER BY b.id',
    arrays,
  )
  let cache: SliceCache | null = null
  let version = 0

  const cell = (row: unknown): number | null => (row as (number | null)[] | undefined)?.[0] ?? null

  function kindOf(number: number): string {
    if (kinds[number] === undefined) {
      for (const row of kindTable.all(kinds.length)) {
        const [id, text] = row as unknown as [number, string]
        kinds[id] = JSON.parse(text) as string
      }
    }
    return kinds[number] ?? ''
  }

  function sliceRows(slice: number, device: number | null): readonly LogRow[] {
    if (device === null && cache?.slice === slice && cache.version === version) return cache.rows
    const found = device === null ? blocks.all(slice) : deviceBlocks.all(device, slice)
    const rows = found.flatMap((row) => decodeLogBlock((row as unknown as [Uint8Array])[0], kindOf))
    const own = device === null ? rows : rows.filter((row) => row.device === device)
    own.sort((a, b) => a.sequence - b.sequence)
    if (device === null) cache = { version, slice, rows: own }
    return own
  }

  function journalRows(row: unknown, device: number | null): LogRow[] {
    const [first, , dropped, points, bodies] = row as [
      number,
      number,
      Uint8Array | null,
      Uint8Array,
      Uint8Array,
    ]
    return expandJournal({ first, dropped, points, bodies }, kindOf).filter(
      (entry) => device === null || entry.device === device,
    )
  }

  function ascending(job: LogJob, accepts: Accepts, logThrough: number): LogRow[] {
    const out: LogRow[] = []
    const { device } = job
    const start = job.after + 1
    // A slice is named by its first sequence: the one at or below the start may hold it.
    let slice = device === null ? cell(sliceAt.get(start)) : cell(deviceAt.get(device, start))
    slice ??= device === null ? cell(slicesUp.get(start - 1)) : cell(deviceUp.get(device, start - 1))
    while (slice !== null && slice <= logThrough && out.length < job.limit) {
      take(out, sliceRows(slice, device), accepts)
      slice = device === null ? cell(slicesUp.get(slice)) : cell(deviceUp.get(device, slice))
    }
    let from = Math.max(start, logThrough + 1)
    let after = 0
    while (out.length < job.limit) {
      const row = journalUp.get(after, from) as unknown as [number, number] | undefined
      if (row === undefined) break
      take(
        out,
        journalRows(row, device).filter(({ sequence }) => sequence > logThrough),
        accepts,
      )
      after = row[0] + row[1]
      from = after
    }
    return out.slice(0, job.limit)
  }

  function descending(job: LogJob, accepts: Accepts, logThrough: number): LogRow[] {
    const out: LogRow[] = []
    const { device } = job
    let before = Math.min(job.before, Number.MAX_SAFE_INTEGER)
    while (out.length < job.limit && before > logThrough + 1) {
      const row = journalDown.get(before) as unknown as [number, number] | undefined
      if (row === undefined || row[0] + row[1] - 1 <= logThrough) break
      take(
        out,
        journalRows(row, device)
          .filter(({ sequence }) => sequence > logThrough)
          .reverse(),
        accepts,
      )
      before = row[0]
    }
    // Slices behind the watermark belong to a compaction that is not done.
    const end = Math.min(job.before, logThrough + 1)
    let slice = device === null ? cell(slicesDown.get(end)) : cell(deviceDown.get(device, end))
    while (slice !== null && out.length < job.limit) {
      take(out, sliceRows(slice, device).toReversed(), accepts)
      slice = device === null ? cell(slicesDown.get(slice)) : cell(deviceDown.get(device, slice))
    }
    return out.slice(0, job.limit)
  }

  return {
    read(job) {
      const accepts = acceptance(job)
      const logThrough = readMeta(database, 'logThrough')
      version = readMeta(database, 'logVersion')
      return job.newest ? descending(job, accepts, logThrough) : ascending(job, accepts, logThrough)
    },
  }
}

function take(out: LogRow[], rows: readonly LogRow[], accepts: Accepts): void {
  for (const row of rows) if (accepts(row)) out.push(row)
}

/** Inside the bounds, not deleted, not expired. */
function acceptance(job: LogJob): Accepts {
  const byDevice = new Map<number, Tombstone[]>()
  for (const stone of job.tombstones) {
    const list = byDevice.get(stone.device)
    if (list === undefined) byDevice.set(stone.device, [stone])
    else list.push(stone)
  }
  return (row) => {
    if (row.sequence <= job.after || row.sequence >= job.before) return false
    if (row.received < job.expired && row.sequence <= job.floor && !neverExpires(row.dialect)) return false
    const stones = byDevice.get(row.device)
    return stones === undefined || deletedBy(stones)?.(row.sequence, row.time) !== true
  }
}

export interface JournalRow {
  readonly first: number
  readonly dropped: Uint8Array | null
  readonly points: Uint8Array
  readonly bodies: Uint8Array
}

/** A log entry whose kind may still be a number. */
export type EntryOf<Kind> = Omit<LogRow, 'kind'> & { readonly kind: Kind }

/** The log entries of one journal row, in sequence order. */
export function expandJournal<Kind>(row: JournalRow, kindOf: (number: number) => Kind): EntryOf<Kind>[] {
  const batch = decodePoints(row.points)
  const { kinds, dialects, keys, bodies } = decodeBodies(row.bodies)
  const dropped = droppedSet(row.dropped)
  const rows: EntryOf<Kind>[] = []
  for (let index = 0; index < batch.entries; index += 1) {
    if (dropped.has(index) || ((batch.entryFlags[index] as number) & LOGGED) === 0) continue
    rows.push({
      sequence: row.first + index,
      device: batch.entryDevice[index] ?? 0,
      dialect: dialects[index] ?? 0,
      kind: kindOf(kinds[index] ?? 0),
      time: batch.entryTime[index] ?? 0,
      received: batch.entryReceived[index] ?? 0,
      body: bodies[index] ?? new Uint8Array(0),
      key: keys[index] ?? null,
    })
  }
  return rows
}

const NOTHING: ReadonlySet<number> = new Set()

export const droppedSet = (blob: Uint8Array | null): ReadonlySet<number> =>
  blob === null ? NOTHING : new Set(new Uint32Array(new Uint8Array(blob).buffer))
