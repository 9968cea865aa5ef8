import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { ByteSink, ByteSource } from './byte-stream.ts'
import { type Columns, JSON_TEXT, NUMBER } from './columns.ts'
import {
  readDoubles,
  readIntegers,
  readTimes,
  writeDoubles,
  writeIntegers,
  writeTimes,
} from './number-columns.ts'

/**
 * A chunk's bytes: one byte "plain or zstd", then flags and the columns: times, numbers, types, texts, attributes,
 * sequences. The first instant, the count and the summary stand in the chunk's row.
 */

const PLAIN = 0
const ZSTD = 1

const HAS_TYPES = 1
const HAS_ATTRIBUTES = 2
const HAS_SEQUENCES = 4

/** What a chunk's row says about its points, so that most questions need not open it. */
export interface ChunkSummary {
  readonly start: number
  readonly end: number
  readonly count: number
  /** How many are numbers; the five members below speak of those, and are 0 without any. */
  readonly numbers: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly first: number
  readonly last: number
  readonly sequence: number
  /** One attribute id for all points, or pairs (id, count). */
  readonly attributes: number | Uint8Array
}

export interface EncodedChunk extends ChunkSummary {
  readonly data: Uint8Array
}

export interface ChunkSlice {
  readonly from: number
  readonly to: number
  /** `keep` series store each point's sequence, `replace` series the largest one only. */
  readonly keepSequences: boolean
}

const sink = new ByteSink()

/** Encodes points [from, to) of sorted columns; at least one point. */
export function encodeChunk(points: Columns, slice: ChunkSlice): EncodedChunk {
  const count = slice.to - slice.from
  const times = points.times.subarray(slice.from, slice.to)
  const summary = summarize(points, slice)
  const mixed = summary.numbers < count
  const varied = typeof summary.attributes !== 'number'
  sink.reset()
  sink.byte(
    (mixed ? HAS_TYPES : 0) | (varied ? HAS_ATTRIBUTES : 0) | (slice.keepSequences ? HAS_SEQUENCES : 0),
  )
  writeTimes(sink, times, count)
  if (mixed) writeMixed(points, slice)
  else writeDoubles(sink, points.values.subarray(slice.from, slice.to), count)
  sink.varint(summary.constant)
  if (varied)
    writeIntegers(
      sink,
      Float64Array.from({ length: count }, (_, i) => attributeAt(points, slice.from + i)),
      count,
    )
  if (slice.keepSequences) writeSequences(points, slice)
  return { ...summary, data: compress(sink.written()) }
}

function compress(plain: Uint8Array): Uint8Array {
  const packed = zstdCompressSync(plain)
  const smaller = packed.length < plain.length ? packed : plain
  const data = new Uint8Array(smaller.length + 1)
  data[0] = smaller === packed ? ZSTD : PLAIN
  data.set(smaller, 1)
  return data
}

const typeAt = (points: Columns, index: number): number =>
  points.types === null ? NUMBER : (points.types[index] ?? NUMBER)
const attributeAt = (points: Columns, index: number): number =>
  points.attributes === null ? points.attribute : (points.attributes[index] ?? 0)

/** Numbers first, then one byte of type a point, then the booleans and texts in order. */
function writeMixed(points: Columns, slice: ChunkSlice): void {
  const numbers: number[] = []
  const texts: string[] = []
  const types = new Uint8Array(slice.to - slice.from)
  for (let index = slice.from; index < slice.to; index += 1) {
    const type = typeAt(points, index)
    const value = points.values[index] ?? 0
    types[index - slice.from] = type
    if (type === JSON_TEXT) texts.push(points.texts[value] ?? 'null')
    else numbers.push(value)
  }
  sink.append(types)
  sink.varint(numbers.length)
  writeDoubles(sink, Float64Array.from(numbers), numbers.length)
  const encoded = texts.map((text) => Buffer.from(text))
  for (const text of encoded) sink.varint(text.length)
  for (const text of encoded) sink.append(text)
}

function writeSequences(points: Columns, slice: ChunkSlice): void {
  const count = slice.to - slice.from
  const deltas = new Float64Array(count)
  let previous = 0
  for (let index = 0; index < count; index += 1) {
    const at = slice.from + index
    const sequence = points.sequences === null ? points.sequence : (points.sequences[at] ?? 0)
    deltas[index] = sequence - previous
    previous = sequence
  }
  sink.varint(deltas[0] ?? 0)
  writeIntegers(sink, deltas.subarray(1), count - 1)
}

type Summary = { -readonly [member in keyof ChunkSummary]: ChunkSummary[member] } & { constant: number }

function summarize(points: Columns, slice: ChunkSlice): Summary {
  const summary: Summary = {
    start: points.times[slice.from] ?? 0,
    end: points.times[slice.to - 1] ?? 0,
    count: slice.to - slice.from,
    numbers: 0,
    sum: 0,
    min: 0,
    max: 0,
    first: 0,
    last: 0,
    sequence: 0,
    attributes: 0,
    constant: 0,
  }
  for (let index = slice.from; index < slice.to; index += 1) {
    const sequence = points.sequences === null ? points.sequence : (points.sequences[index] as number)
    if (sequence > summary.sequence) summary.sequence = sequence
    if (typeAt(points, index) === NUMBER) addNumber(summary, points.values[index] as number)
  }
  summary.constant = attributeAt(points, slice.from)
  summary.attributes = histogramOf(points, slice) ?? summary.constant
  return summary
}

/** Pairs (attribute id, count); null where all points have the same. */
function histogramOf(points: Columns, { from, to }: ChunkSlice): Uint8Array | null {
  const { attributes } = points
  if (attributes === null || attributes.subarray(from, to).every((own) => own === attributes[from]))
    return null
  const histogram = new Map<number, number>()
  for (const own of attributes.subarray(from, to)) histogram.set(own, (histogram.get(own) ?? 0) + 1)
  return new Uint8Array(Uint32Array.from([...histogram].flat()).buffer)
}

function addNumber(summary: Summary, value: number): void {
  if (summary.numbers === 0) {
    summary.first = value
    summary.min = value
    summary.max = value
  }
  summary.numbers += 1
  summary.sum += value
  summary.last = value
  if (value < summary.min) summary.min = value
  if (value > summary.max) summary.max = value
}

/** Calls back with (attribute id, number of points) of a chunk. */
export function eachAttribute(
  chunk: Pick<ChunkSummary, 'attributes' | 'count'>,
  call: (id: number, count: number) => void,
): void {
  if (typeof chunk.attributes === 'number') {
    call(chunk.attributes, chunk.count)
    return
  }
  const pairs = new Uint32Array(new Uint8Array(chunk.attributes).buffer)
  for (let index = 0; index + 1 < pairs.length; index += 2) call(pairs[index] ?? 0, pairs[index + 1] ?? 0)
}

/** What decoding needs from the chunk's row. */
export interface ChunkShape {
  readonly start: number
  readonly count: number
  readonly sequence: number
}

/** Decodes a chunk into fresh columns. */
export function decodeChunk(data: Uint8Array, shape: ChunkShape): Columns {
  const { count } = shape
  const source =
    data[0] === ZSTD ? new ByteSource(zstdDecompressSync(data.subarray(1))) : new ByteSource(data, 1)
  const flags = source.byte()
  const times = new Float64Array(count)
  const values = new Float64Array(count)
  readTimes(source, times, shape)
  let mixed: { types: Uint8Array; texts: string[] } | null = null
  if ((flags & HAS_TYPES) === 0) readDoubles(source, values, count)
  else mixed = readMixed(source, values, count)
  const attribute = source.varint()
  let attributes: Uint16Array | null = null
  if ((flags & HAS_ATTRIBUTES) !== 0) {
    const wide = new Float64Array(count)
    readIntegers(source, wide, count)
    attributes = Uint16Array.from(wide)
  }
  const sequences = (flags & HAS_SEQUENCES) === 0 ? null : readSequences(source, count)
  return {
    count,
    times,
    values,
    types: mixed?.types ?? null,
    attributes,
    attribute,
    sequences,
    sequence: shape.sequence,
    texts: mixed?.texts ?? [],
  }
}

function readMixed(
  source: ByteSource,
  values: Float64Array,
  count: number,
): { types: Uint8Array; texts: string[] } {
  const types = Uint8Array.from(source.take(count))
  const numbers = new Float64Array(source.varint())
  readDoubles(source, numbers, numbers.length)
  const lengths: number[] = []
  for (const type of types) if (type === JSON_TEXT) lengths.push(source.varint())
  const texts = lengths.map((length) => Buffer.from(source.take(length)).toString())
  let number = 0
  let text = 0
  for (let index = 0; index < count; index += 1) {
    if (types[index] === JSON_TEXT) values[index] = text++
    else values[index] = numbers[number++] ?? 0
  }
  return { types, texts }
}

function readSequences(source: ByteSource, count: number): Float64Array {
  const sequences = new Float64Array(count)
  let sequence = source.varint()
  readIntegers(source, sequences.subarray(1), count - 1)
  sequences[0] = sequence
  for (let index = 1; index < count; index += 1) {
    sequence += sequences[index] as number
    sequences[index] = sequence
  }
  return sequences
}
