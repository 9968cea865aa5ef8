import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Reading } from '../../core/telemetry/store.ts'
import { type Bench, ALWAYS, brief, MINUTE, START, uplink } from './bench.ts'

/** Points that come twice, late or out of order, in both modes. */
export function repeatsContract(bench: Bench): void {
  describe('repeated and late points', () => {
    it('replace: the later sequence wins at an instant, whatever its unit', async () => {
      const withUnit = (unit: string, value: number): Reading[] => [
        { metric: 't', value, attributes: { unit } },
      ]
      await bench.store.append([uplink([1, START], {}, { readings: withUnit('°C', 20) })])
      await bench.store.compact()
      await bench.store.append([uplink([1, START], {}, { readings: withUnit('°F', 68) })])
      await bench.always(async () => {
        const points = await bench.newest(10)
        assert.deepEqual(
          points.map(({ value, unit }) => [value, unit]),
          [[68, '°F']],
        )
        const [statistics] = await bench.store.statistics({}, ALWAYS)
        assert.equal(statistics?.count, 1)
        assert.equal(await bench.store.submissions(1), 2)
      })
    })

    it('keep: both stay, ordered by sequence', async () => {
      const sensors = { dialect: 'sensors' } as const
      await bench.store.append([uplink([1, START], { t: 1 }, sensors)])
      await bench.store.compact()
      await bench.store.append([uplink([1, START], { t: 2 }, sensors), uplink([1, START], { t: 3 }, sensors)])
      await bench.always(async () => {
        assert.deepEqual(
          (await bench.newest(10)).map(({ value }) => value),
          [3, 2, 1],
        )
        const { points } = await bench.store.range({ range: ALWAYS, order: 'oldest', limit: 10 })
        assert.deepEqual(
          points.map(({ value }) => value),
          [1, 2, 3],
        )
        const [bucket] = await bench.store.aggregate({
          device: 1,
          metric: 't',
          range: ALWAYS,
          window: MINUTE,
          order: 'oldest',
        })
        assert.deepEqual([bucket?.count, bucket?.first, bucket?.last], [3, 1, 3])
      })
    })

    it('late points find their place and do not become the latest', async () => {
      for (const minute of [5, 1, 9, 3, 7])
        await bench.store.append([uplink([1, START + minute * MINUTE], { t: minute })])
      await bench.store.compact()
      for (const minute of [4, 0, 8, 2, 6])
        await bench.store.append([uplink([1, START + minute * MINUTE], { t: minute })])
      await bench.always(async () => {
        assert.deepEqual(
          (await bench.newest(20)).map(({ value }) => value),
          [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
        )
        assert.deepEqual((await bench.store.latest({})).map(brief), [[1, 't', 9 * MINUTE, 9]])
      })
    })

    it('a metric named twice in one message has its last value', async () => {
      const readings = [
        { metric: 't', value: 1 },
        { metric: 't', value: 2 },
      ]
      await bench.store.append([uplink([1, START], {}, { readings, dialect: 'sensors' })])
      await bench.always(async () =>
        assert.deepEqual(
          (await bench.newest(10)).map(({ value }) => value),
          [2],
        ),
      )
    })
  })
}
