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
import { runAggregate, runReceipts, runStatistics } from './aggregate.ts'
import { bucketsOf, latestPoint, pointAt, statisticsRow } from './answers.ts'
import type { Memory } from './memory.ts'
import type {
  AggregateJob,
  RangeJob,
  RangeResult,
  ReaderRequest,
  ReceiptsJob,
  ReceiptsResult,
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
  /** Submissions in the range of a hidden series that have a sequence below `before`. */
  receipts(series: number, query: ReceiptsQuery): Promise<ReceiptsResult>
}

export interface ReceiptsQuery extends TimeRange {
  readonly before: number
  /** Other deletes than those in force. */
  readonly deletes?: readonly Tombstone[]
}

type PartOf = (series: number, range: TimeRange) => SeriesPart

/** Readings older than `visibleSince` answers are in none of the results. */
export function createQueries(memory: Memory, ask: AskReader, visibleSince: () => number): Queries {
  const { catalogue, head, tombstones } = memory

  const visible = ({ from, to }: TimeRange): TimeRange => ({ from: Math.max(from, visibleSince()), to })

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

  return {
    async receipts(id, { from, to, before, deletes }) {
      const series = part(id, { from, to }, deletes)
      const job: ReceiptsJob = { kind: 'receipts', series, from, to, before }
      return inHead({ series: [series], from }) ? runReceipts(NO_CHUNKS, job) : ask<ReceiptsResult>(job)
    },

    latest(selector) {
      const since = visibleSince()
      return catalogue.series
        .select(selector)
        .map((id) => latestPoint(memory, id))
        .filter((point) => point !== null)
        .filter(({ time }) => time >= since)
    },

    async range(query) {
      const job = rangeJob(memory, part, { ...query, range: visible(query.range) })
      if (job.series.length === 0 || job.limit === 0) return { points: [] }
      const result = await range(job)
      const points = Array.from({ length: result.count }, (_, index) =>
        pointAt(memory, job, { result, index }),
      )
      const last = points.at(-1)
      return result.more && last !== undefined ? { points, next: writePageToken(last) } : { points }
    },

    async newest(id) {
      const whole = visible({ from: 0, to: Number.MAX_SAFE_INTEGER })
      const series = [part(id, whole)]
      return range({ kind: 'range', series, ...whole, newest: true, limit: 1, byInstant: false, after: null })
    },

    async aggregate({ device, metric, dialects, range: asked, window, order }) {
      if (!(window >= 1))
        throw new CoreError('invalid_input', { field: 'window', reason: 'not at least 1 ms' })
      const ids = catalogue.series.select({
        devices: [device],
        metrics: [metric],
        ...(dialects && { dialects }),
      })
      const { from, to } = visible(asked)
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

    async statistics(selector, asked) {
      const ids = catalogue.series.select(selector)
      const { from, to } = visible(asked)
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

function rangeJob({ catalogue }: Memory, part: PartOf, query: RangeQuery): RangeJob {
  const ids = catalogue.series.select(query)
  const names = () => ids.map((id) => catalogue.series.nameOf(id))
  return {
    kind: 'range',
    series: ids.map((id) => part(id, query.range)),
    from: query.range.from,
    to: query.range.to,
    newest: query.order === 'newest',
    limit: Math.max(0, Math.floor(query.limit)),
    byInstant: query.limitBy === 'instants',
    after: query.after === undefined ? null : readPageToken(query.after, names()),
  }
}
