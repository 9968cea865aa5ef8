import type { Dialect } from '../../core/dialects.ts'
import type { ChunkSummary, EncodedChunk } from './chunk-codec.ts'
import type { Columns } from './columns.ts'
import type { SeriesRow } from './series-index.ts'
import type { Tombstone } from './tombstones.ts'

/** What the threads of the store say to each other. */

export interface NumberedText {
  readonly id: number
  readonly text: string
}

export interface KeyClaim {
  readonly entry: number
  readonly dialect: number
  readonly scope: string
  readonly text: string
  readonly device: number
}

export interface TallyChange {
  readonly entry: number
  readonly name: string
  readonly bucket: number
  readonly delta: number
}

export interface NewEventRow {
  readonly entry: number
  readonly place: number
  readonly device: number
  readonly dialect: number
  readonly subject: string
  readonly time: number
  readonly fields: string
}

export interface AppendRequest {
  readonly kind: 'append'
  readonly first: number
  readonly entries: number
  readonly size: number
  readonly points: Uint8Array<ArrayBuffer>
  readonly bodies: Uint8Array<ArrayBuffer>
  /** All names that are not known to be on disk: a failed batch may have named some first. */
  readonly series: readonly SeriesRow[]
  readonly attributes: readonly NumberedText[]
  readonly kinds: readonly NumberedText[]
  readonly keys: readonly KeyClaim[]
  readonly tallies: readonly TallyChange[]
  readonly rows: readonly NewEventRow[]
}

export interface AppendResult {
  readonly points: Uint8Array<ArrayBuffer>
  /** Repeats: place of the entry and the sequence of its original. */
  readonly dropped: readonly (readonly [entry: number, sequence: number])[]
  readonly journalBytes: number
}

/** Counters and presence as they stood after `sequence`, written so that a start need not recount. */
export interface Snapshot {
  readonly sequence: number
  readonly presence: readonly (readonly [device: number, received: number])[]
  readonly minutes: readonly (readonly [minute: number, count: number])[]
}

/** What a series' row says after its points up to `through` are in chunks. `latest` is the newest point in chunks. */
export interface SeriesUpdate {
  readonly id: number
  readonly through: number
  readonly count: number
  readonly chunkEnd: number
  readonly latest: {
    readonly sequence: number
    readonly type: number
    readonly attribute: number
    readonly value: number | string | null
  }
}

export interface NewChunk extends EncodedChunk {
  readonly series: number
}

export interface NewLogBlock {
  readonly slice: number
  readonly dialect: number
  readonly first: number
  readonly last: number
  readonly newest: number
  readonly count: number
  readonly devices: readonly number[]
  readonly data: Uint8Array
}

export interface OldLogBlock {
  readonly id: number
  readonly slice: number
  readonly devices: readonly number[]
}

/** A small finished part of a compaction, committed by itself. */
export interface Piece {
  readonly kind: 'piece'
  readonly removeChunks: readonly number[]
  readonly chunks: readonly NewChunk[]
  readonly series: readonly SeriesUpdate[]
  readonly removeLogBlocks: readonly OldLogBlock[]
  readonly logBlocks: readonly NewLogBlock[]
  /** Numbers set in the meta table. */
  readonly meta: Readonly<Record<string, number>>
  /** Numbers added to in the meta table: points, chunkBytes, logBytes. */
  readonly change: Readonly<Record<string, number>>
  /** Journal rows by their first sequence, through and through. */
  readonly removeJournal: readonly number[]
  readonly removeTombstones: readonly number[]
}

export const EMPTY_PIECE: Piece = {
  kind: 'piece',
  removeChunks: [],
  chunks: [],
  series: [],
  removeLogBlocks: [],
  logBlocks: [],
  meta: {},
  change: {},
  removeJournal: [],
  removeTombstones: [],
}

export type WriterRequest =
  | AppendRequest
  | Piece
  | { readonly kind: 'tombstone'; readonly tombstone: Tombstone }
  | { readonly kind: 'cursor'; readonly name: string; readonly sequence: number }
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly kind: 'forget'; readonly series: readonly number[] }
  | { readonly kind: 'restart-log' }
  | { readonly kind: 'close' }

/** Null: it is done, and there is nothing to say. */
export type WriterResult = AppendResult | { readonly restarted: boolean } | null

/** One series of a query with what only the main thread knows of it. */
export interface SeriesPart {
  readonly id: number
  readonly keep: boolean
  readonly head: Columns | null
  readonly tombstones: readonly Tombstone[]
}

export interface RangeJob {
  readonly kind: 'range'
  readonly series: readonly SeriesPart[]
  readonly from: number
  readonly to: number
  readonly newest: boolean
  readonly limit: number
  readonly byInstant: boolean
  /** Continue behind this place; `rank` is the first series at `time` that may still follow, -1 none but `sequence`. */
  readonly after: {
    readonly time: number
    readonly rank: number
    readonly exact: boolean
    readonly sequence: number
  } | null
}

/** Points in the query's order: `ranks` index the job's series. */
export interface RangeResult extends Columns {
  readonly ranks: Uint32Array
  readonly more: boolean
}

export interface AggregateJob {
  readonly kind: 'aggregate'
  readonly series: readonly SeriesPart[]
  readonly from: number
  readonly to: number
  readonly window: number
}

/** Six columns a bucket: start, count, sum, min, max, first, last. Ascending. */
export type AggregateResult = Float64Array

export interface StatisticsJob {
  readonly kind: 'statistics'
  readonly series: readonly SeriesPart[]
  readonly from: number
  readonly to: number
}

/** For each series of the job: pairs (attribute id, count). */
export type StatisticsResult = readonly (readonly (readonly [attribute: number, count: number])[])[]

export interface ReceiptsJob {
  readonly kind: 'receipts'
  readonly series: SeriesPart
  readonly from: number
  readonly to: number
  /** Only points before this sequence count. */
  readonly before: number
}

export interface ReceiptsResult {
  readonly count: number
  /** Pairs (minute of receipt, count). */
  readonly minutes: readonly (readonly [number, number])[]
}

export interface LogJob {
  readonly kind: 'log'
  readonly device: number | null
  /** Both exclusive. */
  readonly after: number
  readonly before: number
  readonly newest: boolean
  readonly limit: number
  readonly tombstones: readonly Tombstone[]
  /** Entries received before `expired` are hidden up to the sequence `floor`, unless their dialect keeps them. */
  readonly expired: number
  readonly floor: number
}

export interface LogRow {
  readonly sequence: number
  readonly device: number
  readonly dialect: number
  readonly kind: string
  readonly time: number
  readonly received: number
  readonly body: Uint8Array
  readonly key: string | null
}

export interface TalliesJob {
  readonly kind: 'tallies'
  readonly name: string
  readonly from: number
  readonly to: number
}

export interface RowsJob {
  readonly kind: 'rows'
  readonly dialect: Dialect
  readonly subject: string | null
  readonly from: number
  readonly to: number
  readonly newest: boolean
  readonly limit: number
  readonly after: { readonly time: number; readonly sequence: number } | null
}

export interface RowResult {
  readonly sequence: number
  readonly device: number
  readonly subject: string
  readonly time: number
  readonly fields: string
}

export type ReaderRequest =
  | RangeJob
  | AggregateJob
  | StatisticsJob
  | ReceiptsJob
  | LogJob
  | TalliesJob
  | RowsJob

export type ChunkMeta = ChunkSummary & { readonly id: number }

export interface CompactionJob {
  /** Journal up to this sequence is due. */
  readonly through: number
  readonly chunkPoints: number
  readonly expiry: { readonly expired: number; readonly floor: number }
  /** Chunks of readings that all are older go; 0: this run doesn't look for them. */
  readonly visibleSince: number
}

export type CompactorReport =
  | {
      readonly kind: 'committed'
      readonly change: Readonly<Record<string, number>>
      /** Journal bytes that went. */
      readonly freed: number
      /** About how much the write-ahead log grew. */
      readonly written: number
    }
  | {
      readonly kind: 'done'
      readonly through: number
      /** The series it touched, and where the chunks of each end now. */
      readonly series: Uint32Array
      readonly ends: Float64Array
      readonly tombstones: readonly number[]
      /** The journal held more than one run takes. */
      readonly more: boolean
    }
  | { readonly kind: 'failed'; readonly error: string }
