import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isCoreError } from '../../core/errors.ts'
import { type Bench, START, uplink } from './bench.ts'

/** What an append answers and refuses. */
export function appendContract(bench: Bench): void {
  describe('append', () => {
    it('answers each entry with its own rising sequence', async () => {
      const receipts = await bench.store.append([uplink([1, START], { t: 1 }), uplink([2, START], { t: 2 })])
      const [more] = await bench.store.append([uplink([1, START + 1], { t: 3 })])
      assert.deepEqual(
        receipts.map(({ status }) => status),
        ['stored', 'stored'],
      )
      const sequences = [...receipts, more].map((receipt) => receipt?.sequence ?? 0)
      assert.ok(sequences.every((sequence, index) => sequence > (sequences[index - 1] ?? 0)))
    })

    it('takes nothing from an empty list', async () => {
      assert.deepEqual(await bench.store.append([]), [])
      assert.equal((await bench.store.latest({})).length, 0)
    })

    it('settles several appends in call order', async () => {
      const settled: number[] = []
      await Promise.all(
        [0, 1, 2, 3].map((index) =>
          bench.store.append([uplink([1, START + index], { t: index })]).then(() => settled.push(index)),
        ),
      )
      assert.deepEqual(settled, [0, 1, 2, 3])
    })

    it('goes on with larger sequences after a restart', async () => {
      const [first] = await bench.store.append([uplink([1, START], { t: 1 })])
      await bench.store.compact()
      await bench.restart()
      const [second] = await bench.store.append([uplink([1, START + 1], { t: 1 })])
      assert.ok((second?.sequence ?? 0) > (first?.sequence ?? 0))
    })

    it(
      'refuses numbers that are not finite and instants out of range, and stores nothing of the batch',
      { skip: bench.trusting },
      async () => {
        const good = uplink([1, START], { t: 1 })
        const bad = [
          uplink([1, START], { t: Number.NaN }),
          uplink([1, START], { t: Infinity }),
          uplink([1, -1], { t: 1 }),
          uplink([1, Date.UTC(9999, 0, 1)], { t: 1 }),
          uplink([1, START + 0.5], { t: 1 }),
        ]
        for (const entry of bad)
          await assert.rejects(bench.store.append([good, entry]), (error) =>
            isCoreError(error, 'invalid_input'),
          )
        await bench.always(async () => assert.deepEqual(await bench.store.latest({}), []))
      },
    )

    it('refuses a metric name of 10,000 characters', { skip: bench.trusting }, async () => {
      await assert.rejects(bench.store.append([uplink([1, START], { ['x'.repeat(10_000)]: 1 })]), (error) =>
        isCoreError(error, 'too_large'),
      )
      assert.deepEqual(await bench.store.latest({}), [])
    })
  })
}
