import type { TelemetryStore } from '../../core/telemetry/store.ts'
import type { Appender } from './appender.ts'
import type { Compaction } from './compaction.ts'
import type { Deletes } from './deletes.ts'
import { fileBytes } from './file-size.ts'
import type { LogAndLedger } from './log-and-ledger.ts'
import type { Memory } from './memory.ts'
import type { Queries } from './queries.ts'
import type { Totals } from './replay.ts'
import type { Writing } from './writer-link.ts'

export interface Parts {
  readonly file: string
  readonly memory: Memory
  readonly totals: Totals
  readonly queries: Queries
  readonly appender: Appender
  readonly deletes: Deletes
  readonly compaction: Compaction
  readonly log: LogAndLedger
  readonly writing: Writing
  readonly close: () => Promise<void>
}

/** The port's face of the engine's parts. */
export function assemble(parts: Parts): TelemetryStore {
  const { memory, totals, queries, appender, deletes, compaction, log } = parts
  const { series } = memory.catalogue
  return {
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
      const hidden = series.findSubmissions(device)
      return hidden === undefined ? 0 : memory.submissionsOf(hidden)
    },
    async submissionsSince(since) {
      await deletes.settled
      return memory.activity.submissionsSince(since)
    },
    lastSeen: (device) => memory.activity.lastSeen(device),
    seenSince: (since) => memory.activity.seenSince(since),
    log: log.log,
    cursor: log.cursor,
    moveCursor: log.moveCursor,
    tallies: log.tallies,
    rows: log.rows,
    storeStatistics() {
      const { readings } = memory.uncompacted()
      return {
        series: series.readable,
        points: totals.points + readings,
        headPoints: readings,
        journalBytes: appender.journalBytes,
        chunkBytes: totals.chunkBytes,
        logBytes: totals.logBytes,
        fileBytes: fileBytes(parts.file),
        lastSequence: memory.lastSequence,
        compactions: compaction.runs,
        fault: parts.writing.dead ?? appender.fault,
      }
    },
    compact: compaction.compact,
    close: parts.close,
  }
}
