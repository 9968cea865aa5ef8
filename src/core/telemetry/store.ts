import type { Dialect } from '../dialects.ts'

/**
 * The telemetry port: what the core asks of a time-series store. Implemented by `src/timeseries/embedded`;
 * every implementation passes the contract suite in `src/timeseries/contract.ts`.
 *
 * Instants are whole milliseconds since 1970-01-01 UTC, up to the end of the year 9998.
 * A sequence is a positive integer given in commit order over all devices and dialects; it rises and may have gaps.
 */

export type JsonValue = null | boolean | number | string | JsonValue[] | { [member: string]: JsonValue }

/** What a reading can hold. Numbers are finite doubles; objects and arrays come back as equal JSON. */
export type Value = number | string | boolean | JsonValue[] | { [member: string]: JsonValue }

/** What belongs to a single reading beside its value. Absent means: not given. */
export interface ReadingAttributes {
  readonly unit?: string
  readonly origin?: string
  readonly protocol?: string
  readonly anomaly?: boolean
}

export interface Reading {
  readonly metric: string
  readonly value: Value
  /** Shared objects are cheapest: one frozen object for all readings with the same attributes. */
  readonly attributes?: ReadingAttributes
}

/** Makes a repeated uplink the same uplink. Keys of two dialects never meet; the scope is the dialect's own choice. */
export interface IdempotencyKey {
  readonly scope: string
  readonly text: string
}

/** Adds `delta` to a named counter in the entry's own transaction. */
export interface Tally {
  readonly name: string
  readonly bucket: number
  readonly delta: number
}

/** A plain row kept beside the readings in the entry's own transaction; its id is the entry's sequence. */
export interface EventRow {
  readonly subject: string
  readonly fields: JsonValue
}

/** One message to be stored. All its readings have the instant `time`. */
export interface Entry {
  readonly device: number
  readonly dialect: Dialect
  /**
   * `uplink` counts as a submission and starts flows. `presence` moves `last_seen` and leaves no log entry.
   * Any other kind is logged under its own name.
   */
  readonly kind: string
  readonly time: number
  readonly received: number
  /** The message as received, secrets taken out; empty for `presence`. */
  readonly body: Uint8Array
  readonly readings: readonly Reading[]
  /** False where the dialect says that this kind leaves `last_seen` alone. Default true. */
  readonly seen?: boolean
  readonly key?: IdempotencyKey
  readonly tallies?: readonly Tally[]
  readonly rows?: readonly EventRow[]
}

/** `duplicate`: the key was taken by the entry `sequence`, nothing of this one was stored. */
export interface Receipt {
  readonly status: 'stored' | 'duplicate'
  readonly sequence: number
}

/** Which series: all members must hold; absent means any. */
export interface SeriesSelector {
  readonly devices?: readonly number[]
  readonly metrics?: readonly string[]
  readonly dialects?: readonly Dialect[]
}

/** Inclusive at both ends. */
export interface TimeRange {
  readonly from: number
  readonly to: number
}

export interface Point extends ReadingAttributes {
  readonly device: number
  readonly metric: string
  readonly dialect: Dialect
  readonly time: number
  /** The sequence of the uplink that brought it. Exact for `keep` series; for `replace` series not below the true one within its chunk. */
  readonly sequence: number
  readonly value: Value
}

export interface RangeQuery extends SeriesSelector {
  readonly range: TimeRange
  /**
   * By data time. Newest first: ties by falling sequence where `order` is `newest`; between series of one
   * instant by device, then metric, then dialect, ascending, in both orders.
   */
  readonly order: 'newest' | 'oldest'
  readonly limit: number
  /** What `limit` counts: single points, or distinct instants with all their points. Default `points`. */
  readonly limitBy?: 'points' | 'instants'
  /** Continues behind the last point of an earlier page. */
  readonly after?: string
}

export interface RangePage {
  readonly points: readonly Point[]
  /** Hand to `after` for the next page; absent on the last one. */
  readonly next?: string
}

export interface AggregateQuery {
  readonly device: number
  readonly metric: string
  readonly dialects?: readonly Dialect[]
  readonly range: TimeRange
  /** Width in milliseconds, at least 1; windows are aligned to multiples of it since the epoch. */
  readonly window: number
  readonly order: 'newest' | 'oldest'
}

/** Numeric readings of one window. `first` and `last` by (instant, sequence). Empty windows are left out. */
export interface Bucket {
  readonly start: number
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly mean: number
  readonly first: number
  readonly last: number
}

/** Counts of one series over a range: readings of any type. */
export interface SeriesStatistics {
  readonly device: number
  readonly metric: string
  readonly dialect: Dialect
  readonly count: number
  readonly anomalies: number
  readonly origins: Readonly<Record<string, number>>
  readonly protocols: Readonly<Record<string, number>>
}

export interface LogEntry {
  readonly sequence: number
  readonly device: number
  readonly dialect: Dialect
  readonly kind: string
  readonly time: number
  readonly received: number
  readonly body: Uint8Array
  /** The key's text, where it had one. */
  readonly key: string | null
}

export interface LogQuery {
  readonly device?: number
  /** Exclusive lower bound, oldest first; a cursor's next page. Default 0. */
  readonly after?: number
  /** Exclusive upper bound, newest first; when given, `after` is not. `Infinity`: from the newest on. */
  readonly before?: number
  readonly limit: number
}

export interface StoreStatistics {
  readonly series: number
  /** Points readable now: replaced and deleted ones may be counted until they are compacted away. */
  readonly points: number
  /** Points not compacted yet. */
  readonly headPoints: number
  readonly journalBytes: number
  readonly chunkBytes: number
  readonly logBytes: number
  /** The files on disk, write-ahead log included. */
  readonly fileBytes: number
  readonly lastSequence: number
  readonly compactions: number
  /** Null while the store works; else why it can't write, in one line. */
  readonly fault: string | null
}

export interface TelemetryWriter {
  /**
   * Stores all entries in one durable transaction, or none: settles after the fsync, in call order.
   * When it has settled, every query below shows the entries. A repeated key is decided inside the transaction.
   * Rejects with `storage_unavailable` (disk), or `too_large` (a limit of the store; nothing stored).
   */
  append(entries: readonly Entry[]): Promise<Receipt[]>
  /** Removes the device's readings, log entries and submission counts with data time in the range; durable when it settles. */
  deleteRange(device: number, range: TimeRange): Promise<void>
  /** Removes everything of the device, keys and presence too; durable when it settles. Repeating it is harmless. */
  deleteDevice(device: number): Promise<void>
}

export interface TelemetryReader {
  /** The newest reading by (data time, sequence) of each selected series, future included. */
  latest(selector: SeriesSelector): Promise<Point[]>
  range(query: RangeQuery): Promise<RangePage>
  aggregate(query: AggregateQuery): Promise<Bucket[]>
  /** One row per selected series with at least one reading in the range. */
  statistics(selector: SeriesSelector, range: TimeRange): Promise<SeriesStatistics[]>
  /** Accepted submissions (kind `uplink`) not deleted, of one device or of all. */
  submissions(device?: number): Promise<number>
  /** The same by time of receipt, over all devices; exact to the minute. `since` at most 24 hours back. */
  submissionsSince(since: number): Promise<number>
}

export interface Presence {
  /** Receipt time of the newest entry that moved it; null: never seen. In memory. */
  lastSeen(device: number): number | null
  /** Devices seen at or after `since`. In memory. */
  seenSince(since: number): number[]
}

export interface UplinkLog {
  log(query: LogQuery): Promise<LogEntry[]>
  /** Where a named consumer stands: the sequence it has finished; 0 at first. Entries above the lowest cursor never expire. */
  cursor(name: string): Promise<number>
  moveCursor(name: string, sequence: number): Promise<void>
}

export interface StoredRow extends EventRow {
  readonly sequence: number
  readonly device: number
  readonly dialect: Dialect
  readonly time: number
}

export interface RowQuery {
  readonly dialect: Dialect
  readonly subject?: string
  readonly range: TimeRange
  readonly order: 'newest' | 'oldest'
  readonly limit: number
  /** The last row of the page before. */
  readonly after?: { readonly time: number; readonly sequence: number }
}

/** What `tallies` and `rows` of the entries became. */
export interface Ledger {
  /** Counters of one name with a bucket in the range, ascending by bucket. */
  tallies(name: string, buckets: { from: number; to: number }): Promise<{ bucket: number; count: number }[]>
  /** By (data time, sequence). */
  rows(query: RowQuery): Promise<StoredRow[]>
}

export interface TelemetryStore extends TelemetryWriter, TelemetryReader, Presence, UplinkLog, Ledger {
  storeStatistics(): StoreStatistics
  /** Compacts what is in the head now; settles when it is done. The store also does it by itself. */
  compact(): Promise<void>
  /** Finishes what was accepted, then closes the files. */
  close(): Promise<void>
}
