import type { Entry, Receipt } from '../telemetry/store.ts'

/**
 * One message from a device, translated by its dialect. It is what the store takes: the core adds nothing to it,
 * it decides whether and when.
 */
export type Uplink = Entry

/**
 * Stores an uplink durably; its promise is the acknowledgement.
 * @throws CoreError `device_not_found` (removed meanwhile), `too_large` (metrics of one message, of one device),
 * `overloaded` (the bounded queue is full), `storage_unavailable` (the disk refuses). Nothing is stored then.
 */
export type Ingest = (uplink: Uplink) => Promise<Receipt>

export interface Committed {
  readonly sequence: number
  readonly uplink: Uplink
}

/** Called once for every stored uplink, in commit order, after the promise of its sender has been settled. */
export type CommitListener = (committed: readonly Committed[]) => void

/** Uplinks since the start. accepted = committed + duplicates + failed + inFlight, at every instant. */
export interface IngestCounters {
  /** Admitted to the queue. */
  readonly accepted: number
  /** On disk. */
  readonly committed: number
  /** Recognised as repeats inside a commit. */
  readonly duplicates: number
  /** Their commit failed; the sender was told. */
  readonly failed: number
  readonly inFlight: number
  /** Never admitted, by reason. */
  readonly rejected: Readonly<Record<string, number>>
}
