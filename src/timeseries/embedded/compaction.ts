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
}

export const DEFAULT_COMPACTION: CompactionOptions = {
  automatic: true,
  points: 2_000_000,
  journalBytes: 256 * 2 ** 20,
  age: 3_600_000,
  chunkPoints: 1024,
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

/** Decides when to compact, runs one compaction at a time in a thread of its own, and takes its result over. */
export function createCompaction(context: CompactionContext): Compaction {
  const { memory, writer, deletes, options, onFault } = context
  let runs = 0
  let worker: Worker | null = null
  let running: Promise<void> | null = null
  let closed = false
  let notBefore = 0
  let timer: NodeJS.Timeout | undefined

  async function run(): Promise<void> {
    for (;;) {
      // No delete may be half done: what the counters hold must agree with the tombstones on disk.
      const through = await deletes.between(() => takeSnapshot(context))
      const report = await runThread(through)
      takeOver(context, report)
      runs += 1
      if (!report.more) return
    }
  }

  function runThread(through: number): Promise<CompactionDone> {
    const job = { through, chunkPoints: options.chunkPoints, expiry: context.expiry() }
    return runCompactor({
      file: context.file,
      writer,
      job,
      onCommitted: context.onCommitted,
      onStart: setWorker,
    })
  }

  function setWorker(started: Worker | null): void {
    worker = started
  }

  function compact(): Promise<void> {
    if (closed) return Promise.reject(new CoreError('storage_unavailable'))
    const previous = running ?? Promise.resolve()
    const own: Promise<void> = previous
      .catch(() => undefined)
      .then(run)
      .catch((error: unknown) => {
        notBefore = context.now() + PAUSE
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
    compact().catch((error: unknown) => {
      if (!closed) onFault(error instanceof Error ? error : new Error(String(error)))
    })
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
      return runs
    },
    compact,
    check,
    async close() {
      closed = true
      clearTimeout(timer)
      // Stopping between two pieces is harmless, and nobody should wait for a long run.
      await worker?.terminate()
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
