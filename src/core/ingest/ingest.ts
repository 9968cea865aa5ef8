import type { DeviceDirectory } from '../devices/device.ts'
import { CoreError, type ErrorCode } from '../errors.ts'
import type { Receipt, TelemetryWriter } from '../telemetry/store.ts'
import { type CommitReport, createGroupCommit } from './group-commit.ts'
import type { CommitListener, Committed, Ingest, IngestCounters, Uplink } from './uplink.ts'

export interface IngestLimits {
  /** Uplinks accepted and not settled yet; beyond it the answer is `overloaded`. */
  readonly queue: number
  /** Readings of one uplink. */
  readonly metrics: number
  /** Bytes of bodies accepted and not settled yet. */
  readonly queueBytes: number
}

export interface IngestOptions {
  readonly store: Pick<TelemetryWriter, 'append'>
  readonly directory: Pick<DeviceDirectory, 'get'>
  readonly limits: IngestLimits
  /** Told of every commit: for metrics. */
  readonly onCommit?: (batch: { entries: number; seconds: number; stored: boolean }) => void
  /** A listener threw: it misses nothing after that, and nobody else misses anything. */
  readonly onListenerError: (error: unknown) => void
}

export interface IngestPath {
  readonly ingest: Ingest
  /** Counts a message that its dialect refused before it became an uplink. */
  refuse(reason: string): void
  /** Calls the listener for every uplink stored from now on; the answer ends it. */
  subscribe(listener: CommitListener): () => void
  /** accepted = committed + duplicates + failed + inFlight, at every instant. */
  counters(): IngestCounters
  /** Settles when everything accepted so far has been settled and published. */
  drain(): Promise<void>
}

/** Most uplinks in one transaction. */
const MAX_BATCH = 4096

/**
 * The one way into the store: identify → admit → append with the group (repeats are decided inside the commit)
 * → settle → publish. Every way in awaits `ingest`, and its promise is the acknowledgement.
 */
export function createIngest(options: IngestOptions): IngestPath {
  const { directory, limits } = options
  const tally = { accepted: 0, committed: 0, duplicates: 0, failed: 0, bytes: 0 }
  const rejected: Record<string, number> = Object.create(null) as Record<string, number>
  const listeners = new Set<CommitListener>()
  const group = createGroupCommit({ store: options.store, maxBatch: MAX_BATCH, onSettled })

  const inFlight = () => tally.accepted - tally.committed - tally.duplicates - tally.failed

  function refuse(reason: string): void {
    rejected[reason] = (rejected[reason] ?? 0) + 1
  }

  function refusal(code: ErrorCode, details?: ConstructorParameters<typeof CoreError>[1]): Promise<never> {
    refuse(code)
    return Promise.reject(new CoreError(code, details))
  }

  function ingest(uplink: Uplink): Promise<Receipt> {
    if (directory.get(uplink.device) === null) return refusal('device_not_found')
    if (uplink.readings.length > limits.metrics) {
      return refusal('too_large', { what: 'metrics', limit: limits.metrics })
    }
    if (inFlight() >= limits.queue || tally.bytes + uplink.body.length > limits.queueBytes) {
      return refusal('overloaded')
    }
    tally.accepted += 1
    tally.bytes += uplink.body.length
    return group.add(uplink)
  }

  function onSettled({ entries, receipts, seconds }: CommitReport): void {
    for (const entry of entries) tally.bytes -= entry.body.length
    if (receipts === null) tally.failed += entries.length
    else countReceipts(receipts)
    options.onCommit?.({ entries: entries.length, seconds, stored: receipts !== null })
    // Behind the senders' own continuations, so that nobody hears of an uplink before its sender has its answer.
    if (receipts !== null && listeners.size > 0) setImmediate(publish, entries, receipts)
  }

  function countReceipts(receipts: readonly Receipt[]): void {
    for (const { status } of receipts) {
      if (status === 'stored') tally.committed += 1
      else tally.duplicates += 1
    }
  }

  function publish(entries: readonly Uplink[], receipts: readonly Receipt[]): void {
    const committed: Committed[] = []
    entries.forEach((uplink, index) => {
      const receipt = receipts[index]
      if (receipt?.status === 'stored') committed.push({ sequence: receipt.sequence, uplink })
    })
    for (const listener of listeners) {
      try {
        listener(committed)
      } catch (error) {
        options.onListenerError(error)
      }
    }
  }

  return {
    ingest,
    refuse,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    counters: () => ({
      accepted: tally.accepted,
      committed: tally.committed,
      duplicates: tally.duplicates,
      failed: tally.failed,
      inFlight: inFlight(),
      rejected: { ...rejected },
    }),
    async drain() {
      await group.drain()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}
