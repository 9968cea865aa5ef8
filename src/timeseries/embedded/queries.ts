import { CoreError } from '../../core/errors.ts'
import type {
  AggregateQuery,
  Bucket,
  Point,
  RangePage,
  RangeQuery,
  SeriesSelector,
  SeriesStatistics,
  TimeRange,
} from '../../core/telemetry/store.ts'
import { BUCKET_COLUMNS, runAggregate, runStatistics } from './aggregate.ts'
import { JSON_TEXT, valueOf } from './columns.ts'
import type { Memory } from './memory.ts'
import type {
  AggregateJob,
  RangeJob,
  RangeResult,
  ReaderRequest,
  SeriesPart,
  StatisticsJob,
} from './messages.ts'
import { readPageToken, writePageToken } from './page-token.ts'
import { runRange } from './range-query.ts'
import { NO_CHUNKS } from './segments.ts'
import { keepsAll } from './series-index.ts'
import { deletedBy, type Tombstone } from './tombstones.ts'

/** Sends a job to the thread that reads the file. */
export type AskReader = <Result>(request: ReaderRequest) => Promise<Result>

export interface Queries {
  latest(selector: SeriesSelector): Point[]
  range(query: RangeQuery): Promise<RangePage>
  aggregate(query: AggregateQuery): Promise<Bucket[]>
  statistics(selector: SeriesSelector, range: TimeRange): Promise<SeriesStatistics[]>
  /** The newest point of one series, asked of head and chunks. */
  newest(series: number): Promise<RangeResult>
  /** The series with its head points; deletes are those in force unless others are given. */
  part(series: number, range: TimeRange, deletes?: readonly Tombstone[]): SeriesPart
}

export function createQueries(memory: Memory, ask: AskReader): Queries {
  const { catalogue, head, latest, tombstones } = memory

  function part(id: number, { from, to }: TimeRange, deletes?: readonly Tombstone[]): SeriesPart {
    const own = deletes ?? tombstones.of(catalogue.series.devices[id] ?? 0)
    const points = head.gather(id, { from, to, deleted: deletedBy(own) })
    return { id, keep: keepsAll(catalogue.series.dialects[id] ?? 0), head: points, tombstones: own }
  }

  /** The head has everything of these series in the range: no thread need be asked. */
  const inHead = (job: { series: readonly SeriesPart[]; from: number }) =>
    job.series.every(({ id }) => memory.chunkEnd(id) < job.from)

  const range = (job: RangeJob) =>
    inHead(job) ? Promise.resolve(runRange(NO_CHUNKS, job)) : ask<RangeResult>(job)

  const pointAt = (job: RangeJob, result: RangeResult, index: number): Point => {
    const id = job.series[result.ranks[index] ?? 0]?.id ?? 0
    return {
      ...catalogue.series.nameOf(id),
      time: result.times[index] ?? 0,
      sequence: result.sequences?.[index] ?? 0,
      value: valueOf(result.types?.[index] ?? 0, result.values[index] ?? 0, result.texts),
      ...catalogue.attributes.get(result.attributes?.[index] ?? 0),
    }
  }

  function latestPoint(id: number): Point | null {
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

  function rangeJob(query: RangeQuery): RangeJob {
    const ids = catalogue.series.select(query)
    const { from, to } = query.range
    const names = () => ids.map((id) => catalogue.series.nameOf(id))
    return {
      kind: 'range',
      series: ids.map((id) => part(id, query.range)),
      from,
      to,
      newest: query.order === 'newest',
      limit: Math.max(0, Math.floor(query.limit)),
      byInstant: query.limitBy === 'instants',
      after: query.after === undefined ? null : readPageToken(query.after, names()),
    }
  }

  return {
    part,
    latest: (selector) =>
      catalogue.series
        .select(selector)
        .map(latestPoint)
        .filter((point) => point !== null),

    async range(query) {
      const job = rangeJob(query)
      if (job.series.length === 0 || job.limit === 0) return { points: [] }
      const result = await range(job)
      const points = Array.from({ length: result.count }, (_, index) => pointAt(job, result, index))
      const last = points.at(-1)
      return result.more && last !== undefined ? { points, next: writePageToken(last) } : { points }
    },

    async newest(id) {
      const whole = { from: 0, to: Number.MAX_SAFE_INTEGER }
      const series = [part(id, whole)]
      return range({ kind: 'range', series, ...whole, newest: true, limit: 1, byInstant: false, after: null })
    },

    async aggregate({ device, metric, dialects, range: { from, to }, window, order }) {
      if (!(window >= 1))
        throw new CoreError('invalid_input', { field: 'window', reason: 'not at least 1 ms' })
      const ids = catalogue.series.select({
        devices: [device],
        metrics: [metric],
        ...(dialects && { dialects }),
      })
      const job: AggregateJob = {
        kind: 'aggregate',
        series: ids.map((id) => part(id, { from, to })),
        from,
        to,
        window,
      }
      const flat = inHead(job) ? runAggregate(NO_CHUNKS, job) : await ask<Float64Array>(job)
      const buckets = bucketsOf(flat)
      return order === 'newest' ? buckets.reverse() : buckets
    },

    async statistics(selector, { from, to }) {
      const ids = catalogue.series.select(selector)
      const job: StatisticsJob = {
        kind: 'statistics',
        series: ids.map((id) => part(id, { from, to })),
        from,
        to,
      }
      const counts = inHead(job)
        ? runStatistics(NO_CHUNKS, job)
        : await ask<readonly (readonly (readonly [number, number])[])[]>(job)
      return ids.flatMap((id, index) => {
        const row = statisticsRow(memory, id, counts[index] ?? [])
        return row.count === 0 ? [] : [row]
      })
    },
  }
}

function bucketsOf(flat: Float64Array): Bucket[] {
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

function statisticsRow(
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
