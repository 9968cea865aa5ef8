import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import { isCoreError } from '../../core/errors.ts'
import type { TelemetryStore } from '../../core/telemetry/store.ts'
import { START, uplink } from '../contract/bench.ts'
import { NewerFormatError, openEmbeddedStore } from './index.ts'

const ALWAYS = { from: 0, to: Number.MAX_SAFE_INTEGER }

const values = async (store: TelemetryStore): Promise<unknown[]> =>
  (await store.range({ range: ALWAYS, order: 'oldest', limit: 1e6 })).points.map(({ value }) => value)

let base = ''
before(() => {
  base = mkdtempSync(join(tmpdir(), 'timeseries-damage-'))
})
after(() => rmSync(base, { recursive: true, force: true }))

describe('a write-ahead log that lost its end', () => {
  it('gives a prefix of what was appended, never anything else', async () => {
    const directory = join(base, 'torn')
    mkdirSync(directory)
    const file = join(directory, 'telemetry.db')
    const store = await openEmbeddedStore({ file })
    // Everything so far goes into the file itself, so that the log holds the appends below and no more.
    await store.close()
    const writing = await openEmbeddedStore({ file })
    for (let index = 0; index < 40; index += 1) {
      await writing.append([
        uplink([1, START + index], { t: index, s: `text ${index}` }),
        uplink([2, START + index], { t: index }),
      ])
    }
    const size = statSync(`${file}-wal`).size
    const copy = join(base, 'torn-copy')
    let shorter = 0
    for (let round = 0; round < 30; round += 1) {
      cpSync(directory, copy, { recursive: true, filter: (name) => !name.endsWith('-shm') })
      truncateSync(join(copy, 'telemetry.db-wal'), Math.floor((size * (round * 7919)) % size))
      const torn = await openEmbeddedStore({ file: join(copy, 'telemetry.db') })
      const found = (await torn.range({ devices: [1], range: ALWAYS, order: 'oldest', limit: 1000 })).points
      const expected = Array.from({ length: found.length / 2 }, (_, index) => [`text ${index}`, index]).flat()
      assert.deepEqual(
        found.map(({ value }) => value),
        expected,
      )
      const log = await torn.log({ limit: 1000 })
      assert.equal(log.length, found.length)
      assert.equal(await torn.submissions(), found.length)
      if (found.length < 80) shorter += 1
      await torn.append([uplink([1, START + 1000], { t: -1 })])
      await torn.close()
      rmSync(copy, { recursive: true })
    }
    await writing.close()
    assert.ok(shorter > 20, 'most rounds must have lost something')
  })
})

describe('a file of another format', () => {
  it('is refused in one line', async () => {
    const file = join(base, 'newer.db')
    await (await openEmbeddedStore({ file })).close()
    const database = new DatabaseSync(file)
    database.exec("UPDATE meta SET value = 99 WHERE name = 'format'")
    database.close()
    await assert.rejects(openEmbeddedStore({ file }), (error) => {
      assert.ok(error instanceof NewerFormatError)
      assert.match(error.message, /^[^\n]*format 99[^\n]*$/)
      return true
    })
  })

  it('that is no database is refused', async () => {
    const file = join(base, 'text.db')
    writeFileSync(file, 'this is not a database, but a text of some length'.repeat(100))
    await assert.rejects(openEmbeddedStore({ file }), /not a database/)
  })
})

describe('limits', () => {
  it('refuse one series too many for a device and store nothing of the batch', async () => {
    const store = await openEmbeddedStore({ file: join(base, 'limits.db'), limits: { seriesPerDevice: 3 } })
    await store.append([uplink([1, START], { a: 1, b: 2 })])
    await assert.rejects(
      store.append([uplink([2, START], { a: 1 }), uplink([1, START], { c: 1, d: 1 })]),
      (error) => {
        assert.ok(isCoreError(error, 'too_large'))
        assert.equal(error.details['limit'], 3)
        return true
      },
    )
    assert.deepEqual(
      (await store.latest({})).map(({ device, metric }) => [device, metric]),
      [
        [1, 'a'],
        [1, 'b'],
      ],
    )
    await store.close()
  })

  it('refuse more appends under way than the queue takes, and settle all others', async () => {
    const store = await openEmbeddedStore({ file: join(base, 'queue.db'), limits: { outstanding: 4 } })
    const settled = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) => store.append([uplink([1, START + index], { t: index })])),
    )
    const refused = settled.filter((result) => result.status === 'rejected')
    assert.equal(refused.length, 6)
    assert.ok(refused.every(({ reason }) => isCoreError(reason, 'overloaded')))
    assert.deepEqual(await values(store), [0, 1, 2, 3])
    await store.close()
  })
})

describe('the write-ahead log', () => {
  it('stays bounded under constant load', { timeout: 120_000 }, async () => {
    const file = join(base, 'wal.db')
    const store = await openEmbeddedStore({ file, compaction: { automatic: false } })
    const body = new Uint8Array(20_000)
    let largest = 0
    for (let turn = 0; turn < 300; turn += 1) {
      await store.append(
        Array.from({ length: 50 }, (_, index) => uplink([index, START + turn], { t: turn }, { body })),
      )
      largest = Math.max(largest, statSync(`${file}-wal`).size)
    }
    const { journalBytes } = store.storeStatistics()
    await store.close()
    assert.ok(journalBytes > 280e6)
    assert.ok(largest < 110e6, `the log grew to ${largest} bytes`)
  })
})

describe('a full disk', () => {
  const mount = join(tmpdir(), `timeseries-full-${process.pid}`)
  let mounted = false

  before(() => {
    mkdirSync(mount)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', mount], { stdio: 'pipe' })
      mounted = true
    } catch {
      mounted = false
    }
  })
  after(() => {
    if (mounted) execFileSync('umount', ['-l', mount])
    rmSync(mount, { recursive: true, force: true })
  })

  it('refuses loudly, loses nothing acknowledged, and works again when space returns', async (t) => {
    if (!mounted) {
      t.skip('SKIPPED: mounting a small file system is not permitted here')
      return
    }
    const file = join(mount, 'telemetry.db')
    const store = await openEmbeddedStore({ file, compaction: { automatic: false } })
    const ballast = join(mount, 'ballast')
    writeFileSync(ballast, new Uint8Array(1_500_000))
    const acknowledged: number[] = []
    const body = new Uint8Array(30_000)
    let refused = 0
    for (let index = 0; index < 200 && refused < 3; index += 1) {
      try {
        // New names in every message: those of a refused one must be written with the next.
        await store.append([uplink([1, START + index], { t: index, [`m${index % 50}`]: true }, { body })])
        acknowledged.push(index)
      } catch (error) {
        assert.ok(isCoreError(error, 'storage_unavailable'))
        assert.match(store.storeStatistics().fault ?? '', /full/)
        refused += 1
      }
    }
    assert.equal(refused, 3)
    assert.ok(acknowledged.length > 5)
    const numbers = async (from: TelemetryStore) =>
      (await from.range({ metrics: ['t'], range: ALWAYS, order: 'oldest', limit: 1000 })).points.map(
        ({ value }) => value,
      )
    assert.deepEqual(await numbers(store), acknowledged)
    unlinkSync(ballast)
    await store.append([uplink([1, START + 5000], { t: 5000, fresh: 1 })])
    acknowledged.push(5000)
    assert.equal(store.storeStatistics().fault, null)
    assert.deepEqual(await numbers(store), acknowledged)
    await store.close()
    const again = await openEmbeddedStore({ file })
    assert.deepEqual(await numbers(again), acknowledged)
    assert.equal((await again.latest({ metrics: ['fresh'] })).length, 1)
    await again.close()
  })
})
