import type { Point } from '../../core/telemetry/store.ts'
import { isoTime } from '../../wire/instants.ts'

/** A flat record: `timestamp` and one member per measurement. Any name is an ordinary member, `__proto__` too. */
export type FlatRecord = Record<string, unknown>

/**
 * One flat record of points that share an instant, or of the newest points of all series. Where several dialects
 * brought the same measurement, the newer point wins: by data time, then by sequence.
 */
export function flatRecord(points: readonly Point[]): FlatRecord {
  const winners = new Map<string, Point>()
  let newest = 0
  for (const point of points) {
    newest = Math.max(newest, point.time)
    const rival = winners.get(point.metric)
    if (rival === undefined || isNewer(point, rival)) winners.set(point.metric, point)
  }
  const record = Object.create(null) as FlatRecord
  record['timestamp'] = isoTime(newest)
  for (const [metric, { value }] of winners) if (metric !== 'timestamp') record[metric] = value
  return record
}

function isNewer(a: Point, b: Point): boolean {
  return a.time > b.time || (a.time === b.time && a.sequence > b.sequence)
}

/** Splits points, which come ordered by time, into the runs of one instant. */
export function* instants(points: readonly Point[]): Generator<Point[]> {
  let run: Point[] = []
  for (const point of points) {
    if (run[0] !== undefined && run[0].time !== point.time) {
      yield run
      run = []
    }
    run.push(point)
  }
  if (run.length > 0) yield run
}
