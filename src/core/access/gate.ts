import { CoreError } from '../errors.ts'

export interface GateOptions {
  /** Pieces of work running at a time. */
  readonly concurrency: number
  /** Pieces waiting; beyond this many the answer is `overloaded`. */
  readonly waiting: number
}

/** Runs work a few pieces at a time, in the order they came. */
export type Gate = <Result>(work: () => Promise<Result>) => Promise<Result>

/** @throws CoreError `overloaded` from the gate when too many wait */
export function createGate({ concurrency, waiting }: GateOptions): Gate {
  let running = 0
  const queue: (() => void)[] = []
  return async (work) => {
    if (running < concurrency) {
      running += 1
    } else {
      if (queue.length >= waiting) throw new CoreError('overloaded')
      // Whoever leaves hands over its place, so `running` stays as it is.
      await new Promise<void>((resolve) => queue.push(resolve))
    }
    try {
      return await work()
    } finally {
      const next = queue.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
