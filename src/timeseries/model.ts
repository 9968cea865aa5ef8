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

export interface ModelOptions {
  readonly logDays?: number
  readonly now?: () => number
}

const compareText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1)

function compareSeries(a: Point, b: Point): number {
  return a.device - b.device || compareText(a.metric, b.metric) || compareText(a.dialect, b.dialect)
}

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

export function createModel({ logDays = 30, now = Date.now }: ModelOptions = {}): Model {
  let points: ModelPoint[] = []
  let submitted: Stored[] = []
  let log: Stored[] = []
  let rows: (StoredRow & { place: number })[] = []
  const keys = new Map<string, { sequence: number; device: number }>()
  const tallies = new Map<string, Map<number, number>>()
  const seen = new Map<number, number>()
  const cursors = new Map<string, number>()
  let sequence = 0

  function store(entry: Entry): Receipt {
    sequence += 1
    if (entry.key !== undefined) {
      const key = JSON.stringify([entry.dialect, entry.key.scope, entry.key.text])
      const original = keys.get(key)
      if (original !== undefined) return { status: 'duplicate', sequence: original.sequence }
      keys.set(key, { sequence, device: entry.device })
    }
    const own = sequence
    for (const reading of entry.readings) putReading(entry, reading, own)
    if (entry.kind === 'uplink') submitted.push({ sequence: own, entry })
    if (entry.kind !== 'presence') log.push({ sequence: own, entry })
    if (entry.seen !== false) seen.set(entry.device, Math.max(entry.received, seen.get(entry.device) ?? 0))
    for (const { name, bucket, delta } of entry.tallies ?? []) {
      const counts = tallies.get(name) ?? new Map<number, number>()
      tallies.set(name, counts.set(bucket, (counts.get(bucket) ?? 0) + delta))
    }
    const { device, dialect, time } = entry
    entry.rows?.forEach((row, place) =>
      rows.push({ ...structuredClone(row), sequence: own, device, dialect, time, place }),
    )
    return { status: 'stored', sequence: own }
  }

  function putReading({ device, dialect, time }: Entry, reading: Reading, own: number): void {
    points = points.filter(
      (point) =>
        point.device !== device ||
        point.metric !== reading.metric ||
        point.dialect !== dialect ||
        point.time !== time ||
        (SERIES_MODE[dialect] === 'keep' && point.sequence !== own),
    )
    points.push({ ...reading, value: structuredClone(reading.value), device, dialect, time, sequence: own })
  }

  const select = (selector: SeriesSelector): Point[] =>
    points
      .filter(
        (p) =>
          fits(selector.devices, p.device) &&
          fits(selector.metrics, p.metric) &&
          fits(selector.dialects, p.dialect),
      )
      .map(toPoint)

  function latest(selector: SeriesSelector): Point[] {
    const newest = new Map<string, Point>()
    for (const point of select(selector)) {
      const name = JSON.stringify([point.device, point.metric, point.dialect])
      const known = newest.get(name)
      if (
        known === undefined ||
        point.time > known.time ||
        (point.time === known.time && point.sequence > known.sequence)
      ) {
        newest.set(name, point)
      }
    }
    return [...newest.values()].sort(compareSeries)
  }

  function range(query: RangeQuery): RangePage {
    const sign = query.order === 'newest' ? -1 : 1
    const sorted = select(query)
      .filter(({ time }) => within(query.range, time))
      .sort((a, b) => sign * (a.time - b.time) || compareSeries(a, b) || sign * (a.sequence - b.sequence))
    const start = query.after === undefined ? 0 : Number(query.after)
    const rest = sorted.slice(start)
    let count = Math.min(query.limit, rest.length)
    if (query.limitBy === 'instants') {
      const instants = [...new Set(rest.map(({ time }) => time))].slice(0, query.limit)
      count = rest.filter(({ time }) => instants.includes(time)).length
    }
    const page = rest.slice(0, count)
    return count < rest.length && count > 0 ? { points: page, next: String(start + count) } : { points: page }
  }

  function aggregate({ device, metric, dialects, range: bounds, window, order }: AggregateQuery): Bucket[] {
    const buckets = new Map<number, Point[]>()
    const own = select({ devices: [device], metrics: [metric], ...(dialects && { dialects }) })
    for (const point of own.sort((a, b) => a.time - b.time || a.sequence - b.sequence)) {
      if (typeof point.value !== 'number' || !within(bounds, point.time)) continue
      const start = Math.floor(point.time / window) * window
      buckets.set(start, [...(buckets.get(start) ?? []), point])
    }
    const result = [...buckets].map(([start, inside]) =>
      bucketOf(
        start,
        inside.map(({ value }) => value as number),
      ),
    )
    return order === 'newest' ? result.reverse() : result
  }

  function statistics(selector: SeriesSelector, bounds: TimeRange): SeriesStatistics[] {
    const groups = Map.groupBy(
      select(selector)
        .filter(({ time }) => within(bounds, time))
        .sort(compareSeries),
      ({ device, metric, dialect }) => JSON.stringify([device, metric, dialect]),
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

  const expired = ({ sequence: own, entry }: Stored): boolean =>
    logDays > 0 &&
    !LOG_FOREVER.has(entry.dialect) &&
    entry.received < now() - logDays * DAY &&
    own <= Math.min(Infinity, ...cursors.values())

  function readLog({ device, after = 0, before, limit }: LogQuery): LogEntry[] {
    const own = log.filter(
      (stored) => (device === undefined || stored.entry.device === device) && !expired(stored),
    )
    const wanted =
      before === undefined
        ? own.filter((stored) => stored.sequence > after)
        : own.filter((stored) => stored.sequence < before).reverse()
    return wanted.slice(0, limit).map(({ sequence: number, entry }) => ({
      sequence: number,
      device: entry.device,
      dialect: entry.dialect,
      kind: entry.kind,
      time: entry.time,
      received: entry.received,
      body: Uint8Array.from(entry.body),
      key: entry.key?.text ?? null,
    }))
  }

  function readRows({ dialect, subject, range: bounds, order, limit, after }: RowQuery): StoredRow[] {
    const sign = order === 'newest' ? -1 : 1
    const sorted = rows
      .filter(
        (row) =>
          row.dialect === dialect &&
          (subject === undefined || row.subject === subject) &&
          within(bounds, row.time),
      )
      .filter(
        (row) =>
          after === undefined ||
          sign * (row.time - after.time) > 0 ||
          (row.time === after.time && sign * (row.sequence - after.sequence) > 0),
      )
      .sort(
        (a, b) => sign * (a.time - b.time) || sign * (a.sequence - b.sequence) || sign * (a.place - b.place),
      )
    const last = sorted[limit - 1]?.sequence
    return sorted
      .filter((row, index) => index < limit || row.sequence === last)
      .map(({ place: _, ...row }) => row)
  }

  function remove(device: number, bounds: TimeRange): void {
    sequence += 1
    const gone = (own: number, time: number) => own === device && within(bounds, time)
    points = points.filter((point) => !gone(point.device, point.time))
    submitted = submitted.filter(({ entry }) => !gone(entry.device, entry.time))
    log = log.filter(({ entry }) => !gone(entry.device, entry.time))
  }

  const statisticsOfStore = (): StoreStatistics => ({
    series: new Set(points.map(({ device, metric, dialect }) => JSON.stringify([device, metric, dialect])))
      .size,
    points: points.length,
    headPoints: 0,
    journalBytes: 0,
    chunkBytes: 0,
    logBytes: 0,
    fileBytes: 0,
    lastSequence: sequence,
    compactions: 0,
    fault: null,
  })

  return {
    continueAfter(last) {
      sequence = last
    },
    append: async (entries) => entries.map(store),
    deleteRange: async (device, bounds) => remove(device, bounds),
    async deleteDevice(device) {
      remove(device, { from: 0, to: Infinity })
      seen.delete(device)
      rows = rows.filter((row) => row.device !== device)
      for (const [key, owner] of keys) if (owner.device === device) keys.delete(key)
    },
    latest: async (selector) => latest(selector),
    range: async (query) => range(query),
    aggregate: async (query) => aggregate(query),
    statistics: async (selector, bounds) => statistics(selector, bounds),
    submissions: async (device) =>
      submitted.filter(({ entry }) => device === undefined || entry.device === device).length,
    submissionsSince: async (since) =>
      submitted.filter(({ entry }) => Math.floor(entry.received / 60_000) >= Math.floor(since / 60_000))
        .length,
    lastSeen: (device) => seen.get(device) ?? null,
    seenSince: (since) => [...seen].filter(([, received]) => received >= since).map(([device]) => device),
    log: async (query) => readLog(query),
    async cursor(name) {
      if (!cursors.has(name)) cursors.set(name, 0)
      return cursors.get(name) ?? 0
    },
    async moveCursor(name, to) {
      cursors.set(name, to)
    },
    tallies: async (name, { from, to }) =>
      [...(tallies.get(name) ?? [])]
        .filter(([bucket]) => bucket >= from && bucket <= to)
        .sort(([a], [b]) => a - b)
        .map(([bucket, count]) => ({ bucket, count })),
    rows: async (query) => readRows(query),
    storeStatistics: statisticsOfStore,
    compact: async () => undefined,
    close: async () => undefined,
  }
}

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
