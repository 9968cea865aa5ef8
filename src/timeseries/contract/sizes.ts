import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Bench, ALWAYS, MINUTE, START, uplink } from './bench.ts'

/** Many series with few points, one series with many. */
export function sizesContract(bench: Bench): void {
  describe('series without bound', () => {
    it('holds thousands of series with few points', async () => {
      const entries = Array.from({ length: 2000 }, (_, device) =>
        uplink([device + 1, START], { a: device, b: device / 4 }),
      )
      await bench.store.append(entries)
      await bench.always(async () => {
        assert.equal((await bench.store.latest({})).length, 4000)
        assert.deepEqual(
          (await bench.store.latest({ devices: [1500], metrics: ['b'] })).map(({ value }) => value),
          [1499 / 4],
        )
      })
    })

    it('holds one series with many points, in order or not', async () => {
      const count = 6000
      const order = Array.from({ length: count }, (_, index) => (index * 7919) % count)
      for (let at = 0; at < count; at += 1000) {
        await bench.store.append(
          order
            .slice(at, at + 1000)
            .map((minute) => uplink([1, START + minute * MINUTE], { t: minute / 100 })),
        )
        if (at === 3000) await bench.store.compact()
      }
      await bench.always(async () => {
        const [bucket] = await bench.store.aggregate({
          device: 1,
          metric: 't',
          range: ALWAYS,
          window: 1e12,
          order: 'newest',
        })
        assert.equal(bucket?.count, count)
        const page = await bench.store.range({
          range: { from: START + 5000 * MINUTE, to: ALWAYS.to },
          order: 'oldest',
          limit: 3,
        })
        assert.deepEqual(
          page.points.map(({ value }) => value),
          [50, 50.01, 50.02],
        )
      })
    })
  })
}
