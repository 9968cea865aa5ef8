import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { START, uplink } from '../contract/bench.ts'
import { openEmbeddedStore } from './index.ts'
import { WorkerLink } from './worker-link.ts'

let base = ''
before(() => {
  base = mkdtempSync(join(tmpdir(), 'timeseries-background-'))
})
after(() => rmSync(base, { recursive: true, force: true }))

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 10_000
  while (!holds()) {
    assert.ok(performance.now() < end, 'it did not happen within ten seconds')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

describe('compaction by itself', () => {
  const triggers = { points: { points: 500 }, journal: { journalBytes: 20_000 }, age: { age: 50 } }
  for (const [name, compaction] of Object.entries(triggers)) {
    it(`begins when the limit of ${name} is reached, and frees the journal`, async () => {
      const store = await openEmbeddedStore({ file: join(base, `${name}.db`), compaction })
      for (let turn = 0; turn < 30; turn += 1) {
        await store.append(
          Array.from({ length: 20 }, (_, device) => uplink([device, START + turn], { t: turn })),
        )
      }
      await until(() => store.storeStatistics().compactions > 0)
      await store.compact()
      const { headPoints, journalBytes, points, chunkBytes } = store.storeStatistics()
      assert.deepEqual([headPoints, journalBytes, points], [0, 0, 600])
      assert.ok(chunkBytes > 0)
      await store.close()
    })
  }

  it('waits to be asked where it is turned off', async () => {
    const store = await openEmbeddedStore({
      file: join(base, 'off.db'),
      compaction: { automatic: false, points: 1 },
    })
    await store.append([uplink([1, START], { t: 1 })])
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal(store.storeStatistics().compactions, 0)
    await store.close()
  })
})

describe('closing', () => {
  it('finishes what was accepted, and refuses what comes after', async () => {
    const file = join(base, 'closing.db')
    const store = await openEmbeddedStore({ file })
    const accepted = Array.from({ length: 20 }, (_, index) =>
      store.append([uplink([1, START + index], { t: index })]),
    )
    await store.close()
    assert.equal((await Promise.all(accepted)).length, 20)
    await assert.rejects(store.append([uplink([1, START], { t: 1 })]), /storage_unavailable/)
    const again = await openEmbeddedStore({ file })
    assert.equal(await again.submissions(1), 20)
    await again.close()
  })
})

describe('a worker that dies', () => {
  it('fails what waits for it, and everything after, and says so once', async () => {
    const deaths: string[] = []
    const script = `import { parentPort } from 'node:worker_threads'
      parentPort.on('message', ({ request }) => { if (request === 'die') throw new Error('gone') })`
    const link = new WorkerLink<string, null>({
      script: new URL(`data:text/javascript,${encodeURIComponent(script)}`),
      name: 'test',
      data: null,
      onDeath: (error) => deaths.push(error.message),
    })
    const waiting = link.request('wait')
    const dying = link.request('die')
    await assert.rejects(waiting, /gone/)
    await assert.rejects(dying, /gone/)
    await assert.rejects(link.request('more'), /gone/)
    assert.deepEqual(deaths, ['gone'])
  })
})
