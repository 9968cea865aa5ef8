import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TelemetryStore } from '../../core/telemetry/store.ts'
import { type Bench, body, START, uplink } from './bench.ts'

/** The uplink log: order, cursors, expiry. */
export function logContract(bench: Bench): void {
  describe('log', () => {
    it('gives entries by sequence, forward and backward, of all and of one device', async () => {
      const key = { scope: '', text: 'k' }
      const receipts = await bench.store.append([
        uplink([1, START + 3], { t: 1 }, { key, received: START + 9 }),
        uplink([2, START + 2], {}, { kind: 'join', body: new Uint8Array(0) }),
        uplink([1, START], {}, { kind: 'presence', body: new Uint8Array(0) }),
        uplink([1, START + 1], { t: 2 }, { dialect: 'ozone' }),
      ])
      const [a = 0, b = 0, , d = 0] = receipts.map(({ sequence }) => sequence)
      await bench.always(async () => {
        const sequences = async (query: Parameters<TelemetryStore['log']>[0]) =>
          (await bench.store.log(query)).map(({ sequence }) => sequence)
        assert.deepEqual(await sequences({ limit: 10 }), [a, b, d])
        assert.deepEqual(await sequences({ after: a, limit: 1 }), [b])
        assert.deepEqual(await sequences({ before: Infinity, limit: 2 }), [d, b])
        assert.deepEqual(await sequences({ device: 1, before: d, limit: 9 }), [a])
        assert.deepEqual(await sequences({ device: 1, after: a, limit: 9 }), [d])
        const [first] = await bench.store.log({ limit: 1 })
        const expected = {
          sequence: a,
          device: 1,
          dialect: 'iotflow',
          kind: 'uplink',
          time: START + 3,
          received: START + 9,
          key: 'k',
        }
        assert.deepEqual({ ...first, body: undefined }, { ...expected, body: undefined })
        assert.deepEqual(new Uint8Array(first?.body ?? []), body)
      })
    })

    it('moves cursors durably', async () => {
      assert.equal(await bench.store.cursor('alerts'), 0)
      await bench.store.moveCursor('alerts', 7)
      await bench.store.moveCursor('flows\u0000', 9)
      await bench.restart()
      assert.deepEqual([await bench.store.cursor('alerts'), await bench.store.cursor('flows\u0000')], [7, 9])
    })

    it('lets entries expire by age, but not those of record-keeping dialects, nor past a cursor', async () => {
      const day = 86_400_000
      await bench.store.append([uplink([1, START], { t: 1 }), uplink([1, START], {}, { dialect: 'nbiot' })])
      const [late] = await bench.store.append([uplink([1, START + 1], { t: 2 })])
      await bench.store.moveCursor('slow', (late?.sequence ?? 0) - 1)
      bench.clock.now = START + 31 * day
      await bench.store.append([uplink([1, bench.clock.now], { t: 3 }, { received: bench.clock.now })])
      await bench.always(async () => {
        const entries = await bench.store.log({ limit: 10 })
        assert.deepEqual(
          entries.map(({ dialect, time }) => [dialect, time]),
          [
            ['nbiot', START],
            ['iotflow', START + 1],
            ['iotflow', bench.clock.now],
          ],
        )
        assert.equal((await bench.newest(10)).length, 3, 'readings stay')
      })
    })
  })
}
