import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TelemetryStore } from '../../core/telemetry/store.ts'
import { type Bench, ALWAYS, START, uplink } from './bench.ts'

/** Keys, tallies and rows. */
export function ledgerContract(bench: Bench): void {
  describe('keys, tallies and rows', () => {
    it('stores a key once, in the batch, across batches and restarts', async () => {
      const key = { scope: 's', text: 'k\u0000' }
      const tallies = [{ name: 'pressed', bucket: 3, delta: 2 }]
      const once = uplink([1, START], { t: 1 }, { key, tallies, rows: [{ subject: 'x', fields: { a: 1 } }] })
      const [first, second] = await bench.store.append([once, { ...once, time: START + 1 }])
      assert.deepEqual(second, { status: 'duplicate', sequence: first?.sequence })
      await bench.always(async () => {
        const [again] = await bench.store.append([{ ...once, time: START + 2 }])
        assert.deepEqual(again, { status: 'duplicate', sequence: first?.sequence })
        assert.equal((await bench.newest(10)).length, 1)
        assert.equal((await bench.store.log({ after: 0, limit: 10 })).length, 1)
        assert.deepEqual(await bench.store.tallies('pressed', { from: 0, to: 9 }), [{ bucket: 3, count: 2 }])
        assert.equal(
          (await bench.store.rows({ dialect: 'iotflow', range: ALWAYS, order: 'oldest', limit: 9 })).length,
          1,
        )
        assert.equal(await bench.store.submissions(1), 1)
      })
    })

    it('keeps keys of other dialects and scopes apart', async () => {
      const key = { scope: 's', text: 'k' }
      const receipts = await bench.store.append([
        uplink([1, START], { t: 1 }, { key }),
        uplink([1, START], { t: 1 }, { key, dialect: 'ozone' }),
        uplink([1, START], { t: 1 }, { key: { ...key, scope: 'other' } }),
      ])
      assert.deepEqual(
        receipts.map(({ status }) => status),
        ['stored', 'stored', 'stored'],
      )
    })

    it('pages rows by data time without splitting an entry', async () => {
      const row = (n: number) => ({ subject: n % 2 === 0 ? 'even' : 'odd', fields: { n } })
      await bench.store.append(
        [3, 1, 2].map((n) => uplink([1, START + n], {}, { rows: [row(n), row(n + 10)] })),
      )
      await bench.always(async () => {
        const query = { dialect: 'iotflow', range: ALWAYS, order: 'newest', limit: 1 } as const
        const fieldsOf = (rows: Awaited<ReturnType<TelemetryStore['rows']>>) =>
          rows.map(({ fields }) => fields)
        const first = await bench.store.rows(query)
        assert.deepEqual(fieldsOf(first), [{ n: 13 }, { n: 3 }])
        const second = await bench.store.rows({
          ...query,
          after: { time: START + 3, sequence: first[0]?.sequence ?? 0 },
        })
        assert.deepEqual(fieldsOf(second), [{ n: 12 }, { n: 2 }])
        const odd = await bench.store.rows({
          ...query,
          subject: 'odd',
          order: 'oldest',
          limit: 9,
          range: { from: START + 2, to: START + 3 },
        })
        assert.deepEqual(fieldsOf(odd), [{ n: 3 }, { n: 13 }])
        assert.deepEqual(await bench.store.rows({ ...query, dialect: 'ozone' }), [])
      })
    })
  })
}
