import type { WriterLink } from './writer-link.ts'
import { WorkerLink } from './worker-link.ts'

/** Growth of the write-ahead log after which its pages are copied into the file. */
const SOFT = 16 * 2 ** 20
/** Growth after which the writer itself starts the log anew: under constant load nobody else finds it at rest. */
const HARD = 48 * 2 ** 20
const IDLE = 20_000

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
  /** Bytes since the log began anew, and how many of them have been copied. */
  let written = 0
  let copied = 0
  let link: WorkerLink<'copy', null> | null = null
  let running: Promise<void> | null = null
  let closed = false
  let idle: NodeJS.Timeout | undefined

  function start(): WorkerLink<'copy', null> {
    const started: WorkerLink<'copy', null> = new WorkerLink({
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
    await link.request('copy')
    copied = before
    if (written >= HARD) await restart()
  }

  /** Little is left to copy now. A query that still reads from the log puts it off to the next time. */
  async function restart(): Promise<void> {
    const before = written
    const answer = await writer.request({ kind: 'restart-log' })
    if (answer === null || !('restarted' in answer) || !answer.restarted) return
    written -= before
    copied = 0
  }

  function wrote(bytes: number): void {
    written += bytes
    if (written - copied < SOFT || running !== null || closed) return
    clearTimeout(idle)
    running = copy()
      .catch((error: unknown) => onFault(error instanceof Error ? error : new Error(String(error))))
      .finally(() => {
        running = null
        idle = setTimeout(stop, IDLE)
        idle.unref()
      })
  }

  return {
    wrote,
    async close() {
      closed = true
      await running
      clearTimeout(idle)
      await link?.close()
    },
  }
}
