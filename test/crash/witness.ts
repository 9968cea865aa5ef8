import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { Answer, Fleet } from '../../src/simulate/fleet.ts'
import { difference } from '../../src/simulate/life.ts'
import { randomStream } from '../../src/simulate/random.ts'

const DAY = 86_400_000
const CHECKS_AT_ONCE = 4

/** Sends under load and remembers every single report: what was promised, what may be there, what may not. */
export interface Witness {
  /** Every device sends one report after the other until stopped; settles when no request is under way any more. */
  sendUntil(stop: AbortSignal): Promise<void>
  /** Sends one report and remembers it. Null: the outcome is unknown. */
  sendOne(device: number): Promise<Answer | null>
  /**
   * Compares the server with the memory, report by report; throws an AssertionError at the first lie. Asking for the
   * count of submissions marks a device as seen, which a full disk refuses: hence `withoutCounts`.
   */
  verify(how?: { withoutCounts: boolean }): Promise<void>
  /** Promises given so far. */
  acknowledged(): number
  /** Forgets that reports newer than this mark were promised: for tests that destroy what was on the disk. */
  forgive(mark: number): void
  /** Stands for "everything sent until now". */
  mark(): number
}

const UNKNOWN = 0
const REFUSED = -1

interface Memory {
  /** Instant → the mark under which it was acknowledged, `UNKNOWN` or `REFUSED`. */
  readonly sent: Map<number, number>
  newest: number
}

/**
 * No report is ever sent twice and no two of a device share an instant, so what is stored twice shows as a
 * submission too many. One in eight is old and out of order.
 */
export function witness(fleet: Fleet, devices: number, seed: number): Witness {
  const memories: Memory[] = Array.from({ length: devices }, () => ({ sent: new Map(), newest: 0 }))
  const random = randomStream(seed)
  let clock = 0

  const sendOne = async (device: number): Promise<Answer | null> => {
    const memory = memories[device]
    assert.ok(memory)
    const time = nextInstant(memory, random)
    memory.sent.set(time, UNKNOWN)
    const answer = await fleet.send(device, fleet.reportAt(device, time)).catch(() => null)
    if (answer === 'acknowledged') memory.sent.set(time, (clock += 1))
    else if (answer !== null) memory.sent.set(time, REFUSED)
    return answer
  }

  return {
    sendOne,
    sendUntil: async (stop) => {
      const talk = async (device: number): Promise<void> => {
        while (!stop.aborted) {
          // A dead server refuses at once: no reason to turn in circles.
          if ((await sendOne(device)) !== 'acknowledged') await pause(20)
        }
      }
      await Promise.all(memories.map((_, device) => talk(device)))
    },
    verify: async (how) => {
      let next = 0
      const worker = async (): Promise<void> => {
        for (let device = next++; device < devices; device = next++) {
          const sent = memories[device]?.sent
          if (!sent || sent.size === 0) continue
          const stored = await verifyReports(fleet, device, sent)
          if (!how?.withoutCounts) await verifyCount(fleet, device, stored)
        }
      }
      await Promise.all(Array.from({ length: CHECKS_AT_ONCE }, worker))
    },
    acknowledged: () => memories.reduce((sum, { sent }) => sum + promised(sent), 0),
    mark: () => clock,
    forgive: (mark) => {
      for (const { sent } of memories) {
        for (const [time, at] of sent) if (at > mark) sent.set(time, UNKNOWN)
      }
    },
  }
}

/** @returns how many reports of the device are stored */
async function verifyReports(
  fleet: Fleet,
  device: number,
  sent: ReadonlyMap<number, number>,
): Promise<number> {
  const found = new Set<number>()
  for await (const report of fleet.readBack(device, { from: 0, to: Date.now() + DAY })) {
    const told = `device ${device} at ${new Date(report.time).toISOString()}`
    assert.ok(sent.has(report.time), `${told}: stored, but never sent`)
    assert.notEqual(sent.get(report.time), REFUSED, `${told}: stored, although it was refused`)
    assert.ok(!found.has(report.time), `${told}: read twice`)
    assert.equal(difference(fleet.reportAt(device, report.time), report), null, told)
    found.add(report.time)
  }
  for (const [time, at] of sent) {
    const told = `device ${device} at ${new Date(time).toISOString()}`
    if (at > UNKNOWN) assert.ok(found.has(time), `${told}: acknowledged, but not there`)
  }
  return found.size
}

async function verifyCount(fleet: Fleet, device: number, stored: number): Promise<void> {
  const counted = await fleet.submissions(device)
  assert.equal(counted, stored, `device ${device}: submissions counted beside reports stored`)
}

function nextInstant(memory: Memory, random: () => number): number {
  const now = Date.now()
  const late = now - Math.floor(random() * 20 * DAY)
  const time = random() < 0.125 && !memory.sent.has(late) ? late : Math.max(now, memory.newest + 1)
  memory.newest = Math.max(memory.newest, time)
  return time
}

function promised(sent: ReadonlyMap<number, number>): number {
  let count = 0
  for (const at of sent.values()) if (at > UNKNOWN) count += 1
  return count
}
