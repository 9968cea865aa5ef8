import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Bench, MINUTE, START, uplink } from './bench.ts'

/** Who was seen, and what was submitted. */
export function presenceContract(bench: Bench): void {
  describe('presence and submissions', () => {
    it('moves last seen by receipt, unless the kind leaves it alone', async () => {
      await bench.store.append([
        uplink([1, START], { t: 1 }, { received: START + 5 }),
        uplink([2, START], {}, { kind: 'presence', body: new Uint8Array(0), received: START + 7 }),
        uplink([3, START], { t: 1 }, { seen: false }),
      ])
      await bench.always(async () => {
        assert.deepEqual(
          [1, 2, 3].map((device) => bench.store.lastSeen(device)),
          [START + 5, START + 7, null],
        )
        assert.deepEqual(bench.store.seenSince(START + 6), [2])
      })
    })

    it('counts uplinks only, by device and by minute of receipt', async () => {
      bench.clock.now = START + 10 * MINUTE
      await bench.store.append([
        uplink([1, 0], { t: 1 }, { received: START }),
        uplink([1, 0], { t: 1 }, { received: START + 5 * MINUTE }),
        uplink([2, 0], {}, { received: START + 9 * MINUTE }),
        uplink([2, 0], {}, { kind: 'join', received: START + 9 * MINUTE }),
      ])
      await bench.always(async () => {
        assert.deepEqual(
          await Promise.all([
            bench.store.submissions(),
            bench.store.submissions(1),
            bench.store.submissions(2),
          ]),
          [3, 2, 1],
        )
        assert.equal(await bench.store.submissionsSince(START + 5 * MINUTE), 2)
      })
    })
  })
}
