import type { Bucket, Point, SeriesStatistics } from '../../core/telemetry/store.ts'
import { BUCKET_COLUMNS } from './aggregate.ts'
import { JSON_TEXT, valueOf } from './columns.ts'
import type { Memory } from './memory.ts'
import type { RangeJob, RangeResult } from './messages.ts'

/** From numbers and columns to what the port promises. */

export function pointAt(
  { catalogue }: Memory,
  job: RangeJob,
  { result, index }: { result: RangeResult; index: number },
): Point {
  const id = job.series[result.ranks[index] ?? 0]?.id ?? 0
  return {
    ...catalogue.series.nameOf(id),
    time: result.times[index] ?? 0,
    sequence: result.sequences?.[index] ?? 0,
    value: valueOf(result.types?.[index] ?? 0, result.values[index] ?? 0, result.texts),
    ...catalogue.attributes.get(result.attributes?.[index] ?? 0),
  }
}

export function latestPoint({ catalogue, latest }: Memory, id: number): Point | null {
  const point = latest.get(id)
  if (point === null) return null
  const { type, value, text } = point
  return {
    ...catalogue.series.nameOf(id),
    time: point.time,
    sequence: point.sequence,
    value: type === JSON_TEXT ? valueOf(type, 0, [text ?? 'null']) : valueOf(type, value, []),
    ...catalogue.attributes.get(point.attribute),
  }
}

export function bucketsOf(flat: Float64Array): Bucket[] {
  const buckets: Bucket[] = []
  for (let at = 0; at < flat.length; at += BUCKET_COLUMNS) {
    const [start = 0, count = 0, sum = 0, min = 0, max = 0, first = 0, last = 0] = flat.subarray(
      at,
      at + BUCKET_COLUMNS,
    )
    buckets.push({ start, count, sum, min, max, mean: sum / count, first, last })
  }
  return buckets
}

export function statisticsRow(
  memory: Memory,
  id: number,
  counts: readonly (readonly [number, number])[],
): SeriesStatistics {
  const origins = new Map<string, number>()
  const protocols = new Map<string, number>()
  let count = 0
  let anomalies = 0
  const add = (to: Map<string, number>, name: string | undefined, by: number) => {
    if (name !== undefined) to.set(name, (to.get(name) ?? 0) + by)
  }
  for (const [attribute, points] of counts) {
    const { origin, protocol, anomaly } = memory.catalogue.attributes.get(attribute)
    count += points
    if (anomaly === true) anomalies += points
    add(origins, origin, points)
    add(protocols, protocol, points)
  }
  return {
    ...memory.catalogue.series.nameOf(id),
    count,
    anomalies,
    // Own members even for names like __proto__.
    origins: Object.fromEntries(origins),
    protocols: Object.fromEntries(protocols),
  }
}
