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
  const day = midnight(Number(match[1]), Number(match[2]), Number(match[3]))
  const ofDay = timeOfDay(match)
  const offset = zoneOffset(match)
  return day === null || ofDay === null || offset === null ? null : day + ofDay - offset
}

function midnight(year: number, month: number, day: number): number | null {
  // Date.UTC reads years below 100 as 19xx, so they go by way of a leap year 400 years later.
  const time = Date.UTC(year + 400, month - 1, day) - FOUR_CENTURIES
  // It rolls the 31st of April over into May.
  const exists = month >= 1 && month <= 12 && day >= 1 && new Date(time).getUTCDate() === day
  return exists ? time : null
}

const FOUR_CENTURIES = 146_097 * 24 * 60 * MINUTE

function timeOfDay([, , , , hour = '0', minute = '0', second = '0', fraction = '']: RegExpExecArray):
  | number
  | null {
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null
  const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3))
  return Number(hour) * 60 * MINUTE + Number(minute) * MINUTE + Number(second) * 1000 + milliseconds
}

function zoneOffset(match: RegExpExecArray): number | null {
  const [sign, hour = '0', minute = '0'] = match.slice(9)
  if (Number(hour) > 23 || Number(minute) > 59) return null
  const offset = (Number(hour) * 60 + Number(minute)) * MINUTE
  return sign === '-' ? -offset : offset
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
