import { CoreError } from '../../core/errors.ts'
import type { TelemetryStore } from '../../core/telemetry/store.ts'
import { createAppender } from './appender.ts'
import { DEFAULT_LIMITS, type Limits } from './catalogue.ts'
import { createCheckpoints } from './checkpoints.ts'
import { type CompactionOptions, createCompaction, DEFAULT_COMPACTION } from './compaction.ts'
import { createDeletes } from './deletes.ts'
import { fileBytes } from './file-size.ts'
import { createLogAndLedger } from './log-and-ledger.ts'
import { Memory } from './memory.ts'
import type { WriterRequest, WriterResult } from './messages.ts'
import { createQueries } from './queries.ts'
import { createReader } from './reader.ts'
import { recover } from './replay.ts'
import { openFile } from './schema.ts'
import { WorkerLink } from './worker-link.ts'

export { NewerFormatError } from './schema.ts'

export interface EmbeddedOptions {
  readonly file: string
  readonly limits?: Partial<Limits>
  readonly retention?: { readonly logDays: number }
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
  const database = openFile(file)
  let recovered
  try {
    recovered = recover(database, memory, now())
  } finally {
    database.close()
  }
  const { totals, cursors } = recovered
  let dead: string | null = null
  const writer = new WorkerLink<WriterRequest, WriterResult>({
    script: new URL('./writer-thread.ts', import.meta.url),
    name: 'telemetry-writer',
    data: { file },
    onDeath(error) {
      dead = `the writing thread is gone: ${error.message}`
      onFault(error)
    },
  })
  const write = async (request: WriterRequest): Promise<void> => {
    try {
      await writer.request(request)
    } catch (error) {
      throw new CoreError('storage_unavailable', {}, { cause: error })
    }
  }
  const reader = createReader({ file, queue: READER_QUEUE, onFault })
  const queries = createQueries(memory, reader.ask)
  const checkpoints = createCheckpoints(file, writer, onFault)
  const appender = createAppender({
    memory,
    writer,
    limits,
    now,
    onCommit(bytes) {
      // Pages are whole, and the tables beside the journal have some as well.
      checkpoints.wrote(bytes + 32_768)
      compaction.check()
    },
  })
  appender.journalBytes = totals.journalBytes
  const { takeSequence } = appender
  const deletes = createDeletes({ memory, queries, ask: reader.ask, write, takeSequence, now })
  const logDays = options.retention?.logDays ?? 30
  const { expiry, ...logAndLedger } = createLogAndLedger({
    memory,
    ask: reader.ask,
    write,
    cursors,
    logDays,
    now,
  })
  const compaction = createCompaction({
    file,
    memory,
    writer,
    deletes,
    options: { ...DEFAULT_COMPACTION, ...options.compaction },
    expiry,
    write,
    journalBytes: () => appender.journalBytes,
    appending: () => appender.outstanding,
    onCommitted({ change, freed, written }) {
      totals.points += change['points'] ?? 0
      totals.chunkBytes += change['chunkBytes'] ?? 0
      totals.logBytes += change['logBytes'] ?? 0
      appender.journalBytes -= freed
      checkpoints.wrote(written)
    },
    onFault,
    now,
  })
  await deletes.recover(recovered.snapshot)
  if (memory.head.points > 0) compaction.check()

  return {
    ...logAndLedger,
    append: appender.append,
    deleteRange: deletes.range,
    deleteDevice: deletes.device,
    async latest(selector) {
      await deletes.settled
      return queries.latest(selector)
    },
    range: queries.range,
    aggregate: queries.aggregate,
    statistics: queries.statistics,
    async submissions(device) {
      await deletes.settled
      if (device === undefined) return memory.submissions
      const series = memory.catalogue.series.findSubmissions(device)
      return series === undefined ? 0 : memory.submissionsOf(series)
    },
    async submissionsSince(since) {
      await deletes.settled
      return memory.activity.submissionsSince(since)
    },
    lastSeen: (device) => memory.activity.lastSeen(device),
    seenSince: (since) => memory.activity.seenSince(since),
    storeStatistics: () => ({
      series: memory.catalogue.series.readable,
      points: totals.points + memory.uncompacted().readings,
      headPoints: memory.uncompacted().readings,
      journalBytes: appender.journalBytes,
      chunkBytes: totals.chunkBytes,
      logBytes: totals.logBytes,
      fileBytes: fileBytes(file),
      lastSequence: memory.lastSequence,
      compactions: compaction.runs,
      fault: dead ?? appender.fault,
    }),
    compact: compaction.compact,
    async close() {
      await deletes.between(() => undefined)
      await compaction.close()
      await reader.close()
      await checkpoints.close()
      await write({ kind: 'close' }).catch(() => undefined)
      await writer.close()
    },
  }
}
