import type { Entry, Receipt, TelemetryWriter } from '../telemetry/store.ts'

/** What a batch did, told after all its promises have been settled. */
export interface CommitReport {
  readonly entries: readonly Entry[]
  /** Null when the batch failed: nothing of it was stored. */
  readonly receipts: readonly Receipt[] | null
  readonly seconds: number
}

export interface GroupCommitOptions {
  readonly store: Pick<TelemetryWriter, 'append'>
  /** Most entries in one transaction; bounds how long a commit can take. */
  readonly maxBatch: number
  readonly onSettled: (report: CommitReport) => void
}

export interface GroupCommit {
  /** Settles when the entry's batch is on disk, or rejects when that batch failed. */
  add(entry: Entry): Promise<Receipt>
  /** Entries waiting for the running commit to end. */
  readonly waiting: number
  /** Settles when everything added so far has been settled. */
  drain(): Promise<void>
}

/** Entries and the two ends of their promises, in parallel arrays: cheaper than an object for each. */
interface Batch {
  readonly entries: Entry[]
  readonly resolve: ((receipt: Receipt) => void)[]
  readonly reject: ((error: unknown) => void)[]
}

const newBatch = (): Batch => ({ entries: [], resolve: [], reject: [] })

/**
 * Collects entries while one batch is being written and hands them over as the next one. An idle server starts
 * writing in the same turn of the event loop, so that all messages read in one turn share a commit.
 */
export function createGroupCommit({ store, maxBatch, onSettled }: GroupCommitOptions): GroupCommit {
  let forming = newBatch()
  const full: Batch[] = []
  let busy = false
  let scheduled = false
  let idle: (() => void)[] = []

  function add(entry: Entry): Promise<Receipt> {
    const batch = forming
    const settled = new Promise<Receipt>((resolve, reject) => {
      batch.resolve.push(resolve)
      batch.reject.push(reject)
    })
    batch.entries.push(entry)
    if (batch.entries.length >= maxBatch) {
      full.push(batch)
      forming = newBatch()
    }
    if (!busy && !scheduled) {
      scheduled = true
      setImmediate(writeNext)
    }
    return settled
  }

  function takeNext(): Batch | null {
    const next = full.shift()
    if (next !== undefined) return next
    if (forming.entries.length === 0) return null
    const batch = forming
    forming = newBatch()
    return batch
  }

  function writeNext(): void {
    scheduled = false
    const batch = takeNext()
    if (batch === null) {
      busy = false
      for (const wake of idle) wake()
      idle = []
      return
    }
    busy = true
    const started = performance.now()
    store.append(batch.entries).then(
      (receipts) => settle(batch, receipts, started),
      (error: unknown) => fail(batch, error, started),
    )
  }

  function settle(batch: Batch, receipts: readonly Receipt[], started: number): void {
    // The next batch is on its way to the disk before this one's answers are written.
    writeNext()
    receipts.forEach((receipt, index) => batch.resolve[index]?.(receipt))
    report(batch, receipts, started)
  }

  function fail(batch: Batch, error: unknown, started: number): void {
    writeNext()
    for (const reject of batch.reject) reject(error)
    report(batch, null, started)
  }

  function report(batch: Batch, receipts: readonly Receipt[] | null, started: number): void {
    onSettled({ entries: batch.entries, receipts, seconds: (performance.now() - started) / 1000 })
  }

  return {
    add,
    get waiting() {
      return forming.entries.length + full.reduce((sum, batch) => sum + batch.entries.length, 0)
    },
    drain: () => (busy || scheduled ? new Promise<void>((resolve) => idle.push(resolve)) : Promise.resolve()),
  }
}
