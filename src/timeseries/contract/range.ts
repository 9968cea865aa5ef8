import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isCoreError } from '../../core/errors.ts'
import { type Bench, ALWAYS, brief, MINUTE, START, uplink } from './bench.ts'

/** Order, bounds and pages. */
export function rangeContract(bench: Bench): void {
  describe('range', () => {
    const fill = () =>
      bench.store.append(
        [2, 1].flatMap((device) =>
          [0, 1, 2].map((minute) => uplink([device, START + minute * MINUTE], { b: minute, a: device })),
        ),
      )

    it('orders by time, then device and metric', async () => {
      await fill()
      await bench.always(async () => {
        assert.deepEqual((await bench.newest(5)).map(brief), [
          [1, 'a', 2 * MINUTE, 1],
          [1, 'b', 2 * MINUTE, 2],
          [2, 'a', 2 * MINUTE, 2],
          [2, 'b', 2 * MINUTE, 2],
          [1, 'a', MINUTE, 1],
        ])
      })
    })

    it('is inclusive at both ends', async () => {
      await fill()
      await bench.always(async () => {
        const range = { from: START + MINUTE, to: START + 2 * MINUTE }
        const points = await bench.newest(100, { devices: [1], metrics: ['a'], range })
        assert.deepEqual(
          points.map(({ time }) => time - START),
          [2 * MINUTE, MINUTE],
        )
      })
    })

    it('pages without loss or repeat, also over a compaction between two pages', async () => {
      await fill()
      for (const order of ['newest', 'oldest'] as const) {
        const query = { range: ALWAYS, order, limit: 5 }
        const whole = await bench.store.range({ ...query, limit: 100 })
        const first = await bench.store.range(query)
        await bench.store.compact()
        const second = await bench.store.range({ ...query, after: first.next ?? '' })
        await bench.restart()
        const third = await bench.store.range({ ...query, after: second.next ?? '' })
        assert.deepEqual(
          [...first.points, ...second.points, ...third.points].map(brief),
          whole.points.map(brief),
        )
        assert.equal(third.next, undefined)
        assert.equal(whole.next, undefined)
      }
    })

    it('counts instants where it is asked to', async () => {
      await fill()
      await bench.always(async () => {
        const page = await bench.store.range({
          range: ALWAYS,
          order: 'newest',
          limit: 2,
          limitBy: 'instants',
        })
        assert.equal(page.points.length, 8)
        const rest = await bench.store.range({
          range: ALWAYS,
          order: 'newest',
          limit: 2,
          limitBy: 'instants',
          after: page.next ?? '',
        })
        assert.equal(rest.points.length, 4)
        assert.equal(rest.next, undefined)
      })
    })

    it('selects by dialect, and knows nothing of unknown names', async () => {
      await fill()
      await bench.store.append([uplink([1, START], { a: 7 }, { dialect: 'nbiot' })])
      await bench.always(async () => {
        assert.deepEqual((await bench.newest(10, { dialects: ['nbiot'] })).map(brief), [[1, 'a', 0, 7]])
        for (const none of [{ devices: [9] }, { devices: [] }, { metrics: ['z'] }, { dialects: [] }]) {
          assert.deepEqual(await bench.store.range({ range: ALWAYS, order: 'newest', limit: 9, ...none }), {
            points: [],
          })
        }
      })
    })

    it('refuses a token that is none', { skip: bench.trusting }, async () => {
      await fill()
      const query = { range: ALWAYS, order: 'newest', limit: 5 } as const
      for (const token of ['x', 'bnVsbA', '']) {
        await assert.rejects(bench.store.range({ ...query, after: token }), (error) =>
          isCoreError(error, 'invalid_input'),
        )
      }
    })
  })
}
