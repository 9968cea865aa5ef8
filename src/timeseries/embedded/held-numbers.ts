import { JSON_TEXT, NUMBER } from './columns.ts'
import type { HeadPoint } from './head.ts'
import type { Memory } from './memory.ts'
import type { RangeResult } from './messages.ts'
import type { Queries } from './queries.ts'
import type { Tombstone } from './tombstones.ts'

/** What the memory holds ready and a delete spoils: latest values, counts of submissions, counters of minutes. */
export interface Held {
  readonly memory: Memory
  readonly queries: Queries
  readonly now: () => number
}

/** Takes the submissions of a delete out of the counters. Call it before the delete is in force in the memory. */
export async function countTaken({ memory, queries, now }: Held, stone: Tombstone): Promise<void> {
  const id = memory.catalogue.series.findSubmissions(stone.device)
  if (id === undefined) return
  const { count, minutes } = await queries.receipts(id, { ...stone, before: stone.sequence })
  memory.setSubmissions(id, memory.submissionsOf(id) - count)
  for (const [minute, taken] of minutes) memory.activity.countSubmission(minute * 60_000, -taken, now())
}

/** Asks head and chunks for the newest points of the device's series whose known one was deleted. */
export async function renewLatest(held: Held, device: number): Promise<void> {
  const { memory } = held
  for (const id of memory.catalogue.series.ofDevice(device)) if (spoiled(memory, id)) await renew(held, id)
}

function spoiled({ latest, tombstones, catalogue }: Memory, id: number): boolean {
  const point = latest.get(id)
  if (point === null) return false
  const stones = tombstones.of(catalogue.series.devices[id] ?? 0)
  return stones.some(
    (stone) => point.sequence < stone.sequence && point.time >= stone.from && point.time <= stone.to,
  )
}

async function renew({ memory, queries }: Held, id: number): Promise<void> {
  const found = await queries.newest(id)
  // A point that came while the question was under way is newer than any answer.
  if (spoiled(memory, id)) memory.latest.clear(id)
  if (found.count === 0) return
  memory.latest.offer(firstPoint(id, found))
}

function firstPoint(
  series: number,
  { times, values, types, attributes, sequences, texts }: RangeResult,
): HeadPoint {
  const [type = NUMBER] = types ?? []
  const [value = 0] = values
  const [attribute = 0] = attributes ?? []
  const [sequence = 0] = sequences ?? []
  const text = type === JSON_TEXT ? (texts[value] ?? 'null') : null
  return { series, time: times[0] ?? 0, sequence, type, value, attribute, text }
}

/**
 * At a start: latest values and counts came from chunks that the open deletes have not reached, the counters of
 * minutes from before those above `snapshot`.
 */
export async function recoverHeld(held: Held, snapshot: number): Promise<void> {
  const { memory } = held
  const stones = memory.tombstones.all()
  for (const device of new Set(stones.map((stone) => stone.device))) await recount(held, device)
  for (const stone of stones) if (stone.sequence > snapshot) await takeMinutes(held, stone, stones)
}

async function recount(held: Held, device: number): Promise<void> {
  const { memory, queries } = held
  const hidden = memory.catalogue.series.findSubmissions(device)
  for (const id of memory.catalogue.series.ofDevice(device)) {
    memory.latest.clear(id)
    if (id !== hidden) await renew(held, id)
  }
  if (hidden === undefined) return
  const { count } = await queries.receipts(hidden, { from: 0, to: Number.MAX_SAFE_INTEGER, before: Infinity })
  memory.setSubmissions(hidden, count)
}

async function takeMinutes(
  { memory, queries, now }: Held,
  stone: Tombstone,
  stones: readonly Tombstone[],
): Promise<void> {
  const id = memory.catalogue.series.findSubmissions(stone.device)
  if (id === undefined) return
  const earlier = stones.filter(
    ({ device, sequence }) => device === stone.device && sequence < stone.sequence,
  )
  const { minutes } = await queries.receipts(id, { ...stone, before: stone.sequence, deletes: earlier })
  for (const [minute, taken] of minutes) memory.activity.countSubmission(minute * 60_000, -taken, now())
}
