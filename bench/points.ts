import { chance } from '../src/simulate/random.ts'

export const METRICS = ['temperature', 'humidity', 'pressure'] as const

const MINUTE = 60_000
const DAY = 86_400_000
const LEVEL = [18, 52, 1003] as const

/** Sensor data as every store under test gets them: two decimals, one-minute steps, daily curve and noise. */
export interface PointSet {
  readonly devices: number
  /** Messages of each device. */
  readonly messages: number
  /** The first instant, milliseconds. */
  readonly start: number
  /** Between two messages of a device, milliseconds; a minute where it is not given. */
  readonly step?: number
}

export interface Message {
  /** Numbered from 1. */
  readonly device: number
  readonly time: number
  /** One value for each of `METRICS`. */
  readonly values: readonly number[]
}

/** All messages in the order in which they would arrive, in batches. */
export function* batches(set: PointSet, size: number): Generator<Message[]> {
  let batch: Message[] = []
  for (let turn = 0; turn < set.messages; turn += 1) {
    for (let device = 1; device <= set.devices; device += 1) {
      const time = set.start + turn * (set.step ?? MINUTE)
      batch.push({ device, time, values: METRICS.map((_, metric) => valueAt(device, metric, time)) })
      if (batch.length === size) {
        yield batch
        batch = []
      }
    }
  }
  if (batch.length > 0) yield batch
}

/** Values in the set: what the sections count as points. */
export function pointsOf(set: PointSet): number {
  return set.devices * set.messages * METRICS.length
}

function valueAt(device: number, metric: number, time: number): number {
  const own = chance(1, device, metric)
  const sun = Math.cos(((time % DAY) / DAY - 0.6) * 2 * Math.PI)
  const noise = chance(2, device, metric, time) - 0.5
  return Math.round(((LEVEL[metric] ?? 0) + 6 * own + (2 + 2 * own) * sun + 0.3 * noise) * 100) / 100
}
