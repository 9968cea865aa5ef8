import type { DatabaseSync } from 'node:sqlite'
import { JSON_TEXT } from './columns.ts'
import { decodePoints } from './journal-codec.ts'
import { droppedSet } from './journal-entries.ts'
import type { Memory } from './memory.ts'
import { openFile, readMeta } from './schema.ts'
import { SUBMISSIONS } from './series-index.ts'

export interface Totals {
  points: number
  chunkBytes: number
  logBytes: number
  journalBytes: number
}

export interface Recovered {
  readonly totals: Totals
  readonly cursors: Map<string, number>
  /** Up to here submissions are in the stored counters of minutes. */
  readonly snapshot: number
}

export function addTotals(totals: Totals, change: Readonly<Record<string, number>>): void {
  totals.points += change['points'] ?? 0
  totals.chunkBytes += change['chunkBytes'] ?? 0
  totals.logBytes += change['logBytes'] ?? 0
}

/** Opens the file and fills the memory from it. @throws NewerFormatError */
export function recoverFrom(file: string, memory: Memory, now: number): Recovered {
  const database = openFile(file)
  try {
    return recover(database, memory, now)
  } finally {
    database.close()
  }
}

/** Fills the memory from the file: names, latest values, counters, then the journal on top. */
function recover(database: DatabaseSync, memory: Memory, now: number): Recovered {
  readNames(database, memory)
  const through = readSeries(database, memory)
  memory.catalogue.allSaved()
  readTombstones(database, memory)
  readActivity(database, memory, now)
  const snapshot = readMeta(database, 'snapshot')
  memory.compactedThrough = readMeta(database, 'pointsThrough')
  memory.lastSequence = Math.max(
    memory.lastSequence,
    readMeta(database, 'pointsThrough'),
    readMeta(database, 'logThrough'),
    snapshot,
  )
  const journalBytes = replayJournal(database, memory, { through, snapshot, now })
  const cursors = new Map<string, number>()
  for (const row of database.prepare('SELECT name, sequence FROM cursors').iterate()) {
    cursors.set(JSON.parse(String(row['name'])) as string, Number(row['sequence']))
  }
  return {
    totals: {
      points: readMeta(database, 'points'),
      chunkBytes: readMeta(database, 'chunkBytes'),
      logBytes: readMeta(database, 'logBytes'),
      journalBytes,
    },
    cursors,
    snapshot,
  }
}

function readNames(database: DatabaseSync, { catalogue }: Memory): void {
  for (const row of database.prepare('SELECT id, text FROM attributes ORDER BY id').iterate()) {
    catalogue.attributes.enter(Number(row['id']), String(row['text']))
  }
  for (const row of database.prepare('SELECT id, text FROM kinds ORDER BY id').iterate()) {
    catalogue.kinds.enter(Number(row['id']), JSON.parse(String(row['text'])) as string)
  }
}

type SeriesCells = [
  number,
  number,
  string,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number | string | null,
]

/** Returns the watermark of every series; Infinity where a number belongs to no series any more. */
function readSeries(database: DatabaseSync, memory: Memory): Float64Array {
  const [largest] = database
    .prepare('SELECT coalesce(max(id), 0) FROM series', { returnArrays: true })
    .get() as unknown as [number]
  const through = new Float64Array(largest + 1).fill(Infinity)
  const rows = database.prepare(
    `SELECT id, device, metric, dialect, through, count, chunk_end, latest_sequence, latest_type, latest_attribute,
      latest_value FROM series ORDER BY id`,
    { returnArrays: true },
  )
  for (const row of rows.iterate()) {
    const [id, device, text, dialect, upTo, count, end, sequence, type, attribute, value] =
      row as unknown as SeriesCells
    const metric = JSON.parse(text) as string
    memory.catalogue.series.add({ id, device, metric, dialect })
    through[id] = upTo
    if (count === 0) continue
    memory.setChunkEnd(id, end)
    if (dialect === SUBMISSIONS) memory.setSubmissions(id, count)
    else {
      const text = type === JSON_TEXT ? String(value) : null
      memory.latest.offer({
        series: id,
        time: end,
        sequence,
        type,
        attribute,
        value: text === null ? Number(value) : 0,
        text,
      })
    }
  }
  return through
}

function readTombstones(database: DatabaseSync, memory: Memory): void {
  for (const row of database
    .prepare('SELECT sequence, device, "from", "to", whole FROM tombstones ORDER BY sequence')
    .all()) {
    const sequence = Number(row['sequence'])
    memory.tombstones.add({
      sequence,
      device: Number(row['device']),
      from: Number(row['from']),
      to: Number(row['to']),
      whole: row['whole'] === 1,
    })
    memory.lastSequence = Math.max(memory.lastSequence, sequence)
  }
}

function readActivity(database: DatabaseSync, { activity }: Memory, now: number): void {
  for (const row of database.prepare('SELECT device, received FROM presence').iterate()) {
    activity.restore(Number(row['device']), Number(row['received']))
  }
  for (const row of database.prepare('SELECT minute, count FROM minutes').iterate()) {
    activity.countSubmission(Number(row['minute']) * 60_000, Number(row['count']), now)
  }
}

interface ReplayContext {
  readonly through: Float64Array
  readonly snapshot: number
  readonly now: number
}

/** Applies the journal in order and returns its size. Bodies are the last column, so their pages are never read. */
function replayJournal(
  database: DatabaseSync,
  memory: Memory,
  { through, snapshot, now }: ReplayContext,
): number {
  let bytes = 0
  const rows = database.prepare('SELECT first, bytes, dropped, points FROM journal ORDER BY first', {
    returnArrays: true,
  })
  for (const row of rows.iterate()) {
    const [first, size, dropped, points] = row as unknown as [number, number, Uint8Array | null, Uint8Array]
    bytes += size
    memory.apply(decodePoints(points), { first, dropped: droppedSet(dropped), now }, { through, snapshot })
  }
  return bytes
}
