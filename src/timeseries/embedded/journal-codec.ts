import type { Entry, Reading, Value } from '../../core/telemetry/store.ts'
import { BOOLEAN, JSON_TEXT, NUMBER } from './columns.ts'

/**
 * One append in two blobs. The first holds what a start needs (entries and points in columns), the second what only
 * the log needs (kinds, keys, bodies). Both are little-endian and read in place.
 */

/** The entry moved `last_seen`. */
export const SEEN = 1
/** The entry stands in the log. */
export const LOGGED = 2

const HAS_TYPES = 1
const HAS_ATTRIBUTES = 2
const HEADER = 32

export interface Batch {
  readonly entries: number
  readonly points: number
  readonly entryTime: Float64Array
  readonly entryReceived: Float64Array
  readonly entryDevice: Uint32Array
  /** The device's hidden series plus one; 0: not a submission. */
  readonly entrySubmission: Uint32Array
  readonly entryPoints: Uint32Array
  readonly entryFlags: Uint8Array
  readonly series: Uint32Array
  readonly values: Float64Array
  readonly types: Uint8Array | null
  readonly attributes: Uint16Array | null
  readonly attribute: number
  readonly texts: readonly string[]
}

/** Gives names their numbers, makes new ones, and refuses what exceeds a limit by throwing. */
export interface Numbering {
  submission(entry: Entry): number
  /** Fills the series and attribute numbers of the entry's readings in, from `at` on. */
  readings(entry: Entry, into: Pick<Batch, 'series' | 'attributes'>, from: number): void
  kind(kind: string): number
  dialect(entry: Entry): number
}

interface Layout {
  readonly entries: number
  readonly points: number
  readonly flags: number
  readonly texts: number
}

/** Byte offsets of the columns, widest first so that each is aligned. */
function offsets({ entries, points, flags, texts }: Layout) {
  const received = HEADER + entries * 8
  const values = received + entries * 8
  const device = values + points * 8
  const submission = device + entries * 4
  const counts = submission + entries * 4
  const series = counts + entries * 4
  const textLengths = series + points * 4
  const attributes = textLengths + texts * 4
  const entryFlags = attributes + ((flags & HAS_ATTRIBUTES) === 0 ? 0 : points * 2)
  const types = entryFlags + entries
  const end = types + ((flags & HAS_TYPES) === 0 ? 0 : points)
  return {
    time: HEADER,
    received,
    values,
    device,
    submission,
    counts,
    series,
    textLengths,
    attributes,
    entryFlags,
    types,
    end,
  }
}

interface Scanned extends Layout {
  readonly encoded: readonly Uint8Array[]
}

/** What decides the layout: how much there is, and whether all values are numbers without attributes. */
function scan(entries: readonly Entry[]): Scanned {
  const encoded: Uint8Array[] = []
  let points = 0
  let flags = 0
  for (const { readings } of entries) {
    points += readings.length
    for (const { value, attributes } of readings) {
      if (attributes !== undefined) flags |= HAS_ATTRIBUTES
      if (typeof value === 'number') continue
      flags |= HAS_TYPES
      if (typeof value !== 'boolean') encoded.push(Buffer.from(JSON.stringify(value)))
    }
  }
  return { entries: entries.length, points, flags, texts: encoded.length, encoded }
}

/** Encodes the readings and entry columns; @throws what the numbering throws, nothing is kept then. */
export function encodePoints(entries: readonly Entry[], numbering: Numbering): Uint8Array<ArrayBuffer> {
  const layout = scan(entries)
  const { encoded } = layout
  const place = offsets(layout)
  const textBytes = encoded.reduce((sum, text) => sum + text.length, 0)
  const bytes = new Uint8Array(place.end + textBytes)
  const header = new Uint32Array(bytes.buffer, 0, HEADER / 4)
  header.set([1, entries.length, layout.points, layout.flags, 0, encoded.length, textBytes, 0])
  writeEntries(entries, viewColumns(bytes, layout, 0), numbering)
  const lengths = new Uint32Array(bytes.buffer, place.textLengths, encoded.length)
  let end = place.end
  encoded.forEach((text, index) => {
    lengths[index] = text.length
    bytes.set(text, end)
    end += text.length
  })
  return bytes
}

function writeEntries(entries: readonly Entry[], batch: Batch, numbering: Numbering): void {
  const { values, types } = batch
  let at = 0
  let text = 0
  for (let index = 0; index < entries.length; index += 1) {
    const entry = entries[index] as Entry
    const { readings } = entry
    batch.entryTime[index] = entry.time
    batch.entryReceived[index] = entry.received
    batch.entryDevice[index] = entry.device
    batch.entryPoints[index] = readings.length
    batch.entryFlags[index] = (entry.seen === false ? 0 : SEEN) | (entry.kind === 'presence' ? 0 : LOGGED)
    batch.entrySubmission[index] = entry.kind === 'uplink' ? numbering.submission(entry) + 1 : 0
    numbering.readings(entry, batch, at)
    for (let place = 0; place < readings.length; place += 1) {
      const value = (readings[place] as Reading).value
      if (typeof value === 'number') values[at] = value
      else values[at] = typeof value === 'boolean' ? Number(value) : text++
      if (types !== null) types[at] = typeNumber(value)
      at += 1
    }
  }
}

function typeNumber(value: Value): number {
  if (typeof value === 'number') return NUMBER
  return typeof value === 'boolean' ? BOOLEAN : JSON_TEXT
}

function viewColumns(bytes: Uint8Array<ArrayBuffer>, layout: Layout, attribute: number): Batch {
  const place = offsets(layout)
  const { buffer } = bytes
  const { entries, points, flags } = layout
  return {
    entries,
    points,
    entryTime: new Float64Array(buffer, place.time, entries),
    entryReceived: new Float64Array(buffer, place.received, entries),
    entryDevice: new Uint32Array(buffer, place.device, entries),
    entrySubmission: new Uint32Array(buffer, place.submission, entries),
    entryPoints: new Uint32Array(buffer, place.counts, entries),
    entryFlags: new Uint8Array(buffer, place.entryFlags, entries),
    series: new Uint32Array(buffer, place.series, points),
    values: new Float64Array(buffer, place.values, points),
    types: (flags & HAS_TYPES) === 0 ? null : new Uint8Array(buffer, place.types, points),
    attributes: (flags & HAS_ATTRIBUTES) === 0 ? null : new Uint16Array(buffer, place.attributes, points),
    attribute,
    texts: [],
  }
}

/** Views an encoded batch; bytes that don't start at their buffer's start are copied. */
export function decodePoints(stored: Uint8Array): Batch {
  const bytes = ownBuffer(stored)
  const header = new Uint32Array(bytes.buffer, 0, HEADER / 4)
  const [version, entries = 0, points = 0, flags = 0, attribute = 0, textCount = 0] = header
  if (version !== 1) throw new RangeError('a journal row has an unknown version')
  const layout = { entries, points, flags, texts: textCount }
  const batch = viewColumns(bytes, layout, attribute)
  if (textCount === 0) return batch
  const place = offsets(layout)
  const lengths = new Uint32Array(bytes.buffer, place.textLengths, textCount)
  const texts: string[] = []
  let at = place.end
  for (const length of lengths) {
    texts.push(Buffer.from(bytes.buffer, at, length).toString())
    at += length
  }
  return { ...batch, texts }
}

function ownBuffer(stored: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = stored.byteOffset === 0 && stored.buffer instanceof ArrayBuffer
  return whole ? new Uint8Array(stored.buffer as ArrayBuffer, 0, stored.length) : new Uint8Array(stored)
}

/** The type of a batch's point. */
export const typeOf = (batch: Batch, index: number): number =>
  batch.types === null ? NUMBER : (batch.types[index] ?? NUMBER)

/** What the log keeps of the entries of a batch. */
export interface Bodies {
  readonly kinds: Uint16Array
  readonly dialects: Uint8Array
  readonly keys: readonly (string | null)[]
  readonly bodies: readonly Uint8Array[]
}

/** Layout: count, number of keys; lengths of bodies; (entry, length) of keys; kinds; dialects; keys; bodies. */
export function encodeBodies(entries: readonly Entry[], numbering: Numbering): Uint8Array<ArrayBuffer> {
  const keys: { entry: number; text: Buffer }[] = []
  let bodyBytes = 0
  let keyBytes = 0
  entries.forEach((entry, index) => {
    if (entry.kind === 'presence') return
    bodyBytes += entry.body.length
    if (entry.key === undefined) return
    const text = Buffer.from(JSON.stringify(entry.key.text))
    keyBytes += text.length
    keys.push({ entry: index, text })
  })
  const count = entries.length
  const bytes = new Uint8Array(8 + count * 7 + keys.length * 8 + keyBytes + bodyBytes)
  new Uint32Array(bytes.buffer, 0, 2).set([count, keys.length])
  const { lengths, keyTable, kinds, dialects, end } = bodyColumns(bytes, count, keys.length)
  let at = end
  keys.forEach(({ entry, text }, index) => {
    keyTable[2 * index] = entry
    keyTable[2 * index + 1] = text.length
    bytes.set(text, at)
    at += text.length
  })
  entries.forEach((entry, index) => {
    kinds[index] = numbering.kind(entry.kind)
    dialects[index] = numbering.dialect(entry)
    if (entry.kind === 'presence') return
    lengths[index] = entry.body.length
    bytes.set(entry.body, at)
    at += entry.body.length
  })
  return bytes
}

function bodyColumns(bytes: Uint8Array<ArrayBuffer>, count: number, keys: number) {
  const { buffer } = bytes
  const keyTable = 8 + count * 4
  const kinds = keyTable + keys * 8
  const dialects = kinds + count * 2
  return {
    lengths: new Uint32Array(buffer, 8, count),
    keyTable: new Uint32Array(buffer, keyTable, keys * 2),
    kinds: new Uint16Array(buffer, kinds, count),
    dialects: new Uint8Array(buffer, dialects, count),
    end: dialects + count,
  }
}

export function decodeBodies(stored: Uint8Array): Bodies {
  const bytes = ownBuffer(stored)
  const [count = 0, keyCount = 0] = new Uint32Array(bytes.buffer, 0, 2)
  const { lengths, keyTable, kinds, dialects, end } = bodyColumns(bytes, count, keyCount)
  const keys = Array.from<string | null>({ length: count }).fill(null)
  let at = end
  for (let index = 0; index < keyCount; index += 1) {
    const length = keyTable[2 * index + 1] ?? 0
    keys[keyTable[2 * index] ?? 0] = JSON.parse(Buffer.from(bytes.buffer, at, length).toString()) as string
    at += length
  }
  const bodies: Uint8Array[] = []
  for (const length of lengths) {
    bodies.push(bytes.subarray(at, at + length))
    at += length
  }
  return { kinds, dialects, keys, bodies }
}
