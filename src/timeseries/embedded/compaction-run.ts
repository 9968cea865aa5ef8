import { MessageChannel, Worker } from 'node:worker_threads'
import type { WriterLink } from './writer-link.ts'
import type { CompactionJob, CompactorReport } from './messages.ts'

export type CompactionCommitted = Extract<CompactorReport, { kind: 'committed' }>
export type CompactionDone = Extract<CompactorReport, { kind: 'done' }>

export interface CompactionRun {
  readonly file: string
  readonly writer: WriterLink
  readonly job: CompactionJob
  /** A piece of it is on disk. */
  readonly onCommitted: (report: CompactionCommitted) => void
  /** The thread of the run; null once it has ended. */
  readonly onStart: (thread: Worker | null) => void
}

/** Starts a thread for one compaction, with a way of its own to the writer, and waits for its report. */
export function runCompactor({
  file,
  writer,
  job,
  onCommitted,
  onStart,
}: CompactionRun): Promise<CompactionDone> {
  const { port1, port2 } = new MessageChannel()
  writer.worker.postMessage({ pieces: port1 }, [port1])
  const thread = new Worker(new URL('./compactor-thread.ts', import.meta.url), {
    name: 'telemetry-compactor',
    workerData: { file, port: port2, job },
    transferList: [port2],
  })
  onStart(thread)
  return new Promise((resolve, reject) => {
    thread.on('message', (report: CompactorReport) => {
      if (report.kind === 'committed') onCommitted(report)
      else if (report.kind === 'done') resolve(report)
      else reject(new Error(report.error))
    })
    thread.on('error', reject)
    thread.on('exit', () => {
      onStart(null)
      reject(new Error('the compacting thread ended early'))
    })
  })
}
