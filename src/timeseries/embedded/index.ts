import type { TelemetryStore } from '../../core/telemetry/store.ts'
import { createAppender } from './appender.ts'
import { DEFAULT_LIMITS, type Limits } from './catalogue.ts'
import { createCheckpoints } from './checkpoints.ts'
import { type CompactionOptions, createCompaction, DEFAULT_COMPACTION } from './compaction.ts'
import { createDeletes } from './deletes.ts'
import { createLogAndLedger } from './log-and-ledger.ts'
import { Memory } from './memory.ts'
import { createQueries } from './queries.ts'
import { createReader } from './reader.ts'
import { visibleSince } from './reading-expiry.ts'
import { addTotals, recoverFrom } from './replay.ts'
import { assemble } from './port.ts'
import { startWriter } from './writer-link.ts'

export { NewerFormatError } from './schema.ts'

export interface EmbeddedOptions {
  readonly file: string
  readonly limits?: Partial<Limits>
  /** Days that log entries are kept by their receipt, and readings by their data time; 0: for ever. */
  readonly retention?: { readonly logDays: number; readonly readingDays?: number }
  readonly now?: () => number
  readonly compaction?: Partial<CompactionOptions>
  /** Told of what went wrong in the background. */
  readonly onFault?: (error: Error) => void
}

const READER_QUEUE = 1024

/** Opens or makes the telemetry file. @throws NewerFormatError */
export async function openEmbeddedStore(options: EmbeddedOptions): Promise<TelemetryStore> {
  const { file, now = Date.now, onFault = () => undefined } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const memory = new Memory(limits)
  const { totals, cursors, snapshot } = recoverFrom(file, memory, now())
  const writing = startWriter(file, onFault)
  const { writer, write } = writing
  const reader = createReader({ file, queue: READER_QUEUE, onFault })
  const kept = visibleSince(options.retention?.readingDays ?? 0, now)
  const queries = createQueries(memory, reader.ask, kept)
  const checkpoints = createCheckpoints(file, writer, onFault)
  const appender = createAppender({
    memory,
    writer,
    limits,
    now,
    journalBytes: totals.journalBytes,
    onCommit(bytes) {
      checkpoints.wrote(bytes + BESIDE_JOURNAL)
      compaction.check()
    },
  })
  const { takeSequence } = appender
  const deletes = createDeletes({
    memory,
    queries: createQueries(memory, reader.insist, kept),
    write,
    takeSequence,
    now,
  })
  const logDays = options.retention?.logDays ?? 30
  const log = createLogAndLedger({ memory, ask: reader.ask, write, cursors, logDays, now })
  const compaction = createCompaction({
    file,
    memory,
    writer,
    deletes,
    options: { ...DEFAULT_COMPACTION, ...options.compaction },
    expiry: log.expiry,
    visibleSince: kept,
    write,
    journalBytes: () => appender.journalBytes,
    appending: () => appender.outstanding,
    onCommitted({ change, freed, written }) {
      addTotals(totals, change)
      appender.journalBytes -= freed
      checkpoints.wrote(written)
    },
    onFault,
    now,
  })
  await deletes.recover(snapshot)
  if (memory.head.points > 0) compaction.check()

  async function close(): Promise<void> {
    await deletes.between(() => undefined)
    await compaction.close()
    await reader.close()
    await checkpoints.close()
    await write({ kind: 'close' }).catch(() => undefined)
    await writer.close()
  }

  return assemble({ file, memory, totals, queries, appender, deletes, compaction, log, writing, close })
}

/** What a commit writes beside its journal row, about: pages are whole, and other tables have some as well. */
const BESIDE_JOURNAL = 32_768
