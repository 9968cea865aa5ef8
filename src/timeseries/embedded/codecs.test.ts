import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Entry, Reading } from '../../core/telemetry/store.ts'
import { ByteSink, ByteSource } from './byte-stream.ts'
import { Catalogue, DEFAULT_LIMITS } from './catalogue.ts'
import { decodeChunk, eachAttribute, encodeChunk } from './chunk-codec.ts'
import { BOOLEAN, JSON_TEXT, NUMBER, PointBuffer, valueOf } from './columns.ts'
import {
  type Batch,
  type Bodies,
  decodeBodies,
  decodePoints,
  encodeBodies,
  encodePoints,
  LOGGED,
  SEEN,
} from './journal-codec.ts'
import { type BlockEntry, decodeLogBlock, encodeLogBlock } from './log-codec.ts'
import {
  readDoubles,
  readIntegers,
  readTimes,
  writeDoubles,
  writeIntegers,
  writeTimes,
} from './number-columns.ts'
import { entry } from '../interleaving.ts'

const LAST = Date.UTC(9999, 0, 1) - 1

/** Doubles of every kind but NaN and infinities, which never reach a store. */
const double = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -1e9, max: 1e9 }).map((value) => value / 100),
  fc.integer({ min: -100, max: 100 }).map((value) => value / 10),
  fc.constantFrom(
    0,
    -0,
    5e-324,
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    Number.MAX_SAFE_INTEGER,
    2 ** 53,
    0.1 + 0.2,
  ),
)

const written = (write: (sink: ByteSink) => void): ByteSource => {
  const sink = new ByteSink()
  write(sink)
  return new ByteSource(sink.written().slice())
}

const same = (actual: Float64Array, expected: readonly number[]) => assert.deepEqual([...actual], expected)

describe('number columns', () => {
  it('give doubles back bit by bit', () => {
    fc.assert(
      fc.property(fc.array(double, { minLength: 1, maxLength: 300 }), (values) => {
        const source = written((sink) => writeDoubles(sink, Float64Array.from(values), values.length))
        const out = new Float64Array(values.length)
        readDoubles(source, out, values.length)
        same(out, values)
        assert.equal(source.position, source.bytes.length)
      }),
    )
  })

  it('give whole numbers of every width back', () => {
    const integer = fc.oneof(
      fc.integer({ min: -127, max: 127 }),
      fc.integer({ min: -32767, max: 32767 }),
      fc.integer(),
      fc.maxSafeInteger(),
    )
    fc.assert(
      fc.property(fc.array(integer, { maxLength: 200 }), (values) => {
        const source = written((sink) => writeIntegers(sink, Float64Array.from(values), values.length))
        const out = new Float64Array(values.length)
        readIntegers(source, out, values.length)
        same(
          out,
          values.map((value) => value + 0),
        )
      }),
    )
  })

  it('give rising instants back, up to the end of 9998', () => {
    const steps = fc.array(
      fc.oneof(fc.constant(60_000), fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 0, max: LAST })),
      { maxLength: 200 },
    )
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LAST }), steps, (start, gaps) => {
        const times = [start]
        for (const gap of gaps) times.push(Math.min(LAST, (times.at(-1) ?? 0) + gap))
        const source = written((sink) => writeTimes(sink, Float64Array.from(times), times.length))
        const out = new Float64Array(times.length)
        readTimes(source, out, { count: times.length, start })
        same(out, times)
      }),
    )
  })

  it('write varints up to 2^53', () => {
    for (const value of [0, 127, 128, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      assert.equal(written((sink) => sink.varint(value)).varint(), value)
    }
    for (const value of [0, -1, 1, -(2 ** 52), 2 ** 52 - 1])
      assert.equal(written((sink) => sink.signed(value)).signed(), value)
  })

  it('refuse bytes that end too early', () => {
    const whole = written((sink) => writeDoubles(sink, Float64Array.from([1, 2, 3.5]), 3))
    for (let length = 0; length < whole.bytes.length; length += 1) {
      assert.throws(
        () => readDoubles(new ByteSource(whole.bytes.subarray(0, length)), new Float64Array(3), 3),
        RangeError,
      )
    }
  })
})

const point = fc.record({
  step: fc.constantFrom(0, 1, 60_000),
  value: fc.oneof(double, double, fc.boolean(), fc.string(), fc.constant([1, { a: null }])),
  attribute: fc.constantFrom(0, 0, 0, 7, 64_999),
  sequence: fc.integer({ min: 1, max: 2 ** 48 }),
})

describe('chunks', () => {
  it('give every column back, and a true summary', () => {
    fc.assert(
      fc.property(
        fc.array(point, { minLength: 1, maxLength: 120 }),
        fc.boolean(),
        (points, keepSequences) => {
          const buffer = new PointBuffer(2)
          let time = 1_700_000_000_000
          for (const own of points) {
            time += own.step
            push(buffer, { ...own, time })
          }
          const chunk = encodeChunk(buffer, { from: 0, to: buffer.count, keepSequences })
          const decoded = decodeChunk(chunk.data, chunk)
          assert.deepEqual([...decoded.times], [...buffer.times.subarray(0, buffer.count)])
          points.forEach((own, index) => {
            const type = decoded.types?.[index] ?? NUMBER
            assert.deepEqual(valueOf(type, decoded.values[index] ?? Number.NaN, decoded.texts), own.value)
            assert.equal(decoded.attributes?.[index] ?? decoded.attribute, own.attribute)
            if (keepSequences) assert.equal(decoded.sequences?.[index], own.sequence)
          })
          const numbers = points.map(({ value }) => value).filter((value) => typeof value === 'number')
          assert.deepEqual([chunk.count, chunk.numbers, chunk.end], [points.length, numbers.length, time])
          assert.equal(chunk.sequence, Math.max(...points.map(({ sequence }) => sequence)))
          if (numbers.length > 0) {
            assert.deepEqual([chunk.first, chunk.last], [numbers[0], numbers.at(-1)])
            assert.ok(chunk.min === Math.min(...numbers) && chunk.max === Math.max(...numbers))
          }
          const counts = new Map<number, number>()
          eachAttribute(chunk, (id, count) => counts.set(id, count))
          const groups = [...Map.groupBy(points, ({ attribute }) => attribute)]
          const expected = groups.map(([id, group]) => [id, group.length] as const)
          assert.deepEqual(Object.fromEntries(counts), Object.fromEntries(expected))
        },
      ),
    )
  })

  it('need less than three bytes a point for two-decimal data at one-minute steps', () => {
    const buffer = new PointBuffer(1000)
    for (let minute = 0; minute < 1000; minute += 1) {
      const value = Math.round(2000 + 300 * Math.sin(minute / 200) + 10 * Math.sin(minute * 12.9898)) / 100
      push(buffer, { time: minute * 60_000, value, attribute: 0, sequence: minute + 1 })
    }
    assert.ok(encodeChunk(buffer, { from: 0, to: 1000, keepSequences: false }).data.length < 3000)
  })
})

function push(
  buffer: PointBuffer,
  own: { time: number; value: unknown; attribute: number; sequence: number },
): void {
  const type = typeof own.value === 'number' ? NUMBER : typeof own.value === 'boolean' ? BOOLEAN : JSON_TEXT
  buffer.push(
    {
      count: 1,
      times: Float64Array.of(own.time),
      values: Float64Array.of(type === JSON_TEXT ? 0 : Number(own.value)),
      types: Uint8Array.of(type),
      attributes: Uint16Array.of(own.attribute),
      attribute: 0,
      sequences: Float64Array.of(own.sequence),
      sequence: 0,
      texts: [JSON.stringify(own.value)],
    },
    0,
  )
}

interface Decoded {
  readonly batch: Batch
  readonly catalogue: Catalogue
}

function assertEntry(own: Entry, index: number, decoded: Decoded & { bodies: Bodies }): void {
  const { batch, bodies, catalogue } = decoded
  const flags = (own.seen === false ? 0 : SEEN) | (own.kind === 'presence' ? 0 : LOGGED)
  assert.deepEqual([batch.entryDevice[index], batch.entryFlags[index]], [own.device, flags])
  assert.deepEqual([batch.entryTime[index], batch.entryReceived[index]], [own.time, own.received])
  assert.deepEqual(new Uint8Array(bodies.bodies[index] ?? []), own.body)
  assert.equal(catalogue.kinds.texts[bodies.kinds[index] ?? -1], own.kind)
  if (own.kind !== 'presence') assert.equal(bodies.keys[index], own.key?.text ?? null)
}

function assertReading(own: Reading, at: number, decoded: Decoded & { device: number }): void {
  const { batch, catalogue, device } = decoded
  const row = catalogue.series.row(batch.series[at] ?? -1)
  assert.deepEqual([row.device, row.metric], [device, own.metric])
  assert.deepEqual(
    valueOf(batch.types?.[at] ?? NUMBER, batch.values[at] ?? Number.NaN, batch.texts),
    own.value,
  )
  const number = batch.attributes?.[at] ?? batch.attribute
  assert.deepEqual({ ...catalogue.attributes.get(number) }, { ...own.attributes })
}

describe('journal rows', () => {
  it('give entries, points and bodies back', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 12 }), (entries) => {
        const catalogue = new Catalogue(DEFAULT_LIMITS)
        const batch = decodePoints(encodePoints(entries, catalogue))
        const bodies = decodeBodies(encodeBodies(entries, catalogue))
        let at = 0
        entries.forEach((own, index) => {
          assertEntry(own, index, { batch, bodies, catalogue })
          for (const reading of own.readings) {
            assertReading(reading, at, { batch, catalogue, device: own.device })
            at += 1
          }
        })
        assert.equal(batch.points, at)
      }),
    )
  })
})

describe('log blocks', () => {
  it('give entries of one dialect back', () => {
    const row = fc.record({
      device: fc.integer({ min: 0, max: 5 }),
      sequence: fc.integer({ min: 1, max: 2 ** 50 }),
      time: fc.integer({ min: 0, max: LAST }),
      received: fc.integer({ min: 0, max: LAST }),
      kind: fc.integer({ min: 0, max: 300 }),
      key: fc.option(fc.string()),
      body: fc.uint8Array({ maxLength: 50 }),
    })
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 50 }),
        fc.integer({ min: 0, max: 4 }),
        (rows, dialect) => {
          const entries: BlockEntry[] = rows
            .map((own) => ({ ...own, dialect }))
            .sort((a, b) => a.device - b.device || a.sequence - b.sequence)
          const decoded = decodeLogBlock(encodeLogBlock(entries), (kind) => kind)
          assert.deepEqual(
            decoded.map((own) => ({ ...own, body: [...own.body] })),
            entries.map((own) => ({ ...own, body: [...own.body] })),
          )
        },
      ),
    )
  })
})
