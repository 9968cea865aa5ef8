import type { DatabaseSync } from 'node:sqlite'
import { type Columns, JSON_TEXT, NUMBER, PointBuffer } from './columns.ts'
import { type Batch, decodePoints, typeOf } from './journal-codec.ts'
import { droppedSet } from './log-query.ts'
import { deletedBy, type Tombstone } from './tombstones.ts'

/** The journal rows that a compaction works in: the prefix with at most so many points, or one row. */
export interface JournalPart {
  readonly rows: readonly number[]
  readonly through: number
  readonly bytes: number
  /** More journal follows, up to the sequence that was asked for. */
  readonly more: boolean
}

export function journalPart(
  database: DatabaseSync,
  bounds: { after: number; through: number; points: number },
): JournalPart {
  const rows: number[] = []
  let through = bounds.after
  let points = 0
  let bytes = 0
  const select = database.prepare(
    'SELECT first, count, size, bytes FROM journal WHERE first > ? AND first <= ? ORDER BY first',
    {
      returnArrays: true,
    },
  )
  for (const row of select.iterate(bounds.after, bounds.through)) {
    const [first, count, size, rowBytes] = row as unknown as [number, number, number, number]
    if (points > 0 && points + size + count > bounds.points) return { rows, through, bytes, more: true }
    points += size + count
    bytes += rowBytes
    rows.push(first)
    through = first + count - 1
  }
  return { rows, through: bounds.through, bytes, more: false }
}

type Visit = (
  series: number,
  point: { sequence: number; time: number; value: number; type: number; attribute: number },
  batch: Batch,
) => void

/** Reads the points of journal rows, submissions included. */
export function eachPoint(database: DatabaseSync, rows: readonly number[], visit: Visit): void {
  const select = database.prepare('SELECT dropped, points FROM journal WHERE first = ?', {
    returnArrays: true,
  })
  const point = { sequence: 0, time: 0, value: 0, type: NUMBER, attribute: 0 }
  for (const first of rows) {
    const [skip, blob] = select.get(first) as unknown as [Uint8Array | null, Uint8Array]
    const batch = decodePoints(blob)
    const dropped = droppedSet(skip)
    let at = 0
    for (let index = 0; index < batch.entries; index += 1) {
      const end = at + (batch.entryPoints[index] as number)
      if (dropped.has(index)) {
        at = end
        continue
      }
      point.sequence = first + index
      point.time = batch.entryTime[index] as number
      for (; at < end; at += 1) {
        point.type = typeOf(batch, at)
        point.value = batch.values[at] as number
        point.attribute = batch.attributes === null ? batch.attribute : (batch.attributes[at] as number)
        visit(batch.series[at] as number, point, batch)
      }
      const submission = batch.entrySubmission[index] as number
      if (submission === 0) continue
      point.type = NUMBER
      point.value = Math.floor((batch.entryReceived[index] as number) / 1000)
      point.attribute = 0
      visit(submission - 1, point, batch)
    }
  }
}

/** Points of many series in arrival order, each series' points side by side. */
export interface Grouped {
  readonly times: Float64Array
  readonly values: Float64Array
  readonly sequences: Float64Array
  readonly types: Uint8Array
  readonly attributes: Uint16Array
  readonly texts: string[]
}

export interface Partition {
  /** First series and the one behind the last. */
  readonly from: number
  readonly to: number
  readonly points: number
}

/** Cuts the series into ranges whose points fit into memory together. */
export function* partitions(counts: Uint32Array, most: number): Generator<Partition> {
  let from = 0
  let points = 0
  for (let series = 0; series < counts.length; series += 1) {
    const own = counts[series] as number
    if (points > 0 && points + own > most) {
      yield { from, to: series, points }
      from = series
      points = 0
    }
    points += own
  }
  if (points > 0) yield { from, to: counts.length, points }
}

/** Collects a partition's points; `place` is each series' first place and is moved along. */
export function groupPoints(
  database: DatabaseSync,
  rows: readonly number[],
  part: Partition & { place: Float64Array },
): Grouped {
  const { from, to, points, place } = part
  const grouped: Grouped = {
    times: new Float64Array(points),
    values: new Float64Array(points),
    sequences: new Float64Array(points),
    types: new Uint8Array(points),
    attributes: new Uint16Array(points),
    texts: [],
  }
  eachPoint(database, rows, (series, point, batch) => {
    if (series < from || series >= to) return
    const at = place[series] as number
    place[series] = at + 1
    grouped.times[at] = point.time
    grouped.sequences[at] = point.sequence
    grouped.types[at] = point.type
    grouped.attributes[at] = point.attribute
    const text = point.type === JSON_TEXT ? grouped.texts.push(batch.texts[point.value] ?? 'null') - 1 : 0
    grouped.values[at] = point.type === JSON_TEXT ? text : point.value
  })
  return grouped
}

/** One series' points out of a group: sorted, without those compacted before or deleted, repeats settled. */
export function freshPoints(
  grouped: Grouped,
  range: { from: number; to: number; through: number; keep: boolean; tombstones: readonly Tombstone[] },
): Columns {
  const { times, sequences } = grouped
  const deleted = deletedBy(range.tombstones)
  const order: number[] = []
  let sorted = true
  let previous = -1
  for (let index = range.from; index < range.to; index += 1) {
    const time = times[index] as number
    const sequence = sequences[index] as number
    if (sequence <= range.through || deleted?.(sequence, time) === true) continue
    if (time < previous) sorted = false
    previous = time
    order.push(index)
  }
  if (!sorted) order.sort((a, b) => (times[a] as number) - (times[b] as number) || a - b)
  const columns: Columns = { ...grouped, count: order.length, attribute: 0, sequence: 0 }
  const fresh = new PointBuffer(order.length)
  for (const index of order) {
    const last = fresh.count - 1
    const same = last >= 0 && fresh.times[last] === times[index]
    if (same && (!range.keep || fresh.sequences[last] === sequences[index])) fresh.replaceLast(columns, index)
    else fresh.push(columns, index)
  }
  return fresh
}
