import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Reading } from '../../core/telemetry/store.ts'
import { type Bench, ALWAYS, MINUTE, START, uplink } from './bench.ts'

/** What a reading can hold, and what comes back of it. */
export function valuesContract(bench: Bench): void {
  describe('values', () => {
    it('come back as they were given', async () => {
      const values: Reading['value'][] = [
        0,
        -0,
        1,
        -1.25,
        0.1 + 0.2,
        1e300,
        5e-324,
        Number.MAX_SAFE_INTEGER,
        -1e-7,
        true,
        false,
        '',
        'text',
        'größer ⚡',
        'a\u0000b',
        '\ud800',
        [],
        [1, [null, 'x']],
        {},
        { a: { b: [true] } },
      ]
      for (const [index, value] of values.entries())
        await bench.store.append([uplink([1, START + index], { v: value })])
      await bench.always(async () => {
        const { points } = await bench.store.range({ range: ALWAYS, order: 'oldest', limit: 100 })
        assert.deepEqual(
          points.map(({ value }) => value),
          values,
        )
      })
    })

    it('may have any name, and bring their attributes', async () => {
      const readings: Reading[] = [
        {
          metric: '__proto__',
          value: 1,
          attributes: { unit: '°C', origin: 'constructor', protocol: 'mqtt', anomaly: true },
        },
        { metric: 'toString', value: 2, attributes: { anomaly: false } },
        { metric: 'a\u0000b', value: 3 },
      ]
      await bench.store.append([uplink([1, START], {}, { readings })])
      await bench.always(async () => {
        const points = await bench.store.latest({ devices: [1] })
        const found = points.map(({ metric, value, unit, origin, protocol, anomaly }) => [
          metric,
          value,
          unit,
          origin,
          protocol,
          anomaly,
        ])
        assert.deepEqual(found, [
          ['__proto__', 1, '°C', 'constructor', 'mqtt', true],
          ['a\u0000b', 3, undefined, undefined, undefined, undefined],
          ['toString', 2, undefined, undefined, undefined, false],
        ])
      })
    })

    it('change their type within a series', async () => {
      await bench.store.append([
        uplink([1, START], { v: 1 }),
        uplink([1, START + 1], { v: 'two' }),
        uplink([1, START + 2], { v: true }),
      ])
      await bench.always(async () => {
        assert.deepEqual(
          (await bench.newest(10)).map(({ value }) => value),
          [true, 'two', 1],
        )
        const [bucket] = await bench.store.aggregate({
          device: 1,
          metric: 'v',
          range: ALWAYS,
          window: MINUTE,
          order: 'oldest',
        })
        assert.equal(bucket?.count, 1)
      })
    })
  })
}
