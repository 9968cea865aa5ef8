import type { Value } from '../../core/telemetry/store.ts'

/** Value types as numbers; they stand in files, so they never change. */
export const NUMBER = 0
/** The value column holds 0 or 1. */
export const BOOLEAN = 1
/** Strings, objects and arrays: the value column holds an index into `texts`, where the value stands as JSON. */
export const JSON_TEXT = 2

/** Points in columns, ascending by (time, sequence). A null column is constant: the member beside it has the value. */
export interface Columns {
  readonly count: number
  readonly times: Float64Array
  readonly values: Float64Array
  /** Null: all are numbers. */
  readonly types: Uint8Array | null
  readonly attributes: Uint16Array | null
  readonly attribute: number
  readonly sequences: Float64Array | null
  readonly sequence: number
  readonly texts: readonly string[]
}

/** The value of a point as its caller sees it. */
export function valueOf(type: number, value: number, texts: readonly string[]): Value {
  if (type === NUMBER) return value
  if (type === BOOLEAN) return value === 1
  return JSON.parse(texts[value] ?? 'null') as Value
}

/** Growing columns, all of them present: where points of several sources are merged. */
export class PointBuffer implements Columns {
  count = 0
  times: Float64Array
  values: Float64Array
  types: Uint8Array
  attributes: Uint16Array
  sequences: Float64Array
  readonly texts: string[] = []
  readonly attribute = 0
  readonly sequence = 0

  constructor(capacity = 1024) {
    this.times = new Float64Array(capacity)
    this.values = new Float64Array(capacity)
    this.types = new Uint8Array(capacity)
    this.attributes = new Uint16Array(capacity)
    this.sequences = new Float64Array(capacity)
  }

  clear(): void {
    this.count = 0
    this.texts.length = 0
  }

  reserve(more: number): void {
    const needed = this.count + more
    if (needed <= this.times.length) return
    const capacity = Math.max(needed, this.times.length * 2)
    this.times = grown(this.times, new Float64Array(capacity))
    this.values = grown(this.values, new Float64Array(capacity))
    this.types = grown(this.types, new Uint8Array(capacity))
    this.attributes = grown(this.attributes, new Uint16Array(capacity))
    this.sequences = grown(this.sequences, new Float64Array(capacity))
  }

  /** Copies one point of other columns behind the last one. */
  push(from: Columns, index: number): void {
    this.reserve(1)
    this.set(this.count, from, index)
    this.count += 1
  }

  /** Puts a point over the last one: a later sequence at the same instant of a `replace` series. */
  replaceLast(from: Columns, index: number): void {
    this.set(this.count - 1, from, index)
  }

  private set(at: number, from: Columns, index: number): void {
    const type = from.types === null ? NUMBER : (from.types[index] ?? NUMBER)
    let value = from.values[index] ?? 0
    if (type === JSON_TEXT) value = this.texts.push(from.texts[value] ?? 'null') - 1
    this.times[at] = from.times[index] ?? 0
    this.values[at] = value
    this.types[at] = type
    this.attributes[at] = from.attributes === null ? from.attribute : (from.attributes[index] ?? 0)
    this.sequences[at] = from.sequences === null ? from.sequence : (from.sequences[index] ?? 0)
  }
}

/** Copies the old elements into a larger typed array and returns it. */
export function grown<T extends Float64Array | Uint32Array | Uint16Array | Uint8Array>(old: T, larger: T): T {
  larger.set(old)
  return larger
}

/** The first index whose time is not below `time`. */
export function lowerBound(times: Float64Array, count: number, time: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle] ?? 0) < time) low = middle + 1
    else high = middle
  }
  return low
}

/** The first index whose time is above `time`. */
export function upperBound(times: Float64Array, count: number, time: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle] ?? 0) <= time) low = middle + 1
    else high = middle
  }
  return low
}
