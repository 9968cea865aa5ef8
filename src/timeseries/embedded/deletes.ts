import type { TimeRange } from '../../core/telemetry/store.ts'
import { JSON_TEXT } from './columns.ts'
import type { Memory } from './memory.ts'
import type { ReceiptsResult, WriterRequest } from './messages.ts'
import type { AskReader, Queries } from './queries.ts'
import type { Tombstone } from './tombstones.ts'

export interface DeletesOptions {
  readonly memory: Memory
  readonly queries: Queries
  readonly ask: AskReader
  readonly write: (request: WriterRequest) => Promise<void>
  readonly takeSequence: () => number
  readonly now: () => number
}

export interface Deletes {
  range(device: number, range: TimeRange): Promise<void>
  device(device: number): Promise<void>
  /** Devices whose removal is on its way to the disk. */
  readonly leaving: ReadonlySet<number>
  /** Settles once latest values spoiled by a delete are right again. */
  readonly settled: Promise<void>
  /** Works the deletes found at a start into the counters that were stored before them. */
  recover(snapshot: number): Promise<void>
  /** Runs something while no delete is half done. */
  between<Result>(work: () => Result | Promise<Result>): Promise<Result>
}

const WHOLE: TimeRange = { from: 0, to: Number.MAX_SAFE_INTEGER }

/**
 * Deletes are one small durable row each; queries respect them at once, the next compaction works them in. Only the
 * numbers that the memory holds ready (latest values, counts of submissions) are corrected here, one delete at a time.
 */
export function createDeletes(options: DeletesOptions): Deletes {
  const { memory, queries, ask, write, takeSequence, now } = options
  const leaving = new Set<number>()
  let tail: Promise<unknown> = Promise.resolve()
  let unsettled = 0
  let settled: Promise<void> = Promise.resolve()

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
    await correct(tombstone)
  }

  async function correct(tombstone: Tombstone): Promise<void> {
    // The counters want what this delete took away, so it is added only after that has been asked for.
    const taken = countTaken(tombstone)
    memory.tombstones.add(tombstone)
    memory.lastSequence = Math.max(memory.lastSequence, tombstone.sequence)
    const done = Promise.all([taken, renewLatest(tombstone.device)])
    unsettled += 1
    settled = done.then(
      () => undefined,
      () => undefined,
    )
    try {
      await done
    } finally {
      unsettled -= 1
    }
  }

  /** Takes the deleted submissions out of the counters. */
  async function countTaken(tombstone: Tombstone): Promise<void> {
    const id = memory.catalogue.series.findSubmissions(tombstone.device)
    if (id === undefined) return
    const { count, minutes } = await receipts(id, tombstone)
    memory.setSubmissions(id, memory.submissionsOf(id) - count)
    for (const [minute, taken] of minutes) memory.activity.countSubmission(minute * 60_000, -taken, now())
  }

  function receipts(id: number, { from, to, sequence }: Tombstone): Promise<ReceiptsResult> {
    return ask<ReceiptsResult>({
      kind: 'receipts',
      series: queries.part(id, { from, to }),
      from,
      to,
      before: sequence,
    })
  }

  /** Asks head and chunks for the newest points of the device's series whose known one is gone. */
  async function renewLatest(device: number): Promise<void> {
    const stones = memory.tombstones.of(device)
    const spoiled = memory.catalogue.series.ofDevice(device).filter((id) => {
      const point = memory.latest.get(id)
      return point !== null && stones.some((stone) => covers(stone, point))
    })
    for (const id of spoiled) memory.latest.clear(id)
    for (const id of spoiled) await renew(id)
  }

  async function renew(id: number): Promise<void> {
    const found = await queries.newest(id)
    if (found.count === 0) return
    const type = found.types?.[0] ?? 0
    const value = found.values[0] ?? 0
    memory.latest.offer({
      series: id,
      time: found.times[0] ?? 0,
      sequence: found.sequences?.[0] ?? 0,
      type,
      value,
      attribute: found.attributes?.[0] ?? 0,
      text: type === JSON_TEXT ? (found.texts[value] ?? 'null') : null,
    })
  }

  return {
    leaving,
    get settled() {
      return unsettled === 0 ? Promise.resolve() : settled
    },
    range: (device, range) => between(() => bury(device, range, false)),
    device: (device) => between(() => bury(device, WHOLE, true)),
    between,
    recover: (snapshot) =>
      between(async () => {
        const stones = memory.tombstones.all()
        for (const device of new Set(stones.map((stone) => stone.device))) await recount(device)
        for (const stone of stones) if (stone.sequence > snapshot) await takeMinutes(stone, stones)
      }),
  }

  /** At a start the device's counts were read from chunks that its deletes have not reached. */
  async function recount(device: number): Promise<void> {
    const series = memory.catalogue.series.ofDevice(device)
    for (const id of series) memory.latest.clear(id)
    const hidden = memory.catalogue.series.findSubmissions(device)
    for (const id of series) if (id !== hidden) await renew(id)
    if (hidden === undefined) return
    const { count } = await receipts(hidden, { ...WHOLE, sequence: Infinity, device, whole: false })
    memory.setSubmissions(hidden, count)
  }

  async function takeMinutes(stone: Tombstone, stones: readonly Tombstone[]): Promise<void> {
    const id = memory.catalogue.series.findSubmissions(stone.device)
    if (id === undefined) return
    const earlier = stones.filter(
      ({ device, sequence }) => device === stone.device && sequence < stone.sequence,
    )
    const { minutes } = await ask<ReceiptsResult>({
      kind: 'receipts',
      series: queries.part(id, stone, earlier),
      from: stone.from,
      to: stone.to,
      before: stone.sequence,
    })
    for (const [minute, taken] of minutes) memory.activity.countSubmission(minute * 60_000, -taken, now())
  }
}

/** The point was written before the delete and lies in its range. A latest point from a chunk may show a later sequence. */
function covers(stone: Tombstone, point: { time: number; sequence: number }): boolean {
  return point.sequence < stone.sequence && point.time >= stone.from && point.time <= stone.to
}
