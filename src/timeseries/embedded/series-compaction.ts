import { decodeChunk, encodeChunk } from './chunk-codec.ts'
import { type Columns, JSON_TEXT, lowerBound, PointBuffer, upperBound } from './columns.ts'
import type { ChunkMeta, NewChunk, SeriesUpdate } from './messages.ts'
import { type ChunkSource, mergeColumns } from './segments.ts'
import type { Tombstone } from './tombstones.ts'

export interface SeriesState {
  readonly id: number
  readonly keep: boolean
  /** Its points are readings. */
  readonly counted: boolean
  readonly through: number
  readonly count: number
  readonly chunkEnd: number
  readonly latest: SeriesUpdate['latest']
}

export interface SeriesWork {
  readonly state: SeriesState
  /** Points not in chunks, sorted, deletes applied. */
  readonly fresh: Columns
  /** Deletes that the chunks have not seen. */
  readonly open: readonly Tombstone[]
  readonly through: number
  /**
   * Most points of a chunk, unless more share one instant. A last chunk of half of it is full when the next points
   * do not fit; a smaller one is merged with them. Late points between two chunks join the first of them unless they
   * are a quarter of it.
   */
  readonly chunkPoints: number
}

export interface SeriesResult {
  readonly remove: readonly number[]
  readonly add: readonly NewChunk[]
  readonly update: SeriesUpdate
  readonly change: { readonly readings: number; readonly chunkBytes: number }
}

/** A chunk and the fresh points between its start and the next chunk's. */
interface Group {
  readonly chunk: ChunkMeta | null
  readonly from: number
  readonly to: number
  readonly last: boolean
}

interface Neighbourhood {
  readonly chunks: readonly ChunkMeta[]
  /** Start of the first chunk behind them; Infinity: there is none. */
  readonly next: number
}

/** What has been decided so far about a series. */
interface Outcome {
  readonly remove: number[]
  readonly add: NewChunk[]
  points: number
  bytes: number
  /** The last points written, where no chunk that stays lies behind them. */
  last: Columns | null
  lastStays: boolean
}

/** Works fresh points and deletes into a series' chunks, rewriting no more of them than must be. */
export function compactSeries(source: ChunkSource, work: SeriesWork): SeriesResult {
  const { state } = work
  const near = neighbourhood(source, work)
  const out: Outcome = { remove: [], add: [], points: 0, bytes: 0, last: null, lastStays: false }
  for (const group of groups(near, work.fresh)) compactGroup(source, work, { group, out })
  const end = near.next < Infinity || out.lastStays ? null : { last: out.last, removed: new Set(out.remove) }
  const count = state.count + out.points
  return {
    remove: out.remove,
    add: out.add,
    update: { id: state.id, through: work.through, count, ...latestOf(source, state, end) },
    change: { readings: state.counted ? out.points : 0, chunkBytes: out.bytes },
  }
}

function compactGroup(
  source: ChunkSource,
  work: SeriesWork,
  { group, out }: { group: Group; out: Outcome },
): void {
  const { chunk } = group
  const pruned =
    chunk !== null && work.open.some((stone) => stone.from <= chunk.end && stone.to >= chunk.start)
  if (chunk !== null && !pruned && group.from === group.to) {
    out.last = null
    out.lastStays = true
    return
  }
  const stays = chunk !== null && !pruned && standsAlone(chunk, group, work)
  let merged: Columns = sliceOf(work.fresh, group.from, group.to)
  if (chunk !== null && !stays) {
    const data = source.data(chunk.id)
    merged = merge(decodeChunk(data, chunk), merged, work)
    out.remove.push(chunk.id)
    out.points -= chunk.count
    out.bytes -= data.length
  }
  for (const piece of split(merged, work.chunkPoints)) {
    const encoded = encodeChunk(merged, { ...piece, keepSequences: work.state.keep })
    out.add.push({ series: work.state.id, ...encoded })
    out.points += encoded.count
    out.bytes += encoded.data.length
  }
  out.lastStays = false
  if (merged.count > 0) out.last = merged
}

function sliceOf(points: Columns, from: number, to: number): Columns {
  if (from === 0 && to === points.count) return points
  return {
    ...points,
    count: to - from,
    times: points.times.subarray(from, to),
    values: points.values.subarray(from, to),
    types: points.types?.subarray(from, to) ?? null,
    attributes: points.attributes?.subarray(from, to) ?? null,
    sequences: points.sequences?.subarray(from, to) ?? null,
  }
}

function merge(stored: Columns, fresh: Columns, { state, open }: SeriesWork): Columns {
  const merged = new PointBuffer(stored.count + fresh.count)
  mergeColumns(merged, {
    keep: state.keep,
    older: { columns: stored, from: 0, to: stored.count },
    newer: { columns: fresh, from: 0, to: fresh.count },
    skipOlder: (time) => open.some((stone) => time >= stone.from && time <= stone.to),
  })
  return merged
}

/** Chunks that fresh points or deletes may concern: those in their span, and the one before it. */
function neighbourhood(source: ChunkSource, { state, fresh, open }: SeriesWork): Neighbourhood {
  // Without chunks there is nothing to look for, and a new series is the commonest case of all.
  if ((fresh.count === 0 && open.length === 0) || state.chunkEnd < 0) return { chunks: [], next: Infinity }
  let from = fresh.count > 0 ? (fresh.times[0] as number) : Infinity
  let to = fresh.count > 0 ? (fresh.times[fresh.count - 1] as number) : -1
  for (const stone of open) {
    from = Math.min(from, stone.from)
    to = Math.max(to, stone.to)
  }
  const chunks: ChunkMeta[] = []
  let limit = 4
  for (let at = from; ;) {
    const found = source
      .oldest(state.id, at, limit)
      .filter(({ start }) => start > (chunks.at(-1)?.start ?? -1))
    for (const chunk of found) {
      if (chunk.start > to) return { chunks, next: chunk.start }
      chunks.push(chunk)
    }
    const last = chunks.at(-1)
    if (found.length === 0 || last === undefined) return { chunks, next: Infinity }
    at = last.end + 1
    limit = 256
  }
}

function* groups(near: Neighbourhood, fresh: Columns): Generator<Group> {
  const { chunks } = near
  const first = chunks[0]?.start ?? near.next
  let from = lowerBound(fresh.times, fresh.count, first)
  if (from > 0) yield { chunk: null, from: 0, to: from, last: false }
  for (let index = 0; index < chunks.length; index += 1) {
    const next = chunks[index + 1]?.start ?? near.next
    const to = next === Infinity ? fresh.count : lowerBound(fresh.times, fresh.count, next)
    yield { chunk: chunks[index] ?? null, from, to, last: next === Infinity }
    from = to
  }
}

/** The chunk is left as it is and the fresh points behind it make chunks of their own. */
function standsAlone(
  chunk: ChunkMeta,
  { from, to, last }: Group,
  { fresh, chunkPoints }: SeriesWork,
): boolean {
  if ((fresh.times[from] as number) <= chunk.end) return false
  const more = to - from
  if (chunk.count + more <= chunkPoints) return false
  return chunk.count >= chunkPoints / 2 && (last || more >= chunkPoints / 4)
}

/** Cuts sorted points into pieces of nearly equal size, never between equal instants. */
function* split({ count, times }: Columns, most: number): Generator<{ from: number; to: number }> {
  let from = 0
  while (from < count) {
    const pieces = Math.ceil((count - from) / most)
    let to = Math.min(count, from + Math.ceil((count - from) / pieces))
    if (to < count && times[to] === times[to - 1]) {
      const time = times[to] as number
      const start = lowerBound(times, count, time)
      to = start > from ? start : upperBound(times, count, time)
    }
    yield { from, to }
    from = to
  }
}

type Tail = Pick<SeriesUpdate, 'chunkEnd' | 'latest'>

/** Of a series without chunks. */
export const NO_TAIL: Tail = {
  chunkEnd: -1,
  latest: { sequence: 0, type: 0, attribute: 0, value: null },
}

/** What the row says of the newest point in chunks; `end` null: that point has not changed. */
function latestOf(
  source: ChunkSource,
  state: SeriesState,
  end: { last: Columns | null; removed: ReadonlySet<number> } | null,
): Tail {
  if (end === null || (end.last === null && end.removed.size === 0))
    return { chunkEnd: state.chunkEnd, latest: state.latest }
  if (end.last !== null) return tailOf(end.last)
  for (let to = Number.MAX_SAFE_INTEGER; ;) {
    const [chunk] = source.newest(state.id, to, 1)
    if (chunk === undefined) return NO_TAIL
    if (!end.removed.has(chunk.id)) return tailOf(decodeChunk(source.data(chunk.id), chunk))
    to = chunk.start - 1
  }
}

function tailOf(points: Columns): Tail {
  const index = points.count - 1
  const type = points.types?.[index] ?? 0
  const value = points.values[index] ?? 0
  return {
    chunkEnd: points.times[index] ?? -1,
    latest: {
      sequence: points.sequences?.[index] ?? points.sequence,
      type,
      attribute: points.attributes?.[index] ?? points.attribute,
      value: type === JSON_TEXT ? (points.texts[value] ?? 'null') : value,
    },
  }
}
