import { type Dialect, LOG_FOREVER, SERIES_MODE } from '../core/dialects.ts'
import type {
  AggregateQuery,
  Bucket,
  Entry,
  LogEntry,
  LogQuery,
  Point,
  RangePage,
  RangeQuery,
  Reading,
  Receipt,
  RowQuery,
  SeriesSelector,
  SeriesStatistics,
  StoredRow,
  StoreStatistics,
  TelemetryStore,
  TimeRange,
} from '../core/telemetry/store.ts'

/** A telemetry store in a few arrays, too simple to be wrong: what the real ones are compared with. */

interface Stored {
  readonly sequence: number
  readonly entry: Entry
}

interface ModelPoint extends Reading {
  readonly device: number
  readonly dialect: Dialect
  readonly time: number
  readonly sequence: number
}

const DAY = 86_400_000
const MINUTE = 60_000

interface ModelOptions {
  readonly logDays?: number
  readonly readingDays?: number
  readonly now?: () => number
}

const compareText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1)

function compareSeries(a: Point, b: Point): number {
  return a.device - b.device || compareText(a.metric, b.metric) || compareText(a.dialect, b.dialect)
}

const byAge = (a: Point, b: Point): number => a.time - b.time || a.sequence - b.sequence

const within = ({ from, to }: TimeRange, time: number): boolean => time >= from && time <= to

const fits = <Item>(wanted: readonly Item[] | undefined, item: Item): boolean =>
  wanted === undefined || wanted.includes(item)

function toPoint({ device, metric, dialect, time, sequence, value, attributes }: ModelPoint): Point {
  return { device, metric, dialect, time, sequence, value, ...attributes }
}

export interface Model extends TelemetryStore {
  /** Sequences that only repeats had may be given again after a restart: goes on behind this one. */
  continueAfter(sequence: number): void
}

/** What {@link createModel} makes: one array a thing, searched from end to end. */
class ModelStore implements Model {
  private points: ModelPoint[] = []
  private submitted: Stored[] = []
  private entries: Stored[] = []
  private eventRows: (StoredRow & { place: number })[] = []
  private readonly keys = new Map<string, { sequence: number; device: number }>()
  private readonly counters = new Map<string, Map<number, number>>()
  private readonly seen = new Map<number, number>()
  private readonly cursors = new Map<string, number>()
  private sequence = 0
  private readonly logDays: number
  private readonly readingDays: number
  private readonly now: () => number

  constructor({ logDays = 30, readingDays = 0, now = Date.now }: ModelOptions) {
    this.logDays = logDays
    this.readingDays = readingDays
    this.now = now
  }

  continueAfter(last: number): void {
    this.sequence = last
  }

  async append(entries: readonly Entry[]): Promise<Receipt[]> {
    return entries.map((entry) => this.store(entry))
  }

  private store(entry: Entry): Receipt {
    this.sequence += 1
    const original = this.claim(entry)
    if (original !== null) return { status: 'duplicate', sequence: original }
    const { sequence } = this
    for (const reading of entry.readings) this.putReading(entry, reading)
    if (entry.kind === 'uplink') this.submitted.push({ sequence, entry })
    if (entry.kind !== 'presence') this.entries.push({ sequence, entry })
    if (entry.seen !== false) {
      this.seen.set(entry.device, Math.max(entry.received, this.seen.get(entry.device) ?? 0))
    }
    this.putSideRows(entry)
    return { status: 'stored', sequence }
  }

  /** The sequence that holds the entry's key already. */
  private claim({ dialect, device, key }: Entry): number | null {
    if (key === undefined) return null
    const name = JSON.stringify([dialect, key.scope, key.text])
    const original = this.keys.get(name)
    if (original === undefined) this.keys.set(name, { sequence: this.sequence, device })
    return original?.sequence ?? null
  }

  private putReading({ device, dialect, time }: Entry, reading: Reading): void {
    const { sequence } = this
    this.points = this.points.filter(
      (point) =>
        point.device !== device ||
        point.metric !== reading.metric ||
        point.dialect !== dialect ||
        point.time !== time ||
        (SERIES_MODE[dialect] === 'keep' && point.sequence !== sequence),
    )
    this.points.push({ ...reading, value: structuredClone(reading.value), device, dialect, time, sequence })
  }

  private putSideRows({ device, dialect, time, tallies = [], rows = [] }: Entry): void {
    const { sequence } = this
    for (const { name, bucket, delta } of tallies) {
      const counts = this.counters.get(name) ?? new Map<number, number>()
      this.counters.set(name, counts.set(bucket, (counts.get(bucket) ?? 0) + delta))
    }
    rows.forEach((row, place) => {
      this.eventRows.push({ ...structuredClone(row), sequence, device, dialect, time, place })
    })
  }

  private select(selector: SeriesSelector): Point[] {
    const oldest = this.readingDays > 0 ? this.now() - this.readingDays * DAY : 0
    return this.points
      .filter(
        (point) =>
          point.time >= oldest &&
          fits(selector.devices, point.device) &&
          fits(selector.metrics, point.metric) &&
          fits(selector.dialects, point.dialect),
      )
      .map(toPoint)
  }

  async latest(selector: SeriesSelector): Promise<Point[]> {
    const newest = new Map<string, Point>()
    for (const point of this.select(selector).sort(byAge)) {
      newest.set(JSON.stringify([point.device, point.metric, point.dialect]), point)
    }
    return [...newest.values()].sort(compareSeries)
  }

  async range(query: RangeQuery): Promise<RangePage> {
    const sign = query.order === 'newest' ? -1 : 1
    const sorted = this.select(query)
      .filter(({ time }) => within(query.range, time))
      .sort((a, b) => sign * (a.time - b.time) || compareSeries(a, b) || sign * (a.sequence - b.sequence))
    const start = query.after === undefined ? 0 : Number(query.after)
    const rest = sorted.slice(start)
    let count = Math.min(query.limit, rest.length)
    if (query.limitBy === 'instants') {
      const instants = [...new Set(rest.map(({ time }) => time))].slice(0, query.limit)
      count = rest.filter(({ time }) => instants.includes(time)).length
    }
    const points = rest.slice(0, count)
    return count < rest.length && count > 0 ? { points, next: String(start + count) } : { points }
  }

  async aggregate({ device, metric, dialects, range, window, order }: AggregateQuery): Promise<Bucket[]> {
    const own = this.select({ devices: [device], metrics: [metric], ...(dialects && { dialects }) })
    const numbers = own
      .filter(({ time, value }) => typeof value === 'number' && within(range, time))
      .sort(byAge)
    const buckets = [...Map.groupBy(numbers, ({ time }) => Math.floor(time / window) * window)].map(
      ([start, inside]) =>
        bucketOf(
          start,
          inside.map(({ value }) => value as number),
        ),
    )
    return order === 'newest' ? buckets.reverse() : buckets
  }

  async statistics(selector: SeriesSelector, range: TimeRange): Promise<SeriesStatistics[]> {
    const inside = this.select(selector)
      .filter(({ time }) => within(range, time))
      .sort(compareSeries)
    const groups = Map.groupBy(inside, ({ device, metric, dialect }) =>
      JSON.stringify([device, metric, dialect]),
    )
    return [...groups.values()].map((group) => {
      const [{ device, metric, dialect }] = group as [Point]
      return {
        device,
        metric,
        dialect,
        count: group.length,
        anomalies: group.filter(({ anomaly }) => anomaly === true).length,
        origins: countsOf(group.map(({ origin }) => origin)),
        protocols: countsOf(group.map(({ protocol }) => protocol)),
      }
    })
  }

  async submissions(device?: number): Promise<number> {
    return this.submitted.filter(({ entry }) => device === undefined || entry.device === device).length
  }

  async submissionsSince(since: number): Promise<number> {
    const first = Math.floor(since / MINUTE)
    return this.submitted.filter(({ entry }) => Math.floor(entry.received / MINUTE) >= first).length
  }

  lastSeen(device: number): number | null {
    return this.seen.get(device) ?? null
  }

  seenSince(since: number): number[] {
    return [...this.seen].filter(([, received]) => received >= since).map(([device]) => device)
  }

  private expired({ sequence, entry }: Stored): boolean {
    return (
      this.logDays > 0 &&
      !LOG_FOREVER.has(entry.dialect) &&
      entry.received < this.now() - this.logDays * DAY &&
      sequence <= Math.min(Infinity, ...this.cursors.values())
    )
  }

  async log({ device, after = 0, before, limit }: LogQuery): Promise<LogEntry[]> {
    const own = this.entries.filter(
      (stored) => (device === undefined || stored.entry.device === device) && !this.expired(stored),
    )
    const wanted =
      before === undefined
        ? own.filter(({ sequence }) => sequence > after)
        : own.filter(({ sequence }) => sequence < before).reverse()
    return wanted.slice(0, limit).map(({ sequence, entry }) => ({
      sequence,
      device: entry.device,
      dialect: entry.dialect,
      kind: entry.kind,
      time: entry.time,
      received: entry.received,
      body: Uint8Array.from(entry.body),
      key: entry.key?.text ?? null,
    }))
  }

  async cursor(name: string): Promise<number> {
    const position = this.cursors.get(name) ?? 0
    this.cursors.set(name, position)
    return position
  }

  async moveCursor(name: string, sequence: number): Promise<void> {
    this.cursors.set(name, sequence)
  }

  async tallies(
    name: string,
    { from, to }: { from: number; to: number },
  ): Promise<{ bucket: number; count: number }[]> {
    return [...(this.counters.get(name) ?? [])]
      .filter(([bucket]) => bucket >= from && bucket <= to)
      .sort(([a], [b]) => a - b)
      .map(([bucket, count]) => ({ bucket, count }))
  }

  async rows({ dialect, subject, range, order, limit, after }: RowQuery): Promise<StoredRow[]> {
    const sign = order === 'newest' ? -1 : 1
    const behind = (row: StoredRow) =>
      after === undefined || (sign * (row.time - after.time) || sign * (row.sequence - after.sequence)) > 0
    const sorted = this.eventRows
      .filter((row) => row.dialect === dialect && (subject === undefined || row.subject === subject))
      .filter((row) => within(range, row.time) && behind(row))
      .sort((a, b) => sign * (a.time - b.time || a.sequence - b.sequence || a.place - b.place))
    const last = sorted[limit - 1]?.sequence
    return sorted
      .filter((row, index) => index < limit || row.sequence === last)
      .map(({ sequence, device, subject: own, fields, time }) => ({
        sequence,
        device,
        dialect,
        subject: own,
        fields,
        time,
      }))
  }

  async deleteRange(device: number, range: TimeRange): Promise<void> {
    this.sequence += 1
    const gone = (own: number, time: number) => own === device && within(range, time)
    this.points = this.points.filter((point) => !gone(point.device, point.time))
    this.submitted = this.submitted.filter(({ entry }) => !gone(entry.device, entry.time))
    this.entries = this.entries.filter(({ entry }) => !gone(entry.device, entry.time))
  }

  async deleteDevice(device: number): Promise<void> {
    await this.deleteRange(device, { from: 0, to: Infinity })
    this.seen.delete(device)
    this.eventRows = this.eventRows.filter((row) => row.device !== device)
    for (const [key, owner] of this.keys) if (owner.device === device) this.keys.delete(key)
  }

  storeStatistics(): StoreStatistics {
    return {
      series: new Set(
        this.points.map(({ device, metric, dialect }) => JSON.stringify([device, metric, dialect])),
      ).size,
      points: this.points.length,
      headPoints: 0,
      journalBytes: 0,
      chunkBytes: 0,
      logBytes: 0,
      fileBytes: 0,
      lastSequence: this.sequence,
      compactions: 0,
      fault: null,
    }
  }

  async compact(): Promise<void> {}

  async close(): Promise<void> {}
}

export const createModel = (options: ModelOptions = {}): Model => new ModelStore(options)

function bucketOf(start: number, values: readonly number[]): Bucket {
  const sum = values.reduce((total, value) => total + value, 0)
  return {
    start,
    count: values.length,
    sum,
    min: Math.min(...values),
    max: Math.max(...values),
    mean: sum / values.length,
    first: values[0] ?? 0,
    last: values.at(-1) ?? 0,
  }
}

function countsOf(names: readonly (string | undefined)[]): Record<string, number> {
  const groups = Map.groupBy(
    names.filter((name) => name !== undefined),
    (name) => name,
  )
  return Object.fromEntries([...groups].map(([name, group]) => [name, group.length]))
}
