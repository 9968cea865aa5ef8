import { chance } from './random.ts'

/** What one device reports at one instant. */
export interface Report {
  /** Milliseconds since the epoch, UTC. */
  readonly time: number
  readonly values: Readonly<Record<string, number | string | boolean>>
}

const DAY = 86_400_000
const WEEK = 7 * DAY
const MOODS = ['ok', 'calibrating', 'low-light', 'door ajar', 'Übertemperatur'] as const

/**
 * What device number `device` measures at `time`: a pure function, so a check after the run needs to remember
 * instants only and can still compare every value. Daily curve, own level, slow drift, noise; now and then a
 * boolean or a text beside the numbers.
 */
export function reportAt(seed: number, device: number, time: number): Report {
  const own = (trait: number): number => chance(seed, device, trait)
  const noise = (trait: number): number => chance(seed, device, trait, time) - 0.5
  const sun = Math.cos(((time % DAY) / DAY - 0.625) * 2 * Math.PI)
  const drift = Math.sin((time / WEEK + own(1)) * 2 * Math.PI)
  const values: Record<string, number | string | boolean> = {
    temperature: rounded(14 + 12 * own(2) + (2 + 4 * own(3)) * sun + drift + 0.4 * noise(4), 2),
    humidity: rounded(55 + 20 * own(5) - 12 * sun + 2 * drift + 3 * noise(6), 1),
    battery: rounded(4.2 - 0.9 * (((time / WEEK + own(7)) % 8) / 8) + 0.01 * noise(8), 3),
  }
  if (chance(seed, device, 9, time) < 0.05) values['door_open'] = noise(10) > 0
  if (chance(seed, device, 11, time) < 0.02) values['note'] = mood(chance(seed, device, 12, time))
  return { time, values }
}

/** The first difference between two reports in one line, or null when they say the same. */
export function difference(expected: Report, found: Report): string | null {
  for (const [metric, value] of Object.entries(expected.values)) {
    const other = found.values[metric]
    if (other !== value) return `${metric} is ${JSON.stringify(other)} instead of ${JSON.stringify(value)}`
  }
  const extra = Object.keys(found.values).find((metric) => !(metric in expected.values))
  return extra === undefined ? null : `${extra} was never reported`
}

function mood(at: number): string {
  return MOODS[Math.floor(at * MOODS.length)] ?? MOODS[0]
}

function rounded(value: number, decimals: number): number {
  const scale = 10 ** decimals
  return Math.round(value * scale) / scale
}
