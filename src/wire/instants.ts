/** Instants on the wires: whole milliseconds UTC, from 1970-01-01 up to the end of the year 9998 (shared model, section 6). */
export const LAST_INSTANT = Date.UTC(9999, 0, 1) - 1

const MINUTE = 60_000
const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: MINUTE,
  h: 60 * MINUTE,
  d: 24 * 60 * MINUTE,
  w: 7 * 24 * 60 * MINUTE,
}

// A `+` offset that was not encoded in a query string arrives as a blank.
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?(?:([Zz])|([+\- ])(\d\d)(?::?(\d\d))?)?)?$/

/** Milliseconds of an ISO 8601 date and time of any year; without a zone UTC. Null when it is none, or no such day exists. */
function parseIso(text: string): number | null {
  const match = ISO.exec(text)
  if (match === null) return null
  const [
    ,
    year,
    month,
    day,
    hour = '0',
    minute = '0',
    second = '0',
    fraction = '',
    ,
    sign,
    zoneHour,
    zoneMinute = '0',
  ] = match
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day))
  // Date.UTC rolls the 31st of April over into May, and reads years below 100 as 19xx.
  if (Number(month) < 1 || Number(month) > 12 || new Date(midnight).getUTCDate() !== Number(day)) return null
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null
  const ofDay = Number(hour) * 3_600_000 + Number(minute) * MINUTE + Number(second) * 1000
  const local = midnight + ofDay + Number(fraction.padEnd(3, '0').slice(0, 3))
  if (Number(year) < 1900) return -1
  if (sign === undefined) return local
  if (Number(zoneHour) > 23 || Number(zoneMinute) > 59) return null
  const offset = (Number(zoneHour) * 60 + Number(zoneMinute)) * MINUTE
  return sign === '-' ? local + offset : local - offset
}

const isInstant = (time: number): boolean => time >= 0 && time <= LAST_INSTANT

/** An ISO 8601 text inside the range of instants, else null. */
export function parseInstant(text: string): number | null {
  const time = parseIso(text)
  return time !== null && isInstant(time) ? time : null
}

/** An epoch number: seconds below 10^10, else milliseconds. Null outside the range of instants. */
export function parseEpoch(value: number): number | null {
  const time = Math.round(value < 1e10 ? value * 1000 : value)
  return isInstant(time) ? time : null
}

/**
 * A bound of a range: `-<n>m|h|d|w` before `now`, `now`, or ISO 8601. Bounds outside the range of instants
 * are moved to its end, since they still say what is meant. Null for anything else.
 */
export function parseBound(text: string, now: number): number | null {
  const trimmed = text.trim()
  if (trimmed === 'now') return now
  const relative = /^-(\d+)([mhdw])$/.exec(trimmed)
  const time =
    relative === null ? parseIso(trimmed) : now - Number(relative[1]) * (UNITS[relative[2] ?? ''] ?? 0)
  return time === null ? null : Math.min(Math.max(time, 0), LAST_INSTANT)
}

/** The milliseconds of `<n>s|m|h|d`, n at least 1. Null for anything else and for what no clock can hold. */
export function parseDuration(text: string): number | null {
  const match = /^(\d{1,9})([smhd])$/.exec(text)
  const length = match === null ? 0 : Number(match[1]) * (UNITS[match[2] ?? ''] ?? 0)
  return length > 0 && length <= LAST_INSTANT ? length : null
}

let lastTime = Number.NaN
let lastText = ''

/** `2025-11-23T14:30:00.000Z`. The same instant twice in a row, as under load, costs nothing. */
export function isoTime(time: number): string {
  if (time !== lastTime) {
    lastText = new Date(time).toISOString()
    lastTime = time
  }
  return lastText
}
