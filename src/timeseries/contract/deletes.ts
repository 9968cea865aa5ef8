import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Bench, ALWAYS, brief, MINUTE, START, uplink } from './bench.ts'

/** Ranges and whole devices. */
export function deletesContract(bench: Bench): void {
  describe('deletes', () => {
    const fill = () =>
      bench.store.append(
        [0, 1, 2, 3].flatMap((minute) =>
          [1, 2].map((device) => uplink([device, START + minute * MINUTE], { t: minute })),
        ),
      )
    const middle = { from: START + 2 * MINUTE, to: START + 9 * MINUTE }

    it('a range takes readings, log entries and counts of one device, and latest falls back', async () => {
      await fill()
      await bench.store.deleteRange(1, middle)
      await bench.always(async () => {
        assert.deepEqual(
          (await bench.newest(10, { devices: [1] })).map(({ value }) => value),
          [1, 0],
        )
        assert.deepEqual((await bench.store.latest({})).map(brief), [
          [1, 't', MINUTE, 1],
          [2, 't', 3 * MINUTE, 3],
        ])
        assert.equal((await bench.store.log({ device: 1, limit: 10 })).length, 2)
        assert.equal((await bench.store.log({ limit: 10 })).length, 6)
        assert.deepEqual(
          await Promise.all([
            bench.store.submissions(1),
            bench.store.submissions(2),
            bench.store.submissions(),
          ]),
          [2, 4, 6],
        )
        assert.equal(await bench.store.submissionsSince(START), 6)
        assert.notEqual(bench.store.lastSeen(1), null)
      })
    })

    it('reaches points in chunks, and not those written afterwards', async () => {
      await fill()
      await bench.store.compact()
      await bench.store.deleteRange(1, middle)
      await bench.store.append([uplink([1, START + 3 * MINUTE], { t: 33 })])
      await bench.always(async () => {
        assert.deepEqual(
          (await bench.newest(10, { devices: [1] })).map(({ value }) => value),
          [33, 1, 0],
        )
        const [bucket] = await bench.store.aggregate({
          device: 1,
          metric: 't',
          range: ALWAYS,
          window: 60 * MINUTE,
          order: 'oldest',
        })
        assert.deepEqual([bucket?.count, bucket?.last], [3, 33])
        assert.equal(await bench.store.submissions(1), 3)
      })
    })

    it('leaves nothing of a removed device', async () => {
      const key = { scope: '', text: 'k' }
      await fill()
      await bench.store.append([uplink([1, START], { t: 1 }, { key, rows: [{ subject: 'x', fields: 1 }] })])
      await bench.store.compact()
      await bench.store.append([uplink([1, START + 9], { t: 9 })])
      await bench.store.deleteDevice(1)
      await bench.store.deleteDevice(1)
      await bench.always(async () => {
        assert.deepEqual(
          (await bench.store.latest({})).map(({ device }) => device),
          [2],
        )
        assert.deepEqual([...new Set((await bench.newest(99)).map(({ device }) => device))], [2])
        assert.deepEqual(await bench.store.log({ device: 1, limit: 10 }), [])
        assert.deepEqual(
          [bench.store.lastSeen(1), await bench.store.submissions(1), await bench.store.submissions()],
          [null, 0, 4],
        )
        assert.deepEqual(
          await bench.store.rows({ dialect: 'iotflow', range: ALWAYS, order: 'oldest', limit: 9 }),
          [],
        )
        assert.deepEqual(await bench.store.statistics({ devices: [1] }, ALWAYS), [])
      })
      const [receipt] = await bench.store.append([uplink([3, START], { t: 1 }, { key })])
      assert.equal(receipt?.status, 'stored', 'its keys are free')
    })

    it('of nothing is no error', async () => {
      await bench.store.deleteRange(77, ALWAYS)
      await bench.store.deleteDevice(77)
      assert.deepEqual(await bench.store.latest({}), [])
    })
  })
}
