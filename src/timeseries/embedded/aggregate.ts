import { eachAttribute } from './chunk-codec.ts'
import { NUMBER } from './columns.ts'
import type {
  AggregateJob,
  AggregateResult,
  ChunkMeta,
  ReceiptsJob,
  ReceiptsResult,
  StatisticsJob,
  StatisticsResult,
} from './messages.ts'
import { type ChunkSource, Segments, type Slice } from './segments.ts'

/** A bucket under way. Places of first and last tell which series' point is the first one where several have some. */
interface Growing {
  start: number
  count: number
  sum: number
  min: number
  max: number
  first: number
  last: number
  firstTime: number
  firstSequence: number
  lastTime: number
  lastSequence: number
}

export const BUCKET_COLUMNS = 7

/** Numbers of the job's series in windows aligned to the epoch; summaries stand in for chunks where they can. */
export function runAggregate(source: ChunkSource, job: AggregateJob): AggregateResult {
  const buckets = new Map<number, Growing>()
  const alone = job.series.length === 1
  for (const part of job.series) {
    const segments = new Segments(source, part, { from: job.from, to: job.to, newest: false })
    for (let segment = segments.next(); segment !== null; segment = segments.next()) {
      const { chunk } = segment
      const window = Math.floor(segment.start / job.window)
      const whole = alone && chunk !== null && window === Math.floor(segment.end / job.window)
      if (whole && chunk.numbers === chunk.count && segments.summaryHolds(segment)) {
        addSummary(bucketAt(buckets, window * job.window), chunk)
      } else addSlice(buckets, segments.load(segment), job.window)
    }
  }
  return flat([...buckets.values()])
}

function bucketAt(buckets: Map<number, Growing>, start: number): Growing {
  let bucket = buckets.get(start)
  if (bucket === undefined) {
    bucket = {
      start,
      count: 0,
      sum: 0,
      min: Infinity,
      max: -Infinity,
      first: 0,
      last: 0,
      firstTime: Infinity,
      firstSequence: Infinity,
      lastTime: -1,
      lastSequence: -1,
    }
    buckets.set(start, bucket)
  }
  return bucket
}

function addSummary(bucket: Growing, chunk: ChunkMeta): void {
  if (bucket.count === 0) bucket.first = chunk.first
  bucket.last = chunk.last
  bucket.count += chunk.count
  bucket.sum += chunk.sum
  if (chunk.min < bucket.min) bucket.min = chunk.min
  if (chunk.max > bucket.max) bucket.max = chunk.max
  bucket.firstTime = Math.min(bucket.firstTime, chunk.start)
  bucket.lastTime = Math.max(bucket.lastTime, chunk.end)
}

/** Adds runs of points that share a bucket; the inner loop sees nothing but numbers. */
function addSlice(buckets: Map<number, Growing>, { columns, from, to }: Slice, window: number): void {
  const { times, values, types } = columns
  let index = from
  while (index < to) {
    const start = Math.floor((times[index] as number) / window) * window
    const end = start + window
    let sum = 0
    let count = 0
    let min = Infinity
    let max = -Infinity
    let first = -1
    let last = -1
    for (; index < to && (times[index] as number) < end; index += 1) {
      if (types !== null && types[index] !== NUMBER) continue
      const value = values[index] as number
      if (first < 0) first = index
      last = index
      count += 1
      sum += value
      if (value < min) min = value
      if (value > max) max = value
    }
    if (count > 0)
      addRun(bucketAt(buckets, start), { columns, from: first, to: last }, { sum, count, min, max })
  }
}

interface Run {
  readonly sum: number
  readonly count: number
  readonly min: number
  readonly max: number
}

function addRun(bucket: Growing, { columns, from, to }: Slice, run: Run): void {
  const { times, values } = columns
  const sequence = (index: number) =>
    columns.sequences === null ? columns.sequence : (columns.sequences[index] as number)
  const firstTime = times[from] as number
  const lastTime = times[to] as number
  if (
    firstTime < bucket.firstTime ||
    (firstTime === bucket.firstTime && sequence(from) < bucket.firstSequence)
  ) {
    bucket.first = values[from] as number
    bucket.firstTime = firstTime
    bucket.firstSequence = sequence(from)
  }
  if (lastTime > bucket.lastTime || (lastTime === bucket.lastTime && sequence(to) >= bucket.lastSequence)) {
    bucket.last = values[to] as number
    bucket.lastTime = lastTime
    bucket.lastSequence = sequence(to)
  }
  bucket.count += run.count
  bucket.sum += run.sum
  if (run.min < bucket.min) bucket.min = run.min
  if (run.max > bucket.max) bucket.max = run.max
}

function flat(buckets: Growing[]): Float64Array {
  buckets.sort((a, b) => a.start - b.start)
  const out = new Float64Array(buckets.length * BUCKET_COLUMNS)
  buckets.forEach(({ start, count, sum, min, max, first, last }, index) => {
    out.set([start, count, sum, min, max, first, last], index * BUCKET_COLUMNS)
  })
  return out
}

/** How many points have which attributes, by series. */
export function runStatistics(source: ChunkSource, job: StatisticsJob): StatisticsResult {
  return job.series.map((part) => {
    const counts = new Map<number, number>()
    const add = (id: number, count: number) => void counts.set(id, (counts.get(id) ?? 0) + count)
    const segments = new Segments(source, part, { from: job.from, to: job.to, newest: false })
    for (let segment = segments.next(); segment !== null; segment = segments.next()) {
      if (segment.chunk !== null && segments.summaryHolds(segment)) eachAttribute(segment.chunk, add)
      else countAttributes(segments.load(segment), add)
    }
    return [...counts]
  })
}

function countAttributes({ columns, from, to }: Slice, add: (id: number, count: number) => void): void {
  if (columns.attributes === null) {
    if (to > from) add(columns.attribute, to - from)
    return
  }
  for (let index = from; index < to; index += 1) add(columns.attributes[index] as number, 1)
}

/** Submissions in a range of data times, and when they were received. */
export function runReceipts(source: ChunkSource, job: ReceiptsJob): ReceiptsResult {
  const minutes = new Map<number, number>()
  let count = 0
  const segments = new Segments(source, job.series, { from: job.from, to: job.to, newest: false })
  for (let segment = segments.next(); segment !== null; segment = segments.next()) {
    const { columns, from, to } = segments.load(segment)
    for (let index = from; index < to; index += 1) {
      if (columns.sequences !== null && (columns.sequences[index] as number) >= job.before) continue
      const minute = Math.floor((columns.values[index] as number) / 60)
      minutes.set(minute, (minutes.get(minute) ?? 0) + 1)
      count += 1
    }
  }
  return { count, minutes: [...minutes] }
}
