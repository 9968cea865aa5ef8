import { constants } from 'node:os'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** One key press reaches a process twice when npm passes on what the terminal has sent to the whole group. */
const SAME_PRESS_MS = 300

/**
 * Waits for a signal, then closes; settles with the exit code. A second signal cuts: the process ends at once, and
 * nothing is lost by it but what had not been acknowledged.
 */
export function closeOnSignal(close: () => Promise<void>): Promise<number> {
  return new Promise((resolve, reject) => {
    let first = 0
    const onSignal = (signal: (typeof SIGNALS)[number]): void => {
      if (first !== 0) {
        if (Date.now() - first > SAME_PRESS_MS) process.exit(128 + constants.signals[signal])
        return
      }
      first = Date.now()
      process.stdout.write(`${signal}: finishing what is accepted; a second one cuts\n`)
      close().then(() => resolve(0), reject)
    }
    for (const signal of SIGNALS) process.on(signal, onSignal)
  })
}
