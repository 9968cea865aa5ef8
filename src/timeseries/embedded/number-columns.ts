import type { ByteSink, ByteSource } from './byte-stream.ts'

/** Columns of numbers inside a chunk: whole numbers in the narrowest width, doubles as decimals or XORed bytes. */

const WIDTH_NONE = 0
const WIDTH_DOUBLE = 8

function widthOf(largest: number): number {
  if (largest === 0) return WIDTH_NONE
  if (largest <= 0x7f) return 1
  if (largest <= 0x7fff) return 2
  return largest <= 0x7fff_ffff ? 4 : WIDTH_DOUBLE
}

/** Writes whole numbers (absolute value up to 2^53). Wider ones go in byte planes, which compress better. */
export function writeIntegers(sink: ByteSink, values: Float64Array, count: number): void {
  let largest = 0
  for (let index = 0; index < count; index += 1) {
    const size = Math.abs(values[index] ?? 0)
    if (size > largest) largest = size
  }
  const width = widthOf(largest)
  sink.byte(width)
  if (width === WIDTH_DOUBLE) for (let index = 0; index < count; index += 1) sink.float(values[index] ?? 0)
  else if (width !== WIDTH_NONE) writePlanes(sink.claim(count * width), values, { count, width })
}

function writePlanes(into: Uint8Array, values: Float64Array, shape: { count: number; width: number }): void {
  const { count, width } = shape
  for (let index = 0; index < count; index += 1) {
    const value = values[index] ?? 0
    for (let plane = 0; plane < width; plane += 1) into[plane * count + index] = value >> (8 * plane)
  }
}

/** Reads what writeIntegers wrote into the first `count` places. */
export function readIntegers(source: ByteSource, into: Float64Array, count: number): void {
  const width = source.byte()
  if (width === WIDTH_NONE) {
    into.fill(0, 0, count)
    return
  }
  if (width === WIDTH_DOUBLE) {
    for (let index = 0; index < count; index += 1) into[index] = source.float()
    return
  }
  const bytes = source.take(count * width)
  if (width === 1) readBytes(bytes, into, count)
  else if (width === 2) readPairs(bytes, into, count)
  else readQuads(bytes, into, count)
}

function readBytes(bytes: Uint8Array, into: Float64Array, count: number): void {
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, count)
  for (let index = 0; index < count; index += 1) into[index] = signed[index] as number
}

function readPairs(bytes: Uint8Array, into: Float64Array, count: number): void {
  for (let index = 0; index < count; index += 1) {
    into[index] = (((bytes[count + index] as number) << 24) >> 16) | (bytes[index] as number)
  }
}

function readQuads(bytes: Uint8Array, into: Float64Array, count: number): void {
  for (let index = 0; index < count; index += 1) {
    into[index] =
      ((bytes[3 * count + index] as number) << 24) |
      ((bytes[2 * count + index] as number) << 16) |
      ((bytes[count + index] as number) << 8) |
      (bytes[index] as number)
  }
}

const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]
const RAW = 255
/** Differences of two scaled values must stay exact. */
const LARGEST_SCALED = 2 ** 51

/** Writes doubles exactly, −0 included: as scaled decimals with deltas where that is lossless, else XORed. */
export function writeDoubles(sink: ByteSink, values: Float64Array, count: number): void {
  const scale = decimalScale(values, count)
  const deltas = scratch(count)
  if (scale !== RAW && scaledDeltas(values, deltas, { count, power: POWERS[scale] ?? 1 })) {
    sink.byte(scale)
    sink.signed(deltas[0] ?? 0)
    writeIntegers(sink, deltas.subarray(1), Math.max(0, count - 1))
  } else {
    sink.byte(RAW)
    writeXored(sink, values, count)
  }
}

let scratchColumn = new Float64Array(2048)
function scratch(count: number): Float64Array {
  if (scratchColumn.length < count) scratchColumn = new Float64Array(count * 2)
  return scratchColumn
}

function decimalScale(values: Float64Array, count: number): number {
  let scale = 0
  for (let index = 0; index < count; index += 1) {
    const value = values[index] ?? 0
    for (;;) {
      const power = POWERS[scale]
      if (power === undefined) return RAW
      if (Math.round(value * power) / power === value) break
      scale += 1
    }
  }
  return scale
}

function scaledDeltas(
  values: Float64Array,
  deltas: Float64Array,
  shape: { count: number; power: number },
): boolean {
  const { count, power } = shape
  let previous = 0
  for (let index = 0; index < count; index += 1) {
    const value = values[index] ?? 0
    const scaled = Math.round(value * power)
    if (scaled / power !== value || Object.is(value, -0) || Math.abs(scaled) > LARGEST_SCALED) return false
    deltas[index] = scaled - previous
    previous = scaled
  }
  return true
}

function writeXored(sink: ByteSink, values: Float64Array, count: number): void {
  const words = new Uint32Array(new Float64Array(values.subarray(0, count)).buffer)
  const into = sink.claim(count * 8)
  let low = 0
  let high = 0
  for (let index = 0; index < count; index += 1) {
    const nextLow = words[2 * index] ?? 0
    const nextHigh = words[2 * index + 1] ?? 0
    for (let plane = 0; plane < 4; plane += 1) {
      into[plane * count + index] = (nextLow ^ low) >>> (8 * plane)
      into[(plane + 4) * count + index] = (nextHigh ^ high) >>> (8 * plane)
    }
    low = nextLow
    high = nextHigh
  }
}

/** Reads what writeDoubles wrote into the first `count` places. */
export function readDoubles(source: ByteSource, into: Float64Array, count: number): void {
  const scale = source.byte()
  if (scale === RAW) {
    readXored(source.take(count * 8), into, count)
    return
  }
  const power = POWERS[scale]
  if (power === undefined) throw new RangeError('stored numbers have an unknown scale')
  let scaled = source.signed()
  if (count === 0) {
    source.byte()
    return
  }
  readIntegers(source, into.subarray(1), count - 1)
  into[0] = scaled / power
  for (let index = 1; index < count; index += 1) {
    scaled += into[index] as number
    into[index] = scaled / power
  }
}

function readXored(bytes: Uint8Array, into: Float64Array, count: number): void {
  const words = new Uint32Array(count * 2)
  let low = 0
  let high = 0
  for (let index = 0; index < count; index += 1) {
    for (let plane = 0; plane < 4; plane += 1) {
      low ^= (bytes[plane * count + index] as number) << (8 * plane)
      high ^= (bytes[(plane + 4) * count + index] as number) << (8 * plane)
    }
    words[2 * index] = low
    words[2 * index + 1] = high
  }
  into.set(new Float64Array(words.buffer))
}

/** Writes rising instants without the first one: their common unit, the first step, and how each step changes. */
export function writeTimes(sink: ByteSink, times: Float64Array, count: number): void {
  if (count < 2) return
  const unit = commonUnit(times, count)
  const changes = scratch(count)
  const first = ((times[1] ?? 0) - (times[0] ?? 0)) / unit
  let previous = first
  for (let index = 2; index < count; index += 1) {
    const step = ((times[index] ?? 0) - (times[index - 1] ?? 0)) / unit
    changes[index - 2] = step - previous
    previous = step
  }
  sink.varint(unit)
  sink.varint(first)
  writeIntegers(sink, changes, count - 2)
}

/** The greatest common divisor of all steps; 1 where all instants are equal. */
function commonUnit(times: Float64Array, count: number): number {
  let unit = 0
  for (let index = 1; index < count && unit !== 1; index += 1) {
    let step = (times[index] ?? 0) - (times[index - 1] ?? 0)
    while (step !== 0) {
      const rest = unit % step
      unit = step
      step = rest
    }
  }
  return unit === 0 ? 1 : unit
}

export function readTimes(
  source: ByteSource,
  into: Float64Array,
  shape: { count: number; start: number },
): void {
  const { count, start } = shape
  if (count === 0) return
  into[0] = start
  if (count < 2) return
  const unit = source.varint()
  let step = source.varint() * unit
  let time = start + step
  into[1] = time
  readIntegers(source, into.subarray(2), count - 2)
  for (let index = 2; index < count; index += 1) {
    step += (into[index] as number) * unit
    time += step
    into[index] = time
  }
}
