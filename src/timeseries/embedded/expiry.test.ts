import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import type { TelemetryStore } from '../../core/telemetry/store.ts'
import { START, uplink } from '../contract/bench.ts'
import type { CompactionOptions } from './compaction.ts'
import { openEmbeddedStore } from './index.ts'
import { SUBMISSIONS } from './series-index.ts'

const DAY = 86_400_000

let base = ''
before(() => {
  base = mkdtempSync(join(tmpdir(), 'timeseries-expiry-'))
})
after(() => rmSync(base, { recursive: true, force: true }))

const clock = { now: START }
const open = (name: string, compaction: Partial<CompactionOptions>) =>
  openEmbeddedStore({
    file: join(base, name),
    now: () => clock.now,
    retention: { logDays: 30, readingDays: 10 },
    compaction,
    onFault: (error) => assert.fail(error),
  })

/** Readings of 40 devices through 20 days, an hour apart. */
async function fill(store: TelemetryStore): Promise<void> {
  for (let hour = 0; hour < 20 * 24; hour += 1) {
    const time = START + (hour * DAY) / 24
    await store.append(Array.from({ length: 40 }, (_, device) => uplink([device, time], { t: hour })))
  }
}

const sizes = (store: TelemetryStore) => {
  const { points, chunkBytes } = store.storeStatistics()
  return { points, chunkBytes }
}

/** What the closed file has: chunks of readings, bytes of all chunks, and where the newest chunk of readings ends. */
function inFile(name: string): { chunks: number; chunkBytes: number; end: number } {
  const database = new DatabaseSync(join(base, name), { readOnly: true })
  const [chunks, chunkBytes] = database
    .prepare(
      `SELECT count(CASE WHEN dialect <> ${SUBMISSIONS} THEN 1 END), sum(length(data))
        FROM chunks JOIN series ON series.id = chunks.series`,
      { returnArrays: true },
    )
    .get() as unknown as [number, number]
  const [end] = database
    .prepare(`SELECT max(chunk_end) FROM series WHERE dialect <> ${SUBMISSIONS}`, { returnArrays: true })
    .get() as unknown as [number]
  database.close()
  return { chunks, chunkBytes, end }
}

describe('chunks of expired readings', () => {
  it('go with a compaction, and what is counted of them as well', async () => {
    clock.now = START
    const file = 'chunks.db'
    const byDay = { automatic: false, chunkPoints: 24 }
    let store = await open(file, byDay)
    await fill(store)
    await store.compact()
    const all = sizes(store)
    assert.equal(all.points, 40 * 20 * 24)

    clock.now = START + 20 * DAY
    await store.compact()
    const half = sizes(store)
    assert.equal(half.points, 40 * 10 * 24)
    await store.close()
    assert.deepEqual(inFile(file), {
      chunks: 40 * 10,
      chunkBytes: half.chunkBytes,
      end: START + 20 * DAY - DAY / 24,
    })
    assert.ok(half.chunkBytes < all.chunkBytes)

    store = await open(file, byDay)
    assert.deepEqual(sizes(store), half)
    clock.now = START + 20 * DAY + 12 * 3_600_000
    await store.compact()
    assert.deepEqual(sizes(store), half, 'a chunk stays until all of it has expired')

    clock.now = START + 30 * DAY
    await store.append([uplink([1, START], { t: 1, late: 1 })])
    await store.compact()
    const left = sizes(store)
    assert.equal(left.points, 0)
    await store.close()
    assert.deepEqual(inFile(file), { chunks: 0, chunkBytes: left.chunkBytes, end: -1 })

    store = await open(file, byDay)
    assert.deepEqual(sizes(store), left)
    assert.deepEqual(await store.latest({}), [])
    assert.equal(await store.submissions(), 40 * 20 * 24 + 1)
    await store.close()
  })

  it('go by themselves while nothing is written', async () => {
    clock.now = START
    const store = await open('idle.db', { sweep: 50 })
    await store.append([uplink([1, START], { t: 1 })])
    await store.compact()
    assert.equal(store.storeStatistics().points, 1)
    const before = store.storeStatistics().chunkBytes
    clock.now = START + 11 * DAY
    const end = performance.now() + 10_000
    while (store.storeStatistics().points > 0) {
      assert.ok(performance.now() < end, 'they are still there after ten seconds')
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    assert.ok(store.storeStatistics().chunkBytes < before)
    await store.close()
  })
})
