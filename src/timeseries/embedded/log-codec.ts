import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { ByteSink, ByteSource } from './byte-stream.ts'
import type { LogRow } from './messages.ts'

/** A block of the log: entries in columns, then keys and bodies, all under one zstd frame. Kinds stay numbers. */
export interface BlockEntry extends Omit<LogRow, 'kind'> {
  readonly kind: number
}

const sink = new ByteSink()

/** Encodes entries of one dialect, sorted by (device, sequence). */
export function encodeLogBlock(entries: readonly BlockEntry[]): Uint8Array {
  sink.reset()
  sink.varint(entries.length)
  sink.varint(entries[0]?.dialect ?? 0)
  let device = 0
  let sequence = 0
  let time = 0
  for (const entry of entries) {
    sink.varint(entry.device - device)
    if (entry.device !== device) sequence = 0
    sink.varint(entry.sequence - sequence)
    sink.signed(entry.time - time)
    sink.signed(entry.received - entry.time)
    sink.varint(entry.kind)
    device = entry.device
    sequence = entry.sequence
    time = entry.time
  }
  for (const { key } of entries) {
    if (key === null) sink.varint(0)
    else {
      const text = Buffer.from(JSON.stringify(key))
      sink.varint(text.length)
      sink.append(text)
    }
  }
  for (const { body } of entries) sink.varint(body.length)
  for (const { body } of entries) sink.append(body)
  return zstdCompressSync(sink.written())
}

/** Decodes a block; `kindOf` turns kind numbers into names. */
export function decodeLogBlock<Kind>(
  data: Uint8Array,
  kindOf: (number: number) => Kind,
): (Omit<LogRow, 'kind'> & { kind: Kind })[] {
  const source = new ByteSource(zstdDecompressSync(data))
  const count = source.varint()
  const dialect = source.varint()
  const columns: { device: number; sequence: number; time: number; received: number; kind: Kind }[] = []
  let device = 0
  let sequence = 0
  let time = 0
  for (let index = 0; index < count; index += 1) {
    const step = source.varint()
    if (step !== 0) sequence = 0
    device += step
    sequence += source.varint()
    time += source.signed()
    const received = time + source.signed()
    columns.push({ device, sequence, time, received, kind: kindOf(source.varint()) })
  }
  const keys = columns.map(() => {
    const length = source.varint()
    return length === 0 ? null : (JSON.parse(Buffer.from(source.take(length)).toString()) as string)
  })
  const lengths = columns.map(() => source.varint())
  return columns.map((entry, index) => ({
    ...entry,
    dialect,
    key: keys[index] ?? null,
    body: Uint8Array.from(source.take(lengths[index] ?? 0)),
  }))
}
