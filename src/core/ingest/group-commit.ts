import { isCoreError } from '../errors.ts'
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
  /** Settles when everything added so far has been settled. */
  drain(): Promise<void>
}

/** Entries and the two ends of their promises, in parallel arrays: cheaper than an object for each. */
interface Batch {
  readonly entries: Entry[]
  readonly resolve: ((receipt: Receipt) => void)[]
  readonly reject: ((error: unknown) => void)[]
}

/** Two: the writer finds the next batch waiting when it is done, and need not be woken. */
const MOST_IN_FLIGHT = 2
const WORTH_A_COMMIT = 16

const newBatch = (): Batch => ({ entries: [], resolve: [], reject: [] })

const part = ({ entries, resolve, reject }: Batch, from: number, to?: number): Batch => ({
  entries: entries.slice(from, to),
  resolve: resolve.slice(from, to),
  reject: reject.slice(from, to),
})

/** A refusing disk refuses all; a limit or a bad value is one entry's own. */
const isOneEntrysFault = (error: unknown): boolean =>
  isCoreError(error) && error.code !== 'storage_unavailable' && error.code !== 'overloaded'

/** Entries that wait for their commit, in order, in batches of a bounded size. */
function createBatches(maxBatch: number) {
  let forming = newBatch()
  const full: Batch[] = []
  return {
    add(entry: Entry): Promise<Receipt> {
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
      return settled
    },
    take(): Batch | null {
      const next = full.shift()
      if (next !== undefined) return next
      if (forming.entries.length === 0) return null
      const batch = forming
      forming = newBatch()
      return batch
    },
    get waiting() {
      return forming.entries.length + full.length * maxBatch
    },
  }
}

/**
 * Collects entries while one batch is being written and hands them over as the next one. An idle server starts
 * writing in the same turn of the event loop, so that all messages read in one turn share a commit.
 */
export function createGroupCommit({ store, maxBatch, onSettled }: GroupCommitOptions): GroupCommit {
  const batches = createBatches(maxBatch)
  let inFlight = 0
  let scheduled = false
  let idle: (() => void)[] = []

  function add(entry: Entry): Promise<Receipt> {
    const settled = batches.add(entry)
    if (!scheduled && isDue()) {
      scheduled = true
      setImmediate(writeNext)
    }
    return settled
  }

  /** An idle disk takes anything at once; behind a running commit a batch waits until it is worth one of its own. */
  function isDue(): boolean {
    return inFlight === 0 || (inFlight < MOST_IN_FLIGHT && batches.waiting >= WORTH_A_COMMIT)
  }

  function writeNext(): void {
    scheduled = false
    const batch = batches.take()
    if (batch !== null) {
      inFlight += 1
      write(batch, landed)
    } else if (inFlight === 0) {
      for (const wake of idle) wake()
      idle = []
    }
  }

  function landed(): void {
    inFlight -= 1
    if (!scheduled && isDue()) writeNext()
  }

  /** `proceed` is called as soon as the disk is free again: before this batch's answers are written. */
  function write(batch: Batch, proceed: () => void): void {
    const started = performance.now()
    store.append(batch.entries).then(
      (receipts) => {
        proceed()
        receipts.forEach((receipt, index) => batch.resolve[index]?.(receipt))
        report(batch, receipts, started)
      },
      (error: unknown) => {
        if (batch.entries.length > 1 && isOneEntrysFault(error)) divide(batch, proceed)
        else {
          proceed()
          for (const reject of batch.reject) reject(error)
          report(batch, null, started)
        }
      },
    )
  }

  /** Looks for the entries that the store refuses, so that they fail alone and harm no neighbour. */
  function divide(batch: Batch, proceed: () => void): void {
    const middle = batch.entries.length >> 1
    write(part(batch, 0, middle), () => write(part(batch, middle), proceed))
  }

  function report(batch: Batch, receipts: readonly Receipt[] | null, started: number): void {
    onSettled({ entries: batch.entries, receipts, seconds: (performance.now() - started) / 1000 })
  }

  return {
    add,
    drain: () =>
      inFlight > 0 || scheduled ? new Promise<void>((resolve) => idle.push(resolve)) : Promise.resolve(),
  }
}
