import type { DatabaseSync } from 'node:sqlite'
import type { PieceSender } from './piece-sender.ts'
import { NO_TAIL, type SeriesResult, type SeriesState } from './series-compaction.ts'
import type { SeriesRows } from './series-rows.ts'

const DAY = 86_400_000

/** Answers the data time from which on readings are visible; 0: all of them, since `days` 0 keeps them for ever. */
export const visibleSince =
  (days: number, now: () => number): (() => number) =>
  () =>
    days > 0 ? Math.max(0, now() - days * DAY) : 0

export interface ExpiryWork {
  readonly database: DatabaseSync
  readonly series: SeriesRows
  /** Chunks of readings that end before this instant go. */
  readonly before: number
  readonly send: PieceSender
}

type ExpiredChunk = readonly [id: number, count: number, bytes: number]

/**
 * Queries hide what has expired reading by reading; here whole chunks of it go, oldest first, so that what a series'
 * row says of its newest point holds after every piece. Answers the series that have no chunk left.
 */
export async function expireReadings({ database, series, before, send }: ExpiryWork): Promise<number[]> {
  const select = database.prepare(
    `SELECT id, count, length(data) FROM chunks WHERE series = ?1 AND start < ?2 AND "end" < ?2 ORDER BY start`,
    { returnArrays: true },
  )
  const emptied: number[] = []
  for (const id of series.withReadings()) {
    const expired = select.all(id, before) as unknown as ExpiredChunk[]
    let state = expired.length > 0 ? series.read(id)?.state : undefined
    while (state !== undefined && expired.length > 0) {
      const result = without(state, expired.splice(0, Math.floor(send.rows)))
      await send.series(result)
      state = { ...state, ...result.update }
    }
    if (state?.count === 0) emptied.push(id)
  }
  await send.flush()
  return emptied
}

/** The series after these chunks, its oldest, are gone. */
function without(state: SeriesState, chunks: readonly ExpiredChunk[]): SeriesResult {
  const readings = chunks.reduce((sum, [, points]) => sum + points, 0)
  const { id, through, chunkEnd, latest } = state
  const count = state.count - readings
  const tail = count > 0 ? { chunkEnd, latest } : NO_TAIL
  return {
    remove: chunks.map(([chunk]) => chunk),
    add: [],
    update: { id, through, count, ...tail },
    change: { readings: -readings, chunkBytes: -chunks.reduce((sum, [, , bytes]) => sum + bytes, 0) },
  }
}
