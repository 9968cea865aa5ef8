import type { DatabaseSync } from 'node:sqlite'
import { neverExpires } from './log-retention.ts'
import { type JournalSource, journalSource, kindNames, type SliceSource, sliceSource } from './log-sources.ts'
import type { LogJob, LogRow } from './messages.ts'
import { readMeta } from './schema.ts'
import { deletedBy, type Tombstone } from './tombstones.ts'

/** Entries of the log in sequence order: compacted slices up to the log's watermark, journal rows behind it. */
export interface LogReader {
  read(job: LogJob): LogRow[]
}

interface Walk {
  readonly job: LogJob
  readonly journal: JournalSource
  readonly slices: SliceSource
  readonly accepts: (row: LogRow) => boolean
  /** Up to here entries are in slices. */
  readonly through: number
  readonly version: number
}

export function logReader(database: DatabaseSync): LogReader {
  const kindOf = kindNames(database)
  const journal = journalSource(database, kindOf)
  const slices = sliceSource(database, kindOf)
  return {
    read(job) {
      const through = readMeta(database, 'logThrough')
      const version = readMeta(database, 'logVersion')
      const walk = { job, journal, slices, accepts: acceptance(job), through, version }
      return (job.newest ? descending(walk) : ascending(walk)).slice(0, job.limit)
    },
  }
}

function ascending({ job, journal, slices, accepts, through, version }: Walk): LogRow[] {
  const out: LogRow[] = []
  const { device, limit } = job
  const start = job.after + 1
  let slice = slices.atOrBefore(start, device) ?? slices.after(start, device)
  // Slices behind the watermark belong to a compaction that is not done.
  while (slice !== null && slice <= through && out.length < limit) {
    pushAll(out, slices.rows(slice, device, version).filter(accepts))
    slice = slices.after(slice, device)
  }
  for (let from = Math.max(start, through + 1); out.length < limit;) {
    const stretch = journal.from(from, device)
    if (stretch === null) break
    pushAll(
      out,
      stretch.rows.filter((row) => row.sequence > through && accepts(row)),
    )
    from = stretch.last + 1
  }
  return out
}

function descending({ job, journal, slices, accepts, through, version }: Walk): LogRow[] {
  const out: LogRow[] = []
  const { device, limit } = job
  for (let before = Math.min(job.before, Number.MAX_SAFE_INTEGER); out.length < limit;) {
    const stretch = journal.before(before, device)
    if (stretch === null || stretch.last <= through) break
    pushAll(out, stretch.rows.filter((row) => row.sequence > through && accepts(row)).reverse())
    before = stretch.first
  }
  let slice = slices.before(Math.min(job.before, through + 1), device)
  while (slice !== null && out.length < limit) {
    pushAll(out, slices.rows(slice, device, version).filter(accepts).reverse())
    slice = slices.before(slice, device)
  }
  return out
}

/** Slices can hold more entries than a call takes arguments. */
function pushAll(out: LogRow[], rows: readonly LogRow[]): void {
  for (const row of rows) out.push(row)
}

/** Inside the bounds, not deleted, not expired. */
function acceptance(job: LogJob): (row: LogRow) => boolean {
  const byDevice: ReadonlyMap<number, readonly Tombstone[]> = Map.groupBy(
    job.tombstones,
    ({ device }) => device,
  )
  return (row) => {
    if (row.sequence <= job.after || row.sequence >= job.before) return false
    if (row.received < job.expired && row.sequence <= job.floor && !neverExpires(row.dialect)) return false
    const stones = byDevice.get(row.device)
    return stones === undefined || deletedBy(stones)?.(row.sequence, row.time) !== true
  }
}
