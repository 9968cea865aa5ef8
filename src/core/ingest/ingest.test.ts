import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openEmbeddedStore } from '../../timeseries/embedded/index.ts'
import { CoreError } from '../errors.ts'
import type { Entry, Receipt, TelemetryStore, TelemetryWriter } from '../telemetry/store.ts'
import { followLog } from './consumer.ts'
import { type IngestPath, createIngest } from './ingest.ts'
import type { Committed, Uplink } from './uplink.ts'

const LIMITS = { queue: 100, metrics: 5, queueBytes: 100_000 }
const KNOWN = 7

const directory = {
  get: (id: number) =>
    id > KNOWN
      ? null
      : ({ id, home: 'iotflow', owner: 1, name: 'n', deviceType: 't', lifecycle: 'active' } as const),
}

function uplink(device: number, time: number, over: Partial<Uplink> = {}): Uplink {
  return {
    device,
    dialect: 'iotflow',
    kind: 'uplink',
    time,
    received: 1_700_000_000_000,
    body: Buffer.from(`{"n":${time}}`),
    readings: [{ metric: 'n', value: time }],
    ...over,
  }
}

function pathOver(store: Pick<TelemetryWriter, 'append'>, limits = LIMITS): IngestPath {
  return createIngest({
    store,
    directory,
    limits,
    onListenerError: (error) => assert.ok(error instanceof Error),
  })
}

/** A store whose disk the test holds in its hand: it decides when and how a write ends. */
function heldStore() {
  const writes: {
    entries: readonly Entry[]
    end: (receipts: Receipt[]) => void
    fail: (e: Error) => void
  }[] = []
  return {
    writes,
    append: (entries: readonly Entry[]) =>
      new Promise<Receipt[]>((end, fail) => {
        writes.push({ entries, end, fail })
      }),
  }
}

const receiptsFrom = (first: number, count: number): Receipt[] =>
  Array.from({ length: count }, (_, index) => ({ status: 'stored', sequence: first + index }))

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('ingest on a store held by the test', () => {
  it('settles nothing before its own batch is on disk, and forms the next batch meanwhile', async () => {
    const store = heldStore()
    const path = pathOver(store)
    const settled: number[] = []
    const send = (n: number) => path.ingest(uplink(1, n)).then(() => settled.push(n))
    const first = [send(1), send(2)]
    await turn()
    const second = [send(3), send(4), send(5)]
    await turn()
    assert.deepEqual(settled, [])
    assert.equal(store.writes.length, 1)
    store.writes[0]?.end(receiptsFrom(1, 2))
    await Promise.all(first)
    assert.deepEqual(settled, [1, 2])
    assert.equal(store.writes[1]?.entries.length, 3)
    store.writes[1]?.end(receiptsFrom(3, 3))
    await Promise.all(second)
    assert.deepEqual(settled, [1, 2, 3, 4, 5])
  })

  it('sends a second batch behind a running commit only when it is worth one, and settles in order', async () => {
    const store = heldStore()
    const path = pathOver(store)
    const first = path.ingest(uplink(1, 0))
    await turn()
    const few = Array.from({ length: 15 }, (_, n) => path.ingest(uplink(1, n + 1)))
    await turn()
    assert.equal(store.writes.length, 1)
    const one = path.ingest(uplink(1, 16))
    await turn()
    assert.deepEqual(
      store.writes.map(({ entries }) => entries.length),
      [1, 16],
    )
    const later = Array.from({ length: 40 }, (_, n) => path.ingest(uplink(1, n + 17)))
    await turn()
    assert.equal(store.writes.length, 2)
    store.writes[0]?.end(receiptsFrom(1, 1))
    await first
    assert.equal(store.writes[2]?.entries.length, 40)
    store.writes[1]?.end(receiptsFrom(2, 16))
    store.writes[2]?.end(receiptsFrom(18, 40))
    const sequences = (await Promise.all([...few, one, ...later])).map(({ sequence }) => sequence)
    assert.deepEqual(
      sequences,
      sequences.toSorted((a, b) => a - b),
    )
    await path.drain()
  })

  it('answers "overloaded" past the bound, keeps what it accepted, and accepts again afterwards', async () => {
    const store = heldStore()
    const path = pathOver(store, { ...LIMITS, queue: 3 })
    const accepted = [1, 2, 3].map((n) => path.ingest(uplink(1, n)))
    await assert.rejects(path.ingest(uplink(1, 4)), { code: 'overloaded' })
    await turn()
    store.writes[0]?.end(receiptsFrom(1, 3))
    assert.equal((await Promise.all(accepted)).length, 3)
    const again = path.ingest(uplink(1, 5))
    await turn()
    store.writes[1]?.end(receiptsFrom(4, 1))
    assert.equal((await again).sequence, 4)
    assert.deepEqual({ ...path.counters().rejected }, { overloaded: 1 })
  })

  it('bounds the bytes it holds', async () => {
    const path = pathOver(heldStore(), { ...LIMITS, queueBytes: 100 })
    void path.ingest(uplink(1, 1, { body: Buffer.alloc(80) }))
    await assert.rejects(path.ingest(uplink(1, 2, { body: Buffer.alloc(80) })), { code: 'overloaded' })
  })

  it('refuses a removed device and too many metrics without touching the store', async () => {
    const store = heldStore()
    const path = pathOver(store)
    await assert.rejects(path.ingest(uplink(KNOWN + 1, 1)), { code: 'device_not_found' })
    const readings = Array.from({ length: 6 }, (_, n) => ({ metric: `m${n}`, value: n }))
    await assert.rejects(path.ingest(uplink(1, 1, { readings })), { code: 'too_large' })
    await turn()
    assert.equal(store.writes.length, 0)
    assert.equal(path.counters().accepted, 0)
  })

  it('tells every sender of a failed batch, publishes nothing of it, and goes on with the next', async () => {
    const store = heldStore()
    const path = pathOver(store)
    const heard: number[] = []
    path.subscribe((batch) => heard.push(...batch.map(({ sequence }) => sequence)))
    const lost = [path.ingest(uplink(1, 1)), path.ingest(uplink(1, 2))]
    await turn()
    const kept = path.ingest(uplink(1, 3))
    store.writes[0]?.fail(new CoreError('storage_unavailable'))
    for (const promise of lost) await assert.rejects(promise, { code: 'storage_unavailable' })
    await turn()
    store.writes[1]?.end(receiptsFrom(3, 1))
    await kept
    await path.drain()
    assert.deepEqual(heard, [3])
    const { accepted, committed, failed, inFlight } = path.counters()
    assert.deepEqual(
      { accepted, committed, failed, inFlight },
      { accepted: 3, committed: 1, failed: 2, inFlight: 0 },
    )
  })

  it('keeps accepted = committed + duplicates + failed + in flight at every instant', async () => {
    const store = heldStore()
    const path = pathOver(store)
    const balance = () => {
      const { accepted, committed, duplicates, failed, inFlight } = path.counters()
      assert.equal(accepted, committed + duplicates + failed + inFlight)
      return inFlight
    }
    const all = Array.from({ length: 10 }, (_, n) => path.ingest(uplink(1, n)))
    assert.equal(balance(), 10)
    await turn()
    store.writes[0]?.end([...receiptsFrom(1, 9), { status: 'duplicate', sequence: 1 }])
    await Promise.all(all)
    assert.equal(balance(), 0)
    assert.equal(path.counters().duplicates, 1)
  })

  it('publishes after the sender has its answer, in order, past a listener that throws', async () => {
    const store = heldStore()
    const path = pathOver(store)
    const events: string[] = []
    path.subscribe(() => {
      throw new Error('a listener with a defect')
    })
    const end = path.subscribe((batch) =>
      events.push(...batch.map(({ sequence }) => `published ${sequence}`)),
    )
    const sent = path.ingest(uplink(1, 1)).then(() => events.push('answered'))
    await turn()
    store.writes[0]?.end(receiptsFrom(1, 1))
    await sent
    await path.drain()
    assert.deepEqual(events, ['answered', 'published 1'])
    end()
    const silent = path.ingest(uplink(1, 2))
    await turn()
    store.writes[1]?.end(receiptsFrom(2, 1))
    await silent
    await path.drain()
    assert.equal(events.length, 2)
  })
})

describe('ingest on the embedded store', () => {
  let folder: string
  let store: TelemetryStore
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sensorium-ingest-'))
    store = await openEmbeddedStore({ file: join(folder, 'telemetry.db') })
  })
  after(async () => {
    await store.close()
    await rm(folder, { recursive: true })
  })

  it('stores an event once when it comes a hundred times at once, and publishes it once', async () => {
    const path = pathOver(store)
    const heard: Committed[] = []
    path.subscribe((batch) => heard.push(...batch))
    const key = { scope: '', text: 'event-1' }
    const receipts = await Promise.all(
      Array.from({ length: 100 }, () => path.ingest(uplink(2, 50, { dialect: 'ozone', key }))),
    )
    await path.drain()
    assert.equal(receipts.filter(({ status }) => status === 'stored').length, 1)
    assert.equal(new Set(receipts.map(({ sequence }) => sequence)).size, 1)
    assert.equal(heard.length, 1)
    assert.equal(
      (await store.range({ devices: [2], range: { from: 0, to: 100 }, order: 'oldest', limit: 10 })).points
        .length,
      1,
    )
  })

  it('lets an uplink that breaks a limit of the store fail alone', async () => {
    const path = pathOver(store)
    const name = 'n'.repeat(100_000)
    const sent = [1, 2, 3, 4, 5, 6, 7].map((n) =>
      path.ingest(uplink(5, n, { readings: [{ metric: n === 4 ? name : 'n', value: n }] })),
    )
    const outcomes = await Promise.allSettled(sent)
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
    )
    await assert.rejects(sent[3] ?? Promise.resolve(), { code: 'too_large' })
    const { points } = await store.range({
      devices: [5],
      range: { from: 0, to: 9 },
      order: 'oldest',
      limit: 10,
    })
    assert.deepEqual(
      points.map(({ value }) => value),
      [1, 2, 3, 5, 6, 7],
    )
    await path.drain()
    const { accepted, committed, failed, inFlight } = path.counters()
    assert.deepEqual(
      { accepted, committed, failed, inFlight },
      { accepted: 7, committed: 6, failed: 1, inFlight: 0 },
    )
  })

  it('shows an uplink to queries and presence when its promise settles', async () => {
    const path = pathOver(store)
    const { sequence } = await path.ingest(uplink(3, 60))
    const [latest] = await store.latest({ devices: [3] })
    assert.equal(latest?.value, 60)
    assert.equal(latest?.sequence, sequence)
    assert.equal(store.lastSeen(3), 1_700_000_000_000)
  })

  it('brings a consumer what was committed before it came, then what follows, each once and in order', async () => {
    const path = pathOver(store)
    for (const n of [70, 71, 72]) await path.ingest(uplink(4, n))
    const seen: number[] = []
    const follow = (failAt?: number) =>
      followLog({
        name: 'test',
        log: store,
        path,
        batch: 2,
        retryAfter: 1,
        onError: (error) => assert.equal((error as Error).message, 'not now'),
        handle: (entries) => {
          const times = entries.filter(({ device }) => device === 4).map(({ time }) => time)
          if (failAt !== undefined && times.includes(failAt)) {
            failAt = undefined
            return Promise.reject(new Error('not now'))
          }
          seen.push(...times)
          return Promise.resolve()
        },
      })
    const until = async (count: number) => {
      while (seen.length < count) await turn()
    }
    const first = follow(72)
    await until(3)
    await first.close()
    for (const n of [73, 74]) await path.ingest(uplink(4, n))
    const second = follow()
    await until(5)
    await path.ingest(uplink(4, 75))
    await until(6)
    await second.close()
    assert.deepEqual(seen, [70, 71, 72, 73, 74, 75])
  })
})
