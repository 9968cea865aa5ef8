import type { TimeRange } from '../../core/telemetry/store.ts'
import { countTaken, type Held, recoverHeld, renewLatest } from './held-numbers.ts'
import type { WriterRequest } from './messages.ts'
import type { Tombstone } from './tombstones.ts'

export interface DeletesOptions extends Held {
  readonly write: (request: WriterRequest) => Promise<void>
  readonly takeSequence: () => number
}

export interface Deletes {
  range(device: number, range: TimeRange): Promise<void>
  device(device: number): Promise<void>
  /** Devices whose removal is on its way to the disk. */
  readonly leaving: ReadonlySet<number>
  /** Settles once the numbers that a delete spoiled are right again. */
  readonly settled: Promise<void>
  /** Works the deletes found at a start into the numbers that were stored before them. */
  recover(snapshot: number): Promise<void>
  /** Runs something while no delete is half done. */
  between<Result>(work: () => Result | Promise<Result>): Promise<Result>
}

const WHOLE: TimeRange = { from: 0, to: Number.MAX_SAFE_INTEGER }

/**
 * Deletes are one small durable row each; queries respect them at once, the next compaction works them in. Only the
 * numbers that the memory holds ready are corrected here, one delete at a time.
 */
export function createDeletes(options: DeletesOptions): Deletes {
  const { memory, write, takeSequence } = options
  const leaving = new Set<number>()
  let tail: Promise<unknown> = Promise.resolve()
  let correcting: Promise<void> | null = null

  function between<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    const done = tail.then(work)
    tail = done.catch(() => undefined)
    return done
  }

  async function bury(device: number, { from, to }: TimeRange, whole: boolean): Promise<void> {
    const tombstone: Tombstone = { sequence: takeSequence(), device, from, to, whole }
    if (whole) leaving.add(device)
    try {
      await write({ kind: 'tombstone', tombstone })
    } finally {
      leaving.delete(device)
    }
    if (whole) memory.activity.forget(device)
    const corrected = correct(tombstone)
    correcting = corrected.catch(() => undefined)
    try {
      await corrected
    } finally {
      correcting = null
    }
  }

  async function correct(tombstone: Tombstone): Promise<void> {
    // Asked before the delete is in force: the counters want what it takes away.
    const taken = countTaken(options, tombstone)
    memory.tombstones.add(tombstone)
    memory.lastSequence = Math.max(memory.lastSequence, tombstone.sequence)
    await Promise.all([taken, renewLatest(options, tombstone.device)])
  }

  return {
    leaving,
    get settled() {
      return correcting ?? Promise.resolve()
    },
    range: (device, range) => between(() => bury(device, range, false)),
    device: (device) => between(() => bury(device, WHOLE, true)),
    between,
    recover: (snapshot) => between(() => recoverHeld(options, snapshot)),
  }
}
