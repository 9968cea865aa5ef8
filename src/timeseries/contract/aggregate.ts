import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Reading } from '../../core/telemetry/store.ts'
import { type Bench, ALWAYS, MINUTE, START, uplink } from './bench.ts'

/** Windows and counts. */
export function aggregateContract(bench: Bench): void {
  describe('aggregate and statistics', () => {
    it('gives count, sum, min, max, mean, first and last by aligned windows', async () => {
      const values = [3, 1, 2, 10, 20]
      const times = [0, 1, 59, 61, 119]
      await bench.store.append(
        values.map((value, index) => uplink([1, START + (times[index] ?? 0) * 1000], { t: value })),
      )
      const expected = [
        { start: START, count: 3, sum: 6, min: 1, max: 3, mean: 2, first: 3, last: 2 },
        { start: START + MINUTE, count: 2, sum: 30, min: 10, max: 20, mean: 15, first: 10, last: 20 },
      ]
      await bench.always(async () => {
        const query = { device: 1, metric: 't', range: ALWAYS, window: MINUTE } as const
        assert.deepEqual(await bench.store.aggregate({ ...query, order: 'oldest' }), expected)
        assert.deepEqual(await bench.store.aggregate({ ...query, order: 'newest' }), expected.toReversed())
      })
    })

    it('cuts the first and last window at the range', async () => {
      await bench.store.append(
        [0, 1, 2, 3].map((minute) => uplink([1, START + minute * MINUTE], { t: minute })),
      )
      await bench.always(async () => {
        const range = { from: START + MINUTE, to: START + 2 * MINUTE }
        const buckets = await bench.store.aggregate({
          device: 1,
          metric: 't',
          range,
          window: 60 * MINUTE,
          order: 'oldest',
        })
        assert.deepEqual(
          buckets.map(({ start, count, sum }) => [start - START, count, sum]),
          [[0, 2, 3]],
        )
      })
    })

    it('counts readings, anomalies, origins and protocols by series', async () => {
      const reading = (origin: string, anomaly: boolean): Reading[] => [
        { metric: 't', value: 'text counts too', attributes: { origin, protocol: 'mqtt', anomaly } },
      ]
      await bench.store.append([
        uplink([1, START], {}, { readings: reading('a', true) }),
        uplink([1, START + 1], {}, { readings: reading('b', false) }),
        uplink([1, START + 2], {}, { readings: reading('a', true) }),
        uplink([2, START + 2], { t: 1 }),
      ])
      await bench.always(async () => {
        assert.deepEqual(await bench.store.statistics({ metrics: ['t'] }, { from: START, to: START + 2 }), [
          {
            device: 1,
            metric: 't',
            dialect: 'iotflow',
            count: 3,
            anomalies: 2,
            origins: { a: 2, b: 1 },
            protocols: { mqtt: 3 },
          },
          {
            device: 2,
            metric: 't',
            dialect: 'iotflow',
            count: 1,
            anomalies: 0,
            origins: {},
            protocols: {},
          },
        ])
        assert.equal((await bench.store.statistics({}, { from: START + 1, to: START + 1 }))[0]?.count, 1)
      })
    })
  })
}
