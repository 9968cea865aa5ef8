import { CoreError } from '../../core/errors.ts'
import type { Entry } from '../../core/telemetry/store.ts'
import type { Limits } from './catalogue.ts'

/** The last millisecond of the year 9998. */
const LAST_INSTANT = Date.UTC(9999, 0, 1) - 1
const LARGEST_DEVICE = 2 ** 32 - 1

const refuse = (field: string, reason: string) => new CoreError('invalid_input', { field, reason })

const isInstant = (time: number) => Number.isInteger(time) && time >= 0 && time <= LAST_INSTANT

/**
 * Refuses what must never reach the file. The dialects have checked their messages; this is the last door.
 * @throws CoreError invalid_input, too_large
 */
export function admit(entries: readonly Entry[], limits: Limits): void {
  let points = 0
  let bytes = 0
  for (const entry of entries) {
    if (!Number.isInteger(entry.device) || entry.device < 0 || entry.device > LARGEST_DEVICE) {
      throw refuse('device', 'not a device number')
    }
    if (!isInstant(entry.time)) throw refuse('time', 'not a whole millisecond from 1970 to 9998')
    if (!isInstant(entry.received)) throw refuse('received', 'not a whole millisecond from 1970 to 9998')
    for (const { value } of entry.readings) {
      if (typeof value === 'number' && !Number.isFinite(value)) throw refuse('value', 'not a finite number')
    }
    points += entry.readings.length
    bytes += entry.body.length
  }
  if (points > limits.pointsPerAppend)
    throw new CoreError('too_large', { what: 'points', limit: limits.pointsPerAppend })
  if (bytes > limits.bytesPerAppend)
    throw new CoreError('too_large', { what: 'bytes', limit: limits.bytesPerAppend })
}
