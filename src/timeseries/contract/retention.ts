import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ALWAYS, type Bench, brief, START, uplink } from './bench.ts'

/** How long readings stay in the store that these cases are given. */
export const READING_DAYS = 10
const DAY = 86_400_000
const LIFE = READING_DAYS * DAY

/** Expiry of readings by their data time. */
export function retentionContract(bench: Bench): void {
  const times = async () => (await bench.newest(10)).map(({ time }) => time - START)

  describe('retention of readings', () => {
    it('takes readings out of every answer as the clock moves, and keeps submissions and the log', async () => {
      await bench.store.append([
        uplink([1, START], { t: 1, h: 5 }),
        uplink([1, START + DAY], { t: 2 }),
        uplink([1, START + DAY + 1], { t: 4 }, { dialect: 'sensors' }),
      ])
      const counts = async (range = ALWAYS) =>
        (await bench.store.statistics({}, range)).map(({ metric, dialect, count }) => [
          metric,
          dialect,
          count,
        ])
      const sums = async (window: number) => {
        const query = { device: 1, metric: 't', range: ALWAYS, window, order: 'oldest' } as const
        return (await bench.store.aggregate(query)).map(({ start, count, sum }) => [start, count, sum])
      }
      const latest = async () => (await bench.store.latest({ devices: [1] })).map(brief)

      bench.clock.now = START + LIFE
      await bench.always(async () => assert.deepEqual(await times(), [DAY + 1, DAY, 0, 0], 'not older yet'))

      bench.clock.now += 1
      await bench.always(async () => {
        assert.deepEqual(await times(), [DAY + 1, DAY])
        const { points } = await bench.store.range({ range: ALWAYS, order: 'oldest', limit: 1 })
        assert.deepEqual(points.map(brief), [[1, 't', DAY, 2]])
        assert.deepEqual(await latest(), [
          [1, 't', DAY, 2],
          [1, 't', DAY + 1, 4],
        ])
        assert.deepEqual(await counts(), [
          ['t', 'iotflow', 1],
          ['t', 'sensors', 1],
        ])
        assert.deepEqual(
          await counts({ from: START, to: START + DAY - 1 }),
          [],
          'all of the range has expired',
        )
        assert.deepEqual(await sums(1000 * DAY), [[Math.floor(START / DAY / 1000) * 1000 * DAY, 2, 6]])
      })

      bench.clock.now += DAY
      await bench.always(async () => {
        assert.deepEqual(await latest(), [[1, 't', DAY + 1, 4]])
        assert.deepEqual(await sums(1), [[START + DAY + 1, 1, 4]])
      })

      bench.clock.now += DAY
      await bench.always(async () => {
        assert.deepEqual([await times(), await latest(), await counts(), await sums(DAY)], [[], [], [], []])
        assert.deepEqual([await bench.store.submissions(), await bench.store.submissions(1)], [3, 3])
        assert.equal((await bench.store.log({ limit: 10 })).length, 3)
      })
    })

    it('accepts and logs a message that is too old, and shows none of its readings', async () => {
      bench.clock.now = START + LIFE + DAY
      await bench.store.append([uplink([1, START + 2 * DAY], { t: 2 })])
      const [receipt] = await bench.store.append([uplink([1, START], { t: 1, old: 1 })])
      assert.equal(receipt?.status, 'stored')
      await bench.always(async () => {
        assert.deepEqual(await times(), [2 * DAY])
        assert.deepEqual((await bench.store.latest({})).map(brief), [[1, 't', 2 * DAY, 2]])
        assert.equal(await bench.store.submissions(1), 2)
        assert.equal((await bench.store.log({ limit: 10 })).length, 2)
      })
    })

    it('goes on with a series whose readings have all expired, and with deletes in it', async () => {
      await bench.store.append([uplink([1, START], { t: 1 })])
      bench.clock.now = START + LIFE + DAY
      await bench.store.compact()
      await bench.store.append([
        uplink([1, START + 2 * DAY], { t: 2 }),
        uplink([1, START + 3 * DAY], { t: 3 }),
      ])
      await bench.always(async () => assert.deepEqual(await times(), [3 * DAY, 2 * DAY]))
      await bench.store.deleteRange(1, { from: START + 3 * DAY, to: START + 4 * DAY })
      await bench.always(async () => {
        assert.deepEqual(await times(), [2 * DAY])
        assert.deepEqual((await bench.store.latest({})).map(brief), [[1, 't', 2 * DAY, 2]])
        assert.equal(await bench.store.submissions(1), 2)
      })
    })
  })
}
