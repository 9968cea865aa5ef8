import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Compile } from 'typebox/compile'
import type { DeviceRef } from '../../core/devices/device.ts'
import { Refusal } from '../../wire/refusal.ts'
import { Submission } from './schema.ts'
import { uplinkOf } from './submission.ts'

const DEVICE: DeviceRef = {
  id: 7,
  home: 'iotflow',
  owner: 1,
  name: 'station',
  deviceType: 'weather',
  lifecycle: 'active',
}
const NOW = Date.UTC(2025, 10, 23, 12)

const read = (text: string, max = 1000) =>
  uplinkOf(Buffer.from(text), DEVICE, { received: NOW, maxMetrics: max })
const refusalOf = (text: string, max?: number): unknown => {
  try {
    read(text, max)
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error))
    return error.body
  }
  return null
}

describe('a submission as an uplink', () => {
  it('takes every kind of value, and drops null and a measurement called timestamp', () => {
    const uplink = read('{"data":{"n":1.5,"s":"x","b":false,"o":{"a":[1,null]},"gone":null,"timestamp":3}}')
    assert.equal(uplink.time, NOW)
    assert.deepEqual(uplink.readings, [
      { metric: 'n', value: 1.5 },
      { metric: 's', value: 'x' },
      { metric: 'b', value: false },
      { metric: 'o', value: { a: [1, null] } },
    ])
  })

  it('keeps the body as it came', () => {
    const text = '{ "data" : {"n":1}, "extra" : [] }'
    assert.equal(Buffer.from(read(text).body).toString(), text)
  })

  it('finds the unit of each measurement', () => {
    const unitsIn = (metadata: string) =>
      read(`{"data":{"t":1,"h":2,"__proto__":3},"metadata":${metadata}}`).readings.map(
        ({ attributes }) => attributes?.unit,
      )
    assert.deepEqual(unitsIn('{"unit":"C"}'), ['C', 'C', 'C'])
    assert.deepEqual(unitsIn('{"units":{"t":"C","h":7}}'), ['C', undefined, undefined])
    assert.deepEqual(unitsIn('{"units":{"t":"C"},"unit":"x"}'), ['C', 'x', 'x'])
    assert.deepEqual(unitsIn('{"units":{"__proto__":"C"}}'), [undefined, undefined, 'C'])
    assert.deepEqual(unitsIn(`{"unit":"${'x'.repeat(51)}"}`), [undefined, undefined, undefined])
    for (const none of ['null', '[]', '7', '{}']) {
      assert.deepEqual(unitsIn(none), [undefined, undefined, undefined])
    }
  })

  it('shares one object between readings of a unit', () => {
    const [a, b] = read('{"data":{"t":1,"h":2},"metadata":{"unit":"C"}}').readings
    assert.equal(a?.attributes, b?.attributes)
    assert.ok(Object.isFrozen(a?.attributes))
  })

  it('refuses in the words of the contract', () => {
    const none = { error: 'No data provided' }
    const required = { error: 'Telemetry data is required' }
    const broken = { error: 'Invalid JSON', message: 'Request body must contain valid JSON' }
    const time = { error: 'Invalid timestamp format. Use ISO 8601 format.' }
    for (const text of ['', '{}', '[]', 'null', '7', '"x"', '[{"data":{"a":1}}]']) {
      assert.deepEqual(refusalOf(text), none, text)
    }
    for (const text of ['{"a":1}', '{"data":null}', '{"data":{}}', '{"data":[1]}', '{"data":"x"}']) {
      assert.deepEqual(refusalOf(text), required, text)
    }
    for (const text of ['{', '{"data":{"a":NaN}}', "{'data':{}}", '{"data":{"a":1}}}']) {
      assert.deepEqual(refusalOf(text), broken, text)
    }
    for (const value of ['"x"', '""', '-1', 'true', '[]', '1e999', '"9999-01-01"', '"1969-12-31"']) {
      assert.deepEqual(refusalOf(`{"data":{"a":1},"timestamp":${value}}`), time, value)
    }
  })

  it('refuses what can not be stored, and says which', () => {
    const messageOf = (text: string, max?: number) =>
      (refusalOf(text, max) as { error: string; message: string } | null)?.message ?? ''
    assert.match(messageOf('{"data":{"a":1,"b":-1e999}}'), /^b holds a number/)
    assert.match(messageOf('{"data":{"a":{"x":[1e999]}}}'), /^a holds a number/)
    assert.match(messageOf(`{"data":{"a":${'['.repeat(40)}${']'.repeat(40)}}}`), /^a is nested/)
    assert.match(messageOf('{"data":{"":1}}'), /^Measurement names/)
    assert.match(messageOf(`{"data":{"${'n'.repeat(10_000)}":1}}`), /^Measurement names/)
    assert.match(messageOf('{"data":{"\\ud800":1}}'), /^Measurement names/)
    assert.match(messageOf('{"data":{"a":1,"b":2,"c":3}}', 2), /^Too many measurements: at most 2/)
    assert.match(messageOf('{"data":{"a":1},"metadata":{"x":1e999}}'), /^metadata/)
  })

  it('agrees with the schema of the document about what a submission is', () => {
    const schema = Compile(Submission)
    const value = fc.oneof(fc.double({ noNaN: true }), fc.string(), fc.boolean(), fc.constant(null))
    const name = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('a', '__proto__', 'x'.repeat(101)))
    const data = fc.oneof(fc.dictionary(name, value, { maxKeys: 4 }), value, fc.array(value))
    const message = fc.record({ data, metadata: fc.jsonValue({ maxDepth: 2 }) }, { requiredKeys: [] })
    let agreed = { taken: 0, refused: 0 }
    fc.assert(
      fc.property(message, (given) => {
        const text = JSON.stringify(given)
        const parsed = JSON.parse(text) as { data?: Record<string, unknown> }
        const taken = refusalOf(text) === null
        // The schema can't say that these two are left out before names are looked at, nor what a lone surrogate is.
        fc.pre(Object.entries(parsed.data ?? {}).every(([key, v]) => v !== null && key.isWellFormed()))
        assert.equal(taken, schema.Check(parsed), text)
        agreed = taken ? { ...agreed, taken: agreed.taken + 1 } : { ...agreed, refused: agreed.refused + 1 }
      }),
      { numRuns: 500 },
    )
    assert.ok(agreed.taken > 20 && agreed.refused > 20, JSON.stringify(agreed))
  })
})
