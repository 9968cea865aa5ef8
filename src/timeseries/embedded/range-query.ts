import { PointBuffer } from './columns.ts'
import type { RangeJob, RangeResult } from './messages.ts'
import { type ChunkSource, type Segment, Segments, type Slice } from './segments.ts'

/** One series on its way through the range. Until its segment is opened, `time` is only a bound. */
interface Cursor {
  readonly rank: number
  readonly segments: Segments
  segment: Segment | null
  slice: Slice | null
  position: number
  time: number
}

type After = NonNullable<RangeJob['after']>

/** Merges the series of a job in time order, opening chunks only when their turn comes. */
export function runRange(source: ChunkSource, job: RangeJob): RangeResult {
  const { newest, after } = job
  const scan = {
    from: !newest && after !== null ? Math.max(job.from, after.time) : job.from,
    to: newest && after !== null ? Math.min(job.to, after.time) : job.to,
    newest,
  }
  const heap = new CursorHeap(newest)
  job.series.forEach((part, rank) => {
    const segments = new Segments(source, part, scan)
    const cursor: Cursor = { rank, segments, segment: null, slice: null, position: 0, time: 0 }
    if (enterSegment(cursor, newest)) heap.push(cursor)
  })
  return drain(heap, job)
}

function enterSegment(cursor: Cursor, newest: boolean): boolean {
  cursor.segment = cursor.segments.next()
  cursor.slice = null
  if (cursor.segment === null) return false
  cursor.time = newest ? cursor.segment.end : cursor.segment.start
  return true
}

/** Opens the cursor's segment, or moves on while segments turn out to be empty. False: the series is through. */
function open(cursor: Cursor, newest: boolean): boolean {
  if (cursor.segment === null) return false
  cursor.slice = cursor.segments.load(cursor.segment)
  cursor.position = newest ? cursor.slice.to - 1 : cursor.slice.from
  return settle(cursor, newest)
}

/** Puts the cursor's time on its position; past the end of the slice it enters the next segment. */
function settle(cursor: Cursor, newest: boolean): boolean {
  const { slice, position } = cursor
  if (slice === null || position < slice.from || position >= slice.to) return enterSegment(cursor, newest)
  cursor.time = slice.columns.times[position] as number
  return true
}

function drain(heap: CursorHeap, job: RangeJob): RangeResult {
  const { newest, after, limit } = job
  const out = new PointBuffer(Math.min(limit, 4096))
  const ranks: number[] = []
  let instants = 0
  let more = false
  for (let cursor = heap.top(); cursor !== null; cursor = heap.top()) {
    const { slice } = cursor
    if (slice === null) {
      heap.sink(open(cursor, newest))
      continue
    }
    if (after === null || follows(cursor, slice, { after, job })) {
      const fresh = out.count === 0 || out.times[out.count - 1] !== cursor.time
      if (job.byInstant ? fresh && instants === limit : out.count === limit) {
        more = true
        break
      }
      if (fresh) instants += 1
      out.push(slice.columns, cursor.position)
      ranks.push(cursor.rank)
    }
    cursor.position += newest ? -1 : 1
    heap.sink(settle(cursor, newest))
  }
  return trimmed(out, ranks, more)
}

/** Whether the point comes behind the place where the page before ended. */
function follows(cursor: Cursor, slice: Slice, { after, job }: { after: After; job: RangeJob }): boolean {
  if (cursor.time !== after.time) return true
  if (cursor.rank >= after.rank) return true
  if (!after.exact || cursor.rank !== after.rank - 1 || job.series[cursor.rank]?.keep !== true) return false
  const { sequences, sequence } = slice.columns
  const own = sequences === null ? sequence : (sequences[cursor.position] as number)
  return job.newest ? own < after.sequence : own > after.sequence
}

/** Only what is used crosses the thread boundary. */
function trimmed(out: PointBuffer, ranks: readonly number[], more: boolean): RangeResult {
  return {
    count: out.count,
    times: out.times.slice(0, out.count),
    values: out.values.slice(0, out.count),
    types: out.types.slice(0, out.count),
    attributes: out.attributes.slice(0, out.count),
    sequences: out.sequences.slice(0, out.count),
    attribute: 0,
    sequence: 0,
    texts: out.texts,
    ranks: Uint32Array.from(ranks),
    more,
  }
}

/** Cursors by time, then rank; at one instant those whose segment is not open yet come first, so that it is opened. */
class CursorHeap {
  private readonly cursors: Cursor[] = []
  private readonly newest: boolean

  constructor(newest: boolean) {
    this.newest = newest
  }

  top(): Cursor | null {
    return this.cursors[0] ?? null
  }

  private before(a: Cursor, b: Cursor): boolean {
    if (a.time !== b.time) return this.newest === a.time > b.time
    if ((a.slice === null) !== (b.slice === null)) return a.slice === null
    return a.rank < b.rank
  }

  push(cursor: Cursor): void {
    const { cursors } = this
    let place = cursors.length
    cursors.push(cursor)
    while (place > 0) {
      const parent = (place - 1) >>> 1
      const above = cursors[parent] as Cursor
      if (!this.before(cursor, above)) break
      cursors[place] = above
      cursors[parent] = cursor
      place = parent
    }
  }

  /** The top has changed, or (`stays` false) is through. */
  sink(stays: boolean): void {
    const { cursors } = this
    if (!stays) {
      const last = cursors.pop()
      if (cursors.length === 0 || last === undefined) return
      cursors[0] = last
    }
    const cursor = cursors[0] as Cursor
    let place = 0
    for (;;) {
      let child = 2 * place + 1
      if (child >= cursors.length) return
      if (child + 1 < cursors.length && this.before(cursors[child + 1] as Cursor, cursors[child] as Cursor))
        child += 1
      if (!this.before(cursors[child] as Cursor, cursor)) return
      cursors[place] = cursors[child] as Cursor
      cursors[child] = cursor
      place = child
    }
  }
}
