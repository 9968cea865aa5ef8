/*
 * Schema-aware garbage: bodies that begin as what a route wants and are then spoilt, so that they get past the
 * first check and meet the second.
 */

/** A reproducible source of chance. */
export interface Chance {
  /** From 0 to below `below`. */
  int(below: number): number
  pick<T>(list: readonly T[]): T
  /** True once in `n` times. */
  once(n: number): boolean
}

/** Mulberry32: small, and the same everywhere. */
export function chance(seed: number): Chance {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const int = (below: number) => Math.floor(next() * below)
  return {
    int,
    pick<T>(list: readonly T[]): T {
      return list[int(list.length)] as T
    },
    once: (n) => int(n) === 0,
  }
}

/** The part of JSON Schema that the document uses. */
export interface Schema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
}

const deep = (levels: number): string => `${'['.repeat(levels)}1${']'.repeat(levels)}`

/** JSON texts that are no good anywhere, or only by accident. */
const NASTY: readonly string[] = [
  'null',
  'true',
  '0',
  '-1',
  '1e999',
  '-1e999',
  '1e-999',
  '9007199254740993',
  '0.1',
  '""',
  '" "',
  '"\\u0000"',
  '"\\ud800"',
  '"\\u202e"',
  '"\'; DROP TABLE devices; --"',
  '"<script>alert(1)</script>"',
  '"../../etc/passwd"',
  '"9999-12-31T23:59:59Z"',
  '"1969-12-31"',
  '"-1h"',
  '"now"',
  '[]',
  '{}',
  '[null]',
  '{"__proto__":{"is_admin":true}}',
  '{"constructor":{"prototype":{"x":1}}}',
  `"${'x'.repeat(10_000)}"`,
  deep(50),
  deep(20_000),
]

const MEMBERS = [
  '__proto__',
  'constructor',
  'toString',
  'id',
  'user_id',
  'is_admin',
  'status',
  '',
  'x'.repeat(200),
]

export function nasty(by: Chance): string {
  return by.once(200)
    ? `{${Array.from({ length: 10_000 }, (_, n) => `"m${n}":${n}`).join()}}`
    : by.pick(NASTY)
}

/** A JSON text that the schema describes, more or less. */
export function textFor(schema: Schema | undefined, by: Chance): string {
  if (schema === undefined || by.once(9)) return nasty(by)
  if (schema.enum !== undefined) return JSON.stringify(by.pick(schema.enum))
  if (schema.anyOf !== undefined) return textFor(by.pick(schema.anyOf), by)
  return textOfType(schema, by)
}

function textOfType(schema: Schema, by: Chance): string {
  switch (schema.type) {
    case 'object':
      return objectFor(schema, by)
    case 'array':
      return `[${Array.from({ length: by.int(4) }, () => textFor(schema.items, by)).join()}]`
    case 'string':
      return JSON.stringify(by.pick(['x', 'ö', 'a b', '#00ff00', '2025-11-23T14:00:00Z', 'b@example.org']))
    case 'integer':
    case 'number':
      return String(by.pick([0, 1, 2, 5, -3, 999_999, 1.5]))
    case 'boolean':
      return by.pick(['true', 'false'])
    case undefined:
    default:
      return by.once(2) ? '1' : nasty(by)
  }
}

function objectFor({ properties = {} }: Schema, by: Chance): string {
  const members = Object.entries(properties)
    .filter(() => !by.once(6))
    .map(([name, schema]) => `${JSON.stringify(name)}:${textFor(schema, by)}`)
  if (by.once(5)) members.push(`${JSON.stringify(by.pick(MEMBERS))}:${nasty(by)}`)
  if (Object.keys(properties).length === 0) members.push(`"t":${by.once(2) ? nasty(by) : '1.5'}`)
  return `{${members.join()}}`
}

/** Spoils a body on its way: cut off, doubled, with bytes that are no text. */
export function spoil(text: string, by: Chance): Buffer<ArrayBuffer> {
  const bytes = Buffer.from(text)
  if (!by.once(8)) return bytes
  switch (by.int(4)) {
    case 0:
      return bytes.subarray(0, by.int(bytes.length + 1))
    case 1:
      return Buffer.concat([bytes, bytes])
    case 2:
      return Buffer.concat([bytes.subarray(0, 3), Buffer.from([0xff, 0xfe, 0x00, 0x80]), bytes.subarray(3)])
    default:
      return Buffer.from(Array.from({ length: by.int(200) }, () => by.int(256)))
  }
}

export const CONTENT_TYPES = [
  'application/json',
  'application/json',
  'application/json',
  'application/json',
  'application/json',
  'application/json',
  'application/json',
  'application/json',
  'application/json; charset=utf-16',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'multipart/form-data',
  'json',
  ';;;',
  'a/b/c',
  'application/json; =',
]

export const SEGMENTS = [
  '0',
  '-1',
  '1.5',
  '999999',
  '99999999999999999999',
  'abc',
  '%00',
  '%zz',
  '%2e%2e',
  '..%2f..',
  'user',
  'status',
  '00000000000000000000000000000000',
  '%F0%9F%98%80',
  'x'.repeat(600),
  '__proto__',
]

export const QUERIES = [
  '',
  '',
  'limit=5&offset=1',
  'limit=-1&offset=-1',
  'limit=1e9',
  'limit=99999999999999999999',
  'offset=9007199254740991',
  'limit=a&limit=b',
  'status=%27&device_type=%00',
  'start_time=-1h&end_time=now',
  'start_time=%00&end_time=%ff',
  'start_time=0000-00-00&end_time=9999-99-99',
  'window=1s&start_time=1970-01-01',
  'window=999999999d&aggregation=sum',
  'aggregation=__proto__&field=__proto__',
  'field=' + 'x'.repeat(3000),
  '__proto__=1&constructor=2',
  'detailed=TRUE&include_devices=TRUE',
  '&&&===&',
]
