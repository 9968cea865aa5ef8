import type { DatabaseSync } from 'node:sqlite'
import { type Columns, JSON_TEXT, NUMBER, PointBuffer } from './columns.ts'
import { type Batch, decodePoints, typeOf } from './journal-codec.ts'
import { droppedSet } from './journal-entries.ts'
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

/** Calls back with every journal row's batch. */
export function eachBatch(
  database: DatabaseSync,
  rows: readonly number[],
  visit: (batch: Batch, first: number, dropped: ReadonlySet<number>) => void,
): void {
  const select = database.prepare('SELECT dropped, points FROM journal WHERE first = ?', {
    returnArrays: true,
  })
  for (const first of rows) {
    const [skip, blob] = select.get(first) as unknown as [Uint8Array | null, Uint8Array]
    visit(decodePoints(blob), first, droppedSet(skip))
  }
}

/** Out of its range a typed array ignores a write. */
function increase(counts: Uint32Array, at: number): void {
  counts[at] = (counts[at] as number) + 1
}

/** How many points each series has, submissions included. Numbers without a series belong to removed devices. */
export function countPoints(database: DatabaseSync, rows: readonly number[], largest: number): Uint32Array {
  const counts = new Uint32Array(largest + 1)
  eachBatch(database, rows, ({ entries, entryPoints, entrySubmission, series }, _, dropped) => {
    let at = 0
    for (let index = 0; index < entries; index += 1) {
      const end = at + (entryPoints[index] as number)
      if (dropped.has(index)) {
        at = end
        continue
      }
      for (; at < end; at += 1) increase(counts, series[at] as number)
      const submission = entrySubmission[index] as number
      if (submission > 0) increase(counts, submission - 1)
    }
  })
  return counts
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
  eachBatch(database, rows, (batch, first, dropped) => {
    let at = 0
    for (let index = 0; index < batch.entries; index += 1) {
      const end = at + (batch.entryPoints[index] as number)
      if (dropped.has(index)) {
        at = end
        continue
      }
      const sequence = first + index
      const time = batch.entryTime[index] as number
      for (; at < end; at += 1) {
        const series = batch.series[at] as number
        if (series < from || series >= to) continue
        const into = place[series] as number
        place[series] = into + 1
        grouped.times[into] = time
        grouped.sequences[into] = sequence
        putValue(grouped, into, { batch, at })
      }
      const submission = (batch.entrySubmission[index] as number) - 1
      if (submission < from || submission >= to) continue
      const into = place[submission] as number
      place[submission] = into + 1
      grouped.times[into] = time
      grouped.sequences[into] = sequence
      grouped.values[into] = Math.floor((batch.entryReceived[index] as number) / 1000)
    }
  })
  return grouped
}

function putValue(grouped: Grouped, into: number, { batch, at }: { batch: Batch; at: number }): void {
  const type = typeOf(batch, at)
  const value = batch.values[at] as number
  grouped.types[into] = type
  grouped.attributes[into] = batch.attributes === null ? batch.attribute : (batch.attributes[at] as number)
  grouped.values[into] = type === JSON_TEXT ? grouped.texts.push(batch.texts[value] ?? 'null') - 1 : value
}

export interface FreshRange {
  readonly from: number
  readonly to: number
  /** Points up to here were compacted before. */
  readonly through: number
  readonly keep: boolean
  readonly tombstones: readonly Tombstone[]
}

/** One series' points out of a group: sorted, without those compacted before or deleted, repeats settled. */
export function freshPoints(grouped: Grouped, range: FreshRange): Columns {
  return asTheyAre(grouped, range) ?? settled(grouped, range)
}

/** Views the points in place where each is later than the one before: the ordinary case. Null: it is not so. */
function asTheyAre(grouped: Grouped, { from, to, through, tombstones }: FreshRange): Columns | null {
  const { times, types, attributes } = grouped
  if (tombstones.length > 0 || (grouped.sequences[from] as number) <= through) return null
  let numbers = true
  let constant = true
  let previous = -1
  const attribute = attributes[from] ?? 0
  for (let index = from; index < to; index += 1) {
    const time = times[index] as number
    if (time <= previous) return null
    previous = time
    if (types[index] !== NUMBER) numbers = false
    if (attributes[index] !== attribute) constant = false
  }
  return {
    count: to - from,
    times: times.subarray(from, to),
    values: grouped.values.subarray(from, to),
    types: numbers ? null : types.subarray(from, to),
    attributes: constant ? null : attributes.subarray(from, to),
    attribute,
    sequences: grouped.sequences.subarray(from, to),
    sequence: 0,
    texts: grouped.texts,
  }
}

function settled(grouped: Grouped, range: FreshRange): Columns {
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
