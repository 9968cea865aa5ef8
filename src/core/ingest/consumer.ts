import type { LogEntry, UplinkLog } from '../telemetry/store.ts'
import type { IngestPath } from './ingest.ts'

export interface ConsumerOptions {
  /** The name its position is kept under. */
  readonly name: string
  readonly log: UplinkLog
  readonly path: Pick<IngestPath, 'subscribe'>
  /** Handles entries in commit order; the position moves behind them when its promise settles. May see an entry again after a crash. */
  readonly handle: (entries: readonly LogEntry[]) => Promise<void>
  /** The handler or the store failed: the same entries are tried again after `retryAfter` milliseconds. */
  readonly onError: (error: unknown) => void
  readonly batch?: number
  readonly retryAfter?: number
}

export interface Consumer {
  /** Finishes the batch in hand and stops. */
  close(): Promise<void>
}

/**
 * Follows the uplink log behind a durable cursor: what was committed and not handled before a crash is handled
 * after it. At least once, in order.
 */
export function followLog(options: ConsumerOptions): Consumer {
  const { name, log, handle, batch = 500, retryAfter = 1000 } = options
  let open = true
  let wake: (() => void) | null = null
  const signal = () => wake?.()
  const unsubscribe = options.path.subscribe(signal)

  const pause = (milliseconds?: number) =>
    new Promise<void>((resolve) => {
      const timer = milliseconds === undefined ? undefined : setTimeout(resolve, milliseconds)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  async function step(): Promise<number> {
    const after = await log.cursor(name)
    const entries = await log.log({ after, limit: batch })
    const last = entries.at(-1)
    if (last === undefined) return 0
    await handle(entries)
    await log.moveCursor(name, last.sequence)
    return entries.length
  }

  async function run(): Promise<void> {
    while (open) {
      // Taken before the log is read, so that a commit between reading and waiting is not slept through.
      const committed = pause()
      try {
        if ((await step()) === 0 && open) await committed
      } catch (error) {
        options.onError(error)
        if (open) await pause(retryAfter)
      }
    }
  }

  const running = run()
  return {
    async close() {
      open = false
      unsubscribe()
      signal()
      await running
    },
  }
}
