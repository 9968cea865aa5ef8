import type { Worker } from 'node:worker_threads'
import { CoreError } from '../../core/errors.ts'
import type { WriterLink } from './writer-link.ts'
import { type CompactionCommitted, type CompactionDone, runCompactor } from './compaction-run.ts'
import type { Deletes } from './deletes.ts'
import type { Expiry } from './log-and-ledger.ts'
import type { Memory } from './memory.ts'
import type { WriterRequest } from './messages.ts'

export interface CompactionOptions {
  /** False: only when asked. */
  readonly automatic: boolean
  /** Any of these starts a compaction: points not compacted, bytes of journal, age of the oldest in milliseconds. */
  readonly points: number
  readonly journalBytes: number
  readonly age: number
  /** Most points of one chunk. */
  readonly chunkPoints: number
  /** Milliseconds between two searches for chunks whose readings have expired; asking for a compaction is one. */
  readonly sweep: number
}

export const DEFAULT_COMPACTION: CompactionOptions = {
  automatic: true,
  points: 2_000_000,
  journalBytes: 256 * 2 ** 20,
  age: 3_600_000,
  chunkPoints: 1024,
  sweep: 3_600_000,
}

/** After a failed run nothing is tried for so long. */
const PAUSE = 30_000

export interface CompactionContext {
  readonly file: string
  readonly memory: Memory
  readonly writer: WriterLink
  readonly deletes: Deletes
  readonly options: CompactionOptions
  readonly expiry: () => Expiry
  /** The data time from which on readings are kept; 0: all are. */
  readonly visibleSince: () => number
  readonly write: (request: WriterRequest) => Promise<void>
  readonly journalBytes: () => number
  /** Appends whose names may not be on disk yet. */
  readonly appending: () => number
  readonly onCommitted: (report: CompactionCommitted) => void
  readonly onFault: (error: Error) => void
  readonly now: () => number
}

export interface Compaction {
  readonly runs: number
  /** Compacts what has been committed by now. */
  compact(): Promise<void>
  /** Called after every commit; starts a run when one is due. */
  check(): void
  close(): Promise<void>
}

interface Runs {
  readonly count: number
  /** The next run looks for expired readings. */
  sweepNext(): void
  run(): Promise<void>
  stop(): Promise<void>
}

/** Compacts in threads of their own, as many as it takes, and takes their results over. */
function createRuns(context: CompactionContext): Runs {
  const { deletes, file, writer, onCommitted } = context
  const { chunkPoints } = context.options
  let count = 0
  let worker: Worker | null = null
  let sweepDue = true

  function runThread(through: number): Promise<CompactionDone> {
    const visibleSince = sweepDue ? context.visibleSince() : 0
    sweepDue = false
    const job = { through, chunkPoints, expiry: context.expiry(), visibleSince }
    return runCompactor({ file, writer, job, onCommitted, onStart: setWorker })
  }

  function setWorker(started: Worker | null): void {
    worker = started
  }

  return {
    get count() {
      return count
    },
    sweepNext() {
      sweepDue = true
    },
    async run() {
      for (;;) {
        // No delete may be half done: what the counters hold must agree with the tombstones on disk.
        const through = await deletes.between(() => takeSnapshot(context))
        const report = await runThread(through)
        takeOver(context, report)
        count += 1
        if (!report.more) return
      }
    },
    async stop() {
      await worker?.terminate()
    },
  }
}

/** Decides when to compact; one compaction runs at a time. */
export function createCompaction(context: CompactionContext): Compaction {
  const { memory, options, onFault } = context
  const runs = createRuns(context)
  let running: Promise<void> | null = null
  let closed = false
  let notBefore = 0
  let timer: NodeJS.Timeout | undefined
  // Readings grow old without anything being written.
  const sweeper = options.automatic ? setInterval(sweep, options.sweep).unref() : undefined

  function begin(): Promise<void> {
    if (closed) return Promise.reject(new CoreError('storage_unavailable'))
    const previous = running ?? Promise.resolve()
    const own: Promise<void> = previous
      .catch(() => undefined)
      .then(runs.run)
      .catch((error: unknown) => {
        notBefore = context.now() + PAUSE
        runs.sweepNext()
        throw new CoreError('storage_unavailable', {}, { cause: error })
      })
      .finally(() => {
        if (running === own) running = null
      })
    running = own
    clearTimeout(timer)
    timer = undefined
    return own
  }

  function start(): void {
    if (closed || running !== null || context.now() < notBefore) return
    begin().catch((error: unknown) => {
      if (!closed) onFault(error instanceof Error ? error : new Error(String(error)))
    })
  }

  function sweep(): void {
    runs.sweepNext()
    if (context.visibleSince() > 0) start()
  }

  function check(): void {
    if (!options.automatic || running !== null) return
    if (memory.head.points >= options.points && memory.uncompacted().points >= options.points) start()
    else if (context.journalBytes() >= options.journalBytes) start()
    else if (timer === undefined) {
      timer = setTimeout(start, options.age)
      timer.unref()
    }
  }

  return {
    get runs() {
      return runs.count
    },
    compact() {
      runs.sweepNext()
      return begin()
    },
    check,
    async close() {
      closed = true
      clearTimeout(timer)
      clearInterval(sweeper)
      // Stopping between two pieces is harmless, and nobody should wait for a long run.
      await runs.stop()
      await running?.catch(() => undefined)
    },
  }
}

/** Presence and counters go to disk first, so that the journal they came from may go. */
async function takeSnapshot({ memory, deletes, write }: CompactionContext): Promise<number> {
  const sequence = memory.lastSequence
  const presence = memory.activity.takeChanges(deletes.leaving)
  try {
    await write({ kind: 'snapshot', snapshot: { sequence, presence, minutes: [...memory.activity.minutes] } })
  } catch (error) {
    memory.activity.giveBack(presence)
    throw error
  }
  return sequence
}

/** Lets go of what is in chunks now, and of the deletes that have been worked in. */
function takeOver(context: CompactionContext, { series, ends, tombstones, through }: CompactionDone): void {
  const { memory } = context
  series.forEach((id, index) => memory.setChunkEnd(id, ends[index] ?? -1))
  memory.compactedThrough = through
  memory.head.dropThrough(through)
  const worked = new Set(tombstones)
  const removed = memory.tombstones.all().filter((stone) => stone.whole && worked.has(stone.sequence))
  memory.tombstones.remove(worked)
  for (const { device } of removed) forget(context, device)
}

/** A removed device's series go once nothing is in them; were a batch on its way, they stay, empty. */
function forget({ memory, write, appending, onFault }: CompactionContext, device: number): void {
  const { series } = memory.catalogue
  const ids = series.ofDevice(device)
  const used = ids.some((id) => memory.latest.has(id) || memory.submissionsOf(id) > 0)
  if (used || ids.length === 0 || appending() > 0) return
  series.forget(device)
  write({ kind: 'forget', series: ids }).catch(onFault)
}
