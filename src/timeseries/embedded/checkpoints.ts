import type { WriterLink } from './appender.ts'
import { WorkerLink } from './worker-link.ts'

/** Growth of the write-ahead log after which its pages are copied into the file. */
const SOFT = 16 * 2 ** 20
/** Growth after which the writer itself starts the log anew: under constant load nobody else finds it at rest. */
const HARD = 48 * 2 ** 20
const IDLE = 20_000

export interface CheckpointOutcome {
  readonly done: boolean
}

export interface Checkpoints {
  /** Tells how many bytes a commit wrote, about. */
  wrote(bytes: number): void
  close(): Promise<void>
}

/** Keeps the write-ahead log short: copying happens in a thread of its own, which ends when it is idle. */
export function createCheckpoints(
  file: string,
  writer: WriterLink,
  onFault: (error: Error) => void,
): Checkpoints {
  let written = 0
  let link: WorkerLink<'copy', CheckpointOutcome> | null = null
  let busy = false
  let closed = false
  let idle: NodeJS.Timeout | undefined

  function start(): WorkerLink<'copy', CheckpointOutcome> {
    const started: WorkerLink<'copy', CheckpointOutcome> = new WorkerLink({
      script: new URL('./checkpoint-thread.ts', import.meta.url),
      name: 'telemetry-checkpoint',
      data: { file },
      onDeath(error) {
        if (link === started) link = null
        onFault(error)
      },
    })
    return started
  }

  function stop(): void {
    const ended = link
    link = null
    ended?.close().catch(onFault)
  }

  async function copy(): Promise<void> {
    const before = written
    link ??= start()
    const { done } = await link.request('copy')
    // A log that is copied whole starts anew with the next commit.
    if (done) written -= before
    else if (written >= HARD) await restart()
    else return
  }

  async function restart(): Promise<void> {
    const before = written
    await writer.request({ kind: 'restart-log' })
    written -= before
  }

  function wrote(bytes: number): void {
    written += bytes
    if (written < SOFT || busy || closed) return
    busy = true
    clearTimeout(idle)
    copy()
      .catch((error: unknown) => onFault(error instanceof Error ? error : new Error(String(error))))
      .finally(() => {
        busy = false
        idle = setTimeout(stop, IDLE)
        idle.unref()
      })
  }

  return {
    wrote,
    async close() {
      closed = true
      clearTimeout(idle)
      await link?.close()
    },
  }
}
