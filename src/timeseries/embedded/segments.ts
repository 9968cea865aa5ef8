import { decodeChunk } from './chunk-codec.ts'
import { type Columns, lowerBound, PointBuffer, upperBound } from './columns.ts'
import type { ChunkMeta, SeriesPart } from './messages.ts'
import type { Tombstone } from './tombstones.ts'

/** Where chunks come from: the file, or nowhere when the head has all of a series. */
export interface ChunkSource {
  /** Every point of the series up to this sequence is in chunks. */
  through(series: number): number
  /** Chunks that start at or before `to`, latest first, `limit` at most. */
  newest(series: number, to: number, limit: number): ChunkMeta[]
  /** Chunks that start at or after `from` and the one before those, earliest first, `limit` at most. */
  oldest(series: number, from: number, limit: number): ChunkMeta[]
  data(id: number): Uint8Array
}

export const NO_CHUNKS: ChunkSource = {
  through: () => 0,
  newest: () => [],
  oldest: () => [],
  data: () => new Uint8Array(0),
}

export interface Scan {
  readonly from: number
  readonly to: number
  readonly newest: boolean
}

/** A stretch of a series that no other stretch overlaps: a chunk with the head points inside it, or head points alone. */
export interface Segment {
  readonly start: number
  readonly end: number
  readonly chunk: ChunkMeta | null
  readonly headFrom: number
  readonly headTo: number
}

/** Points [from, to) of sorted columns. */
export interface Slice {
  readonly columns: Columns
  readonly from: number
  readonly to: number
}

const FETCHED = 64

/** Walks one series in time order without opening a chunk before it is needed. */
export class Segments {
  private readonly source: ChunkSource
  private readonly part: SeriesPart
  private readonly scan: Scan
  private readonly head: Columns | null
  /** Tombstones that have not been worked into this series' chunks. */
  readonly open: readonly Tombstone[]
  private chunks: ChunkMeta[] = []
  private position = 0
  private exhausted = false
  private headFrom: number
  private headTo: number

  constructor(source: ChunkSource, part: SeriesPart, scan: Scan) {
    this.source = source
    this.part = part
    this.scan = scan
    const through = source.through(part.id)
    this.head = after(part.head, through)
    this.open = part.tombstones.filter(({ sequence }) => sequence > through)
    this.headFrom = this.head === null ? 0 : lowerBound(this.head.times, this.head.count, scan.from)
    this.headTo = this.head === null ? 0 : upperBound(this.head.times, this.head.count, scan.to)
  }

  next(): Segment | null {
    const chunk = this.peek()
    const segment = this.scan.newest ? this.nextNewest(chunk) : this.nextOldest(chunk)
    if (segment !== null && segment.chunk !== null) this.position += 1
    return segment
  }

  private nextNewest(chunk: ChunkMeta | null): Segment | null {
    const end = this.headTo
    const times = this.head?.times ?? new Float64Array(0)
    if (chunk === null) return this.headOnly(this.headFrom, end)
    const above = Math.max(this.headFrom, Math.min(end, upperBound(times, end, chunk.end)))
    if (above < end) return this.headOnly(above, end)
    const from = Math.max(this.headFrom, lowerBound(times, end, chunk.start))
    this.headTo = from
    return { start: chunk.start, end: chunk.end, chunk, headFrom: from, headTo: end }
  }

  private nextOldest(chunk: ChunkMeta | null): Segment | null {
    const start = this.headFrom
    const times = this.head?.times ?? new Float64Array(0)
    if (chunk === null) return this.headOnly(start, this.headTo)
    const below = Math.min(this.headTo, lowerBound(times, this.headTo, chunk.start))
    if (below > start) return this.headOnly(start, below)
    const to = Math.max(start, upperBound(times, this.headTo, chunk.end))
    this.headFrom = to
    return { start: chunk.start, end: chunk.end, chunk, headFrom: start, headTo: to }
  }

  private headOnly(from: number, to: number): Segment | null {
    if (this.head === null || from >= to) return null
    if (this.scan.newest) this.headTo = from
    else this.headFrom = to
    const { times } = this.head
    return { start: times[from] ?? 0, end: times[to - 1] ?? 0, chunk: null, headFrom: from, headTo: to }
  }

  /** The next chunk that touches the range. */
  private peek(): ChunkMeta | null {
    for (;;) {
      if (this.position >= this.chunks.length && !this.fetch()) return null
      const chunk = this.chunks[this.position]
      if (chunk === undefined) return null
      if (chunk.start <= this.scan.to && chunk.end >= this.scan.from) return chunk
      // Behind the range nothing more can follow; before it only the first chunk of an ascending walk lies.
      if (this.scan.newest || chunk.start > this.scan.to) {
        this.exhausted = true
        this.chunks = []
        return null
      }
      this.position += 1
    }
  }

  private fetch(): boolean {
    if (this.exhausted) return false
    const last = this.chunks.at(-1)
    const { from, to, newest } = this.scan
    // Most walks from the newest end stop early; an aggregate goes on to the end.
    const limit = last === undefined && newest ? 2 : FETCHED
    if (newest)
      this.chunks = this.source.newest(this.part.id, last === undefined ? to : last.start - 1, limit)
    else this.chunks = this.source.oldest(this.part.id, last === undefined ? from : last.end + 1, limit)
    if (!newest && last !== undefined) this.chunks = this.chunks.filter(({ start }) => start > last.end)
    this.position = 0
    if (this.chunks.length === 0) this.exhausted = true
    return !this.exhausted
  }

  /** True when the chunk's summary speaks exactly for its points. */
  summaryHolds(segment: Segment): boolean {
    if (segment.chunk === null || segment.headFrom < segment.headTo) return false
    if (segment.start < this.scan.from || segment.end > this.scan.to) return false
    return !this.touched(segment)
  }

  private touched(segment: Segment): boolean {
    return this.open.some(({ from, to }) => from <= segment.end && to >= segment.start)
  }

  /** The segment's points inside the range, deletes and replacements applied. */
  load(segment: Segment): Slice {
    const { chunk } = segment
    const stored = chunk === null ? null : decodeChunk(this.source.data(chunk.id), chunk)
    if (stored !== null && segment.headFrom === segment.headTo && !this.touched(segment)) {
      const from =
        segment.start >= this.scan.from ? 0 : lowerBound(stored.times, stored.count, this.scan.from)
      const to =
        segment.end <= this.scan.to ? stored.count : upperBound(stored.times, stored.count, this.scan.to)
      return { columns: stored, from, to }
    }
    return this.merge(stored, segment)
  }

  private merge(stored: Columns | null, segment: Segment): Slice {
    const { from, to } = this.scan
    const buffer = new PointBuffer((stored?.count ?? 0) + segment.headTo - segment.headFrom)
    const deleted = (time: number) => this.open.some((stone) => time >= stone.from && time <= stone.to)
    mergeColumns(buffer, {
      keep: this.part.keep,
      older: stored === null ? null : { columns: stored, from: 0, to: stored.count },
      newer: this.head === null ? null : { columns: this.head, from: segment.headFrom, to: segment.headTo },
      skipOlder: (time) => time < from || time > to || deleted(time),
    })
    return { columns: buffer, from: 0, to: buffer.count }
  }
}

/** The head's points that are not in chunks. */
function after(head: Columns | null, through: number): Columns | null {
  if (head === null || head.sequences === null) return null
  if (head.sequences.every((sequence) => sequence > through)) return head
  const left = new PointBuffer(head.count)
  for (let index = 0; index < head.count; index += 1) {
    if ((head.sequences[index] as number) > through) left.push(head, index)
  }
  return left
}

export interface Merge {
  readonly keep: boolean
  readonly older: Slice | null
  /** Every sequence in it is above those of `older`. */
  readonly newer: Slice | null
  readonly skipOlder: (time: number) => boolean
}

/**
 * Merges two sorted slices. In a `replace` series the later of two points at one instant stays; anywhere, the later
 * of two readings that one message gave for one metric.
 */
export function mergeColumns(into: PointBuffer, { keep, older, newer, skipOlder }: Merge): void {
  let next = newer?.from ?? 0
  const takeNewerBefore = (time: number) => {
    if (newer === null) return
    for (; next < newer.to && (newer.columns.times[next] as number) < time; next += 1) {
      place(into, newer.columns, { index: next, keep })
    }
  }
  if (older !== null) {
    const { columns } = older
    for (let index = older.from; index < older.to; index += 1) {
      const time = columns.times[index] as number
      // At one instant the older point comes first, so that the newer one replaces it or stands behind it.
      takeNewerBefore(time)
      if (!skipOlder(time)) place(into, columns, { index, keep })
    }
  }
  takeNewerBefore(Infinity)
}

function place(into: PointBuffer, from: Columns, { index, keep }: { index: number; keep: boolean }): void {
  const last = into.count - 1
  const same = last >= 0 && into.times[last] === from.times[index]
  const sequence = from.sequences === null ? from.sequence : from.sequences[index]
  if (same && (!keep || into.sequences[last] === sequence)) into.replaceLast(from, index)
  else into.push(from, index)
}
