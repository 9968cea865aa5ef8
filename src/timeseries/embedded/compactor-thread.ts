import type { DatabaseSync } from 'node:sqlite'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { chunkSource } from './chunk-source.ts'
import {
  countPoints,
  freshPoints,
  groupPoints,
  journalPart,
  type JournalPart,
  partitions,
} from './journal-points.ts'
import { compactLog } from './log-compaction.ts'
import type { CompactionJob, CompactorReport } from './messages.ts'
import { pieceSender } from './piece-sender.ts'
import { expireReadings } from './reading-expiry.ts'
import { connect, readMeta } from './schema.ts'
import { compactSeries } from './series-compaction.ts'
import { type SeriesRows, seriesRows } from './series-rows.ts'
import type { Tombstone } from './tombstones.ts'

/**
 * One compaction: the journal's points go into chunks, its bodies into log blocks, then its rows go. Every piece is a
 * small transaction of the writer's; stopping between two of them is harmless, since each series' row says how far
 * its chunks reach. The thread ends with the run and gives its memory back.
 */

/** Points grouped in memory at once: 31 bytes each. */
const AT_ONCE = 2_000_000
/** Points of one run; a longer journal takes several. */
const PER_RUN = 8_000_000

const main = parentPort
if (main === null) throw new Error('the compactor runs in a worker thread')
const { file, port, job } = workerData as { file: string; port: MessagePort; job: CompactionJob }

const report = (message: CompactorReport) => main.postMessage(message)

async function run(database: DatabaseSync): Promise<void> {
  const after = readMeta(database, 'pointsThrough')
  const part = journalPart(database, { after, through: job.through, points: PER_RUN })
  const due = readTombstones(database).filter(({ sequence }) => sequence <= part.through)
  const send = pieceSender(port, report)
  const series = seriesRows(database)
  const ends = await compactPoints({ database, series, part, due, send })
  await send({ meta: { pointsThrough: part.through } })
  if (job.visibleSince > 0) {
    const emptied = await expireReadings({ database, series, before: job.visibleSince, send })
    for (const id of emptied) ends.set(id, -1)
  }
  await compactLog({ database, through: part.through, expiry: job.expiry, due, send })
  await removeJournal(database, part.through, send)
  if (due.length > 0) await send({ removeTombstones: due.map(({ sequence }) => sequence) })
  await send.flush()
  report({
    kind: 'done',
    through: part.through,
    series: Uint32Array.from(ends.keys()),
    ends: Float64Array.from(ends.values()),
    tombstones: due.map(({ sequence }) => sequence),
    more: part.more,
  })
}

function readTombstones(database: DatabaseSync): Tombstone[] {
  const rows = database.prepare('SELECT sequence, device, "from", "to", whole FROM tombstones').all()
  return rows.map((row) => ({
    sequence: Number(row['sequence']),
    device: Number(row['device']),
    from: Number(row['from']),
    to: Number(row['to']),
    whole: row['whole'] === 1,
  }))
}

interface PointWork {
  readonly database: DatabaseSync
  readonly series: SeriesRows
  readonly part: JournalPart
  readonly due: readonly Tombstone[]
  readonly send: ReturnType<typeof pieceSender>
}

/** Answers where each touched series' chunks end now. */
async function compactPoints({ database, series, part, due, send }: PointWork): Promise<Map<number, number>> {
  const ends = new Map<number, number>()
  const source = chunkSource(database)
  const counts = countPoints(database, part.rows, series.largest)
  const stonesOf = (device: number) => due.filter((stone) => stone.device === device)

  async function compactOne(
    id: number,
    grouped: Parameters<typeof freshPoints>[0],
    range: { from: number; to: number },
  ): Promise<void> {
    const found = series.read(id)
    if (found === null) return
    const { state, device } = found
    const tombstones = stonesOf(device)
    const fresh = freshPoints(grouped, { ...range, through: state.through, keep: state.keep, tombstones })
    const open = tombstones.filter(({ sequence }) => sequence > state.through)
    if (state.through >= part.through) {
      ends.set(id, state.chunkEnd)
      return
    }
    const result = compactSeries(source, {
      state,
      fresh,
      open,
      through: part.through,
      chunkPoints: job.chunkPoints,
    })
    ends.set(id, result.update.chunkEnd)
    await send.series(result)
  }

  for (const partition of partitions(counts, AT_ONCE)) {
    const place = new Float64Array(counts.length)
    let next = 0
    for (let id = partition.from; id < partition.to; id += 1) {
      place[id] = next
      next += counts[id] as number
    }
    const grouped = groupPoints(database, part.rows, { ...partition, place })
    for (let id = partition.from; id < partition.to; id += 1) {
      const count = counts[id] as number
      const to = place[id] as number
      if (count > 0) await compactOne(id, grouped, { from: to - count, to })
    }
  }
  const none = groupPoints(database, [], { from: 0, to: 0, points: 0, place: new Float64Array(0) })
  for (const device of new Set(due.map((stone) => stone.device))) {
    for (const id of series.ofDevice(device))
      if (!ends.has(id)) await compactOne(id, none, { from: 0, to: 0 })
  }
  await send.flush()
  return ends
}

/** Bytes of journal freed by one piece: freeing touches every page of a row. */
const FREED_AT_ONCE = 256 * 1024

async function removeJournal(
  database: DatabaseSync,
  through: number,
  send: PointWork['send'],
): Promise<void> {
  const rows = database
    .prepare('SELECT first, bytes FROM journal WHERE first <= ? ORDER BY first', { returnArrays: true })
    .all(through)
  let batch: number[] = []
  let freed = 0
  const flush = async () => {
    await send({ removeJournal: batch, freed })
    batch = []
    freed = 0
  }
  for (const row of rows) {
    const [first, bytes] = row as unknown as [number, number]
    if (batch.length > 0 && freed + bytes > FREED_AT_ONCE) await flush()
    batch.push(first)
    freed += bytes
  }
  if (batch.length > 0) await flush()
}

const database = connect(file, { readOnly: true })
try {
  await run(database)
} catch (error) {
  report({ kind: 'failed', error: error instanceof Error ? error.message : String(error) })
} finally {
  database.close()
  port.close()
}
