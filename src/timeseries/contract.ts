import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { isCoreError } from '../core/errors.ts'
import type { Entry, Point, Reading, TelemetryStore } from '../core/telemetry/store.ts'

/** Opens the store that lives in a folder, or makes one there; closing and opening again is a restart. */
export type OpenStore = (directory: string, options: ContractOptions) => Promise<TelemetryStore>

export interface ContractOptions {
  readonly now: () => number
  readonly logDays: number
}

export interface Traits {
  /** It takes what it is given: the cases of refused input are skipped. */
  readonly trusting?: boolean
}

export const START = Date.UTC(2026, 0, 1)
const MINUTE = 60_000
const ALWAYS = { from: 0, to: Date.UTC(9999, 0, 1) - 1 }

const body = new TextEncoder().encode('{"value":1}')

export function uplink(
  device: number,
  time: number,
  readings: Record<string, Reading['value']>,
  more: Partial<Entry> = {},
): Entry {
  return {
    device,
    dialect: 'iotflow',
    kind: 'uplink',
    time,
    received: START,
    body,
    readings: Object.entries(readings).map(([metric, value]) => ({ metric, value })),
    ...more,
  }
}

const brief = ({ device, metric, time, value }: Point): unknown[] => [device, metric, time - START, value]

/** What every implementation of the telemetry port must do. Each case also holds after a compaction and a restart. */
export function timeseriesContract(name: string, open: OpenStore, { trusting = false }: Traits = {}): void {
  describe(`telemetry contract: ${name}`, () => {
    const clock = { now: START }
    const options: ContractOptions = { now: () => clock.now, logDays: 30 }
    let base = ''
    let directory = ''
    let store: TelemetryStore

    before(() => {
      base = mkdtempSync(join(tmpdir(), 'telemetry-contract-'))
    })
    after(() => rmSync(base, { recursive: true, force: true }))
    beforeEach(async () => {
      clock.now = START
      directory = mkdtempSync(join(base, 'store-'))
      store = await open(directory, options)
    })
    afterEach(() => store.close())

    const restart = async () => {
      await store.close()
      store = await open(directory, options)
    }

    /** Runs the checks on what was just stored, after a compaction, and after a restart. */
    async function always(check: () => Promise<void>): Promise<void> {
      await check()
      await store.compact()
      await check()
      await restart()
      await check()
    }

    const newest = async (limit: number, more: Partial<Parameters<TelemetryStore['range']>[0]> = {}) =>
      (await store.range({ range: ALWAYS, order: 'newest', limit, ...more })).points

    describe('append', () => {
      it('answers each entry with its own rising sequence', async () => {
        const receipts = await store.append([uplink(1, START, { t: 1 }), uplink(2, START, { t: 2 })])
        const [more] = await store.append([uplink(1, START + 1, { t: 3 })])
        assert.deepEqual(
          receipts.map(({ status }) => status),
          ['stored', 'stored'],
        )
        const sequences = [...receipts, more].map((receipt) => receipt?.sequence ?? 0)
        assert.ok(sequences.every((sequence, index) => sequence > (sequences[index - 1] ?? 0)))
      })

      it('takes nothing from an empty list', async () => {
        assert.deepEqual(await store.append([]), [])
        assert.equal((await store.latest({})).length, 0)
      })

      it('settles several appends in call order', async () => {
        const settled: number[] = []
        await Promise.all(
          [0, 1, 2, 3].map((index) =>
            store.append([uplink(1, START + index, { t: index })]).then(() => settled.push(index)),
          ),
        )
        assert.deepEqual(settled, [0, 1, 2, 3])
      })

      it('goes on with larger sequences after a restart', async () => {
        const [first] = await store.append([uplink(1, START, { t: 1 })])
        await store.compact()
        await restart()
        const [second] = await store.append([uplink(1, START + 1, { t: 1 })])
        assert.ok((second?.sequence ?? 0) > (first?.sequence ?? 0))
      })

      it(
        'refuses numbers that are not finite and instants out of range, and stores nothing of the batch',
        { skip: trusting },
        async () => {
          const good = uplink(1, START, { t: 1 })
          const bad = [
            uplink(1, START, { t: Number.NaN }),
            uplink(1, START, { t: Infinity }),
            uplink(1, -1, { t: 1 }),
            uplink(1, Date.UTC(9999, 0, 1), { t: 1 }),
            uplink(1, START + 0.5, { t: 1 }),
          ]
          for (const entry of bad)
            await assert.rejects(store.append([good, entry]), (error) => isCoreError(error, 'invalid_input'))
          await always(async () => assert.deepEqual(await store.latest({}), []))
        },
      )

      it('refuses a metric name of 10,000 characters', { skip: trusting }, async () => {
        await assert.rejects(store.append([uplink(1, START, { ['x'.repeat(10_000)]: 1 })]), (error) =>
          isCoreError(error, 'too_large'),
        )
        assert.deepEqual(await store.latest({}), [])
      })
    })

    describe('values', () => {
      it('come back as they were given', async () => {
        const values: Reading['value'][] = [
          ...[0, -0, 1, -1.25, 0.1 + 0.2, 1e300, 5e-324, Number.MAX_SAFE_INTEGER, -1e-7],
          ...[true, false, '', 'text', 'größer ⚡', 'a\u0000b', '\ud800'],
          ...[[], [1, [null, 'x']], {}, { a: { b: [true] } }],
        ]
        for (const [index, value] of values.entries())
          await store.append([uplink(1, START + index, { v: value })])
        await always(async () => {
          const { points } = await store.range({ range: ALWAYS, order: 'oldest', limit: 100 })
          assert.deepEqual(
            points.map(({ value }) => value),
            values,
          )
        })
      })

      it('may have any name, and bring their attributes', async () => {
        const readings: Reading[] = [
          {
            metric: '__proto__',
            value: 1,
            attributes: { unit: '°C', origin: 'constructor', protocol: 'mqtt', anomaly: true },
          },
          { metric: 'toString', value: 2, attributes: { anomaly: false } },
          { metric: 'a\u0000b', value: 3 },
        ]
        await store.append([uplink(1, START, {}, { readings })])
        await always(async () => {
          const points = await store.latest({ devices: [1] })
          const found = points.map(({ metric, value, unit, origin, protocol, anomaly }) => [
            metric,
            value,
            unit,
            origin,
            protocol,
            anomaly,
          ])
          assert.deepEqual(found, [
            ['__proto__', 1, '°C', 'constructor', 'mqtt', true],
            ['a\u0000b', 3, undefined, undefined, undefined, undefined],
            ['toString', 2, undefined, undefined, undefined, false],
          ])
        })
      })

      it('change their type within a series', async () => {
        await store.append([
          uplink(1, START, { v: 1 }),
          uplink(1, START + 1, { v: 'two' }),
          uplink(1, START + 2, { v: true }),
        ])
        await always(async () => {
          assert.deepEqual(
            (await newest(10)).map(({ value }) => value),
            [true, 'two', 1],
          )
          const [bucket] = await store.aggregate({
            device: 1,
            metric: 'v',
            range: ALWAYS,
            window: MINUTE,
            order: 'oldest',
          })
          assert.equal(bucket?.count, 1)
        })
      })
    })

    describe('repeated and late points', () => {
      it('replace: the later sequence wins at an instant, whatever its unit', async () => {
        const withUnit = (unit: string, value: number): Reading[] => [
          { metric: 't', value, attributes: { unit } },
        ]
        await store.append([uplink(1, START, {}, { readings: withUnit('°C', 20) })])
        await store.compact()
        await store.append([uplink(1, START, {}, { readings: withUnit('°F', 68) })])
        await always(async () => {
          const points = await newest(10)
          assert.deepEqual(
            points.map(({ value, unit }) => [value, unit]),
            [[68, '°F']],
          )
          const [statistics] = await store.statistics({}, ALWAYS)
          assert.equal(statistics?.count, 1)
          assert.equal(await store.submissions(1), 2)
        })
      })

      it('keep: both stay, ordered by sequence', async () => {
        const sensors = { dialect: 'sensors' } as const
        await store.append([uplink(1, START, { t: 1 }, sensors)])
        await store.compact()
        await store.append([uplink(1, START, { t: 2 }, sensors), uplink(1, START, { t: 3 }, sensors)])
        await always(async () => {
          assert.deepEqual(
            (await newest(10)).map(({ value }) => value),
            [3, 2, 1],
          )
          const { points } = await store.range({ range: ALWAYS, order: 'oldest', limit: 10 })
          assert.deepEqual(
            points.map(({ value }) => value),
            [1, 2, 3],
          )
          const [bucket] = await store.aggregate({
            device: 1,
            metric: 't',
            range: ALWAYS,
            window: MINUTE,
            order: 'oldest',
          })
          assert.deepEqual([bucket?.count, bucket?.first, bucket?.last], [3, 1, 3])
        })
      })

      it('late points find their place and do not become the latest', async () => {
        for (const minute of [5, 1, 9, 3, 7])
          await store.append([uplink(1, START + minute * MINUTE, { t: minute })])
        await store.compact()
        for (const minute of [4, 0, 8, 2, 6])
          await store.append([uplink(1, START + minute * MINUTE, { t: minute })])
        await always(async () => {
          assert.deepEqual(
            (await newest(20)).map(({ value }) => value),
            [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
          )
          assert.deepEqual((await store.latest({})).map(brief), [[1, 't', 9 * MINUTE, 9]])
        })
      })

      it('a metric named twice in one message has its last value', async () => {
        const readings = [
          { metric: 't', value: 1 },
          { metric: 't', value: 2 },
        ]
        await store.append([uplink(1, START, {}, { readings, dialect: 'sensors' })])
        await always(async () =>
          assert.deepEqual(
            (await newest(10)).map(({ value }) => value),
            [2],
          ),
        )
      })
    })

    describe('range', () => {
      const fill = () =>
        store.append(
          [2, 1].flatMap((device) =>
            [0, 1, 2].map((minute) => uplink(device, START + minute * MINUTE, { b: minute, a: device })),
          ),
        )

      it('orders by time, then device and metric', async () => {
        await fill()
        await always(async () => {
          assert.deepEqual((await newest(5)).map(brief), [
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
        await always(async () => {
          const range = { from: START + MINUTE, to: START + 2 * MINUTE }
          const points = await newest(100, { devices: [1], metrics: ['a'], range })
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
          const whole = await store.range({ ...query, limit: 100 })
          const first = await store.range(query)
          await store.compact()
          const second = await store.range({ ...query, after: first.next ?? '' })
          await restart()
          const third = await store.range({ ...query, after: second.next ?? '' })
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
        await always(async () => {
          const page = await store.range({ range: ALWAYS, order: 'newest', limit: 2, limitBy: 'instants' })
          assert.equal(page.points.length, 8)
          const rest = await store.range({
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
        await store.append([uplink(1, START, { a: 7 }, { dialect: 'nbiot' })])
        await always(async () => {
          assert.deepEqual((await newest(10, { dialects: ['nbiot'] })).map(brief), [[1, 'a', 0, 7]])
          for (const none of [{ devices: [9] }, { devices: [] }, { metrics: ['z'] }, { dialects: [] }]) {
            assert.deepEqual(await store.range({ range: ALWAYS, order: 'newest', limit: 9, ...none }), {
              points: [],
            })
          }
        })
      })

      it('refuses a token that is none', { skip: trusting }, async () => {
        await fill()
        const query = { range: ALWAYS, order: 'newest', limit: 5 } as const
        for (const token of ['x', 'bnVsbA', '']) {
          await assert.rejects(store.range({ ...query, after: token }), (error) =>
            isCoreError(error, 'invalid_input'),
          )
        }
      })
    })

    describe('aggregate and statistics', () => {
      it('gives count, sum, min, max, mean, first and last by aligned windows', async () => {
        const values = [3, 1, 2, 10, 20]
        const times = [0, 1, 59, 61, 119]
        await store.append(
          values.map((value, index) => uplink(1, START + (times[index] ?? 0) * 1000, { t: value })),
        )
        const expected = [
          { start: START, count: 3, sum: 6, min: 1, max: 3, mean: 2, first: 3, last: 2 },
          { start: START + MINUTE, count: 2, sum: 30, min: 10, max: 20, mean: 15, first: 10, last: 20 },
        ]
        await always(async () => {
          const query = { device: 1, metric: 't', range: ALWAYS, window: MINUTE } as const
          assert.deepEqual(await store.aggregate({ ...query, order: 'oldest' }), expected)
          assert.deepEqual(await store.aggregate({ ...query, order: 'newest' }), expected.toReversed())
        })
      })

      it('cuts the first and last window at the range', async () => {
        await store.append([0, 1, 2, 3].map((minute) => uplink(1, START + minute * MINUTE, { t: minute })))
        await always(async () => {
          const range = { from: START + MINUTE, to: START + 2 * MINUTE }
          const buckets = await store.aggregate({
            device: 1,
            metric: 't',
            range,
            window: 60 * MINUTE,
            order: 'oldest',
          })
          assert.deepEqual(
            buckets.map(({ start, count, sum }) => [start - START, count, sum]),
            [[0, 2, 3]],
          )
        })
      })

      it('counts readings, anomalies, origins and protocols by series', async () => {
        const reading = (origin: string, anomaly: boolean): Reading[] => [
          { metric: 't', value: 'text counts too', attributes: { origin, protocol: 'mqtt', anomaly } },
        ]
        await store.append([
          uplink(1, START, {}, { readings: reading('a', true) }),
          uplink(1, START + 1, {}, { readings: reading('b', false) }),
          uplink(1, START + 2, {}, { readings: reading('a', true) }),
          uplink(2, START + 2, { t: 1 }),
        ])
        await always(async () => {
          assert.deepEqual(await store.statistics({ metrics: ['t'] }, { from: START, to: START + 2 }), [
            {
              device: 1,
              metric: 't',
              dialect: 'iotflow',
              count: 3,
              anomalies: 2,
              origins: { a: 2, b: 1 },
              protocols: { mqtt: 3 },
            },
            {
              device: 2,
              metric: 't',
              dialect: 'iotflow',
              count: 1,
              anomalies: 0,
              origins: {},
              protocols: {},
            },
          ])
          assert.equal((await store.statistics({}, { from: START + 1, to: START + 1 }))[0]?.count, 1)
        })
      })
    })

    describe('presence and submissions', () => {
      it('moves last seen by receipt, unless the kind leaves it alone', async () => {
        await store.append([
          uplink(1, START, { t: 1 }, { received: START + 5 }),
          uplink(2, START, {}, { kind: 'presence', body: new Uint8Array(0), received: START + 7 }),
          uplink(3, START, { t: 1 }, { seen: false }),
        ])
        await always(async () => {
          assert.deepEqual(
            [1, 2, 3].map((device) => store.lastSeen(device)),
            [START + 5, START + 7, null],
          )
          assert.deepEqual(store.seenSince(START + 6), [2])
        })
      })

      it('counts uplinks only, by device and by minute of receipt', async () => {
        clock.now = START + 10 * MINUTE
        await store.append([
          uplink(1, 0, { t: 1 }, { received: START }),
          uplink(1, 0, { t: 1 }, { received: START + 5 * MINUTE }),
          uplink(2, 0, {}, { received: START + 9 * MINUTE }),
          uplink(2, 0, {}, { kind: 'join', received: START + 9 * MINUTE }),
        ])
        await always(async () => {
          assert.deepEqual(
            await Promise.all([store.submissions(), store.submissions(1), store.submissions(2)]),
            [3, 2, 1],
          )
          assert.equal(await store.submissionsSince(START + 5 * MINUTE), 2)
        })
      })
    })

    describe('keys, tallies and rows', () => {
      it('stores a key once, in the batch, across batches and restarts', async () => {
        const key = { scope: 's', text: 'k\u0000' }
        const tallies = [{ name: 'pressed', bucket: 3, delta: 2 }]
        const once = uplink(1, START, { t: 1 }, { key, tallies, rows: [{ subject: 'x', fields: { a: 1 } }] })
        const [first, second] = await store.append([once, { ...once, time: START + 1 }])
        assert.deepEqual(second, { status: 'duplicate', sequence: first?.sequence })
        await always(async () => {
          const [again] = await store.append([{ ...once, time: START + 2 }])
          assert.deepEqual(again, { status: 'duplicate', sequence: first?.sequence })
          assert.equal((await newest(10)).length, 1)
          assert.equal((await store.log({ after: 0, limit: 10 })).length, 1)
          assert.deepEqual(await store.tallies('pressed', { from: 0, to: 9 }), [{ bucket: 3, count: 2 }])
          assert.equal(
            (await store.rows({ dialect: 'iotflow', range: ALWAYS, order: 'oldest', limit: 9 })).length,
            1,
          )
          assert.equal(await store.submissions(1), 1)
        })
      })

      it('keeps keys of other dialects and scopes apart', async () => {
        const key = { scope: 's', text: 'k' }
        const receipts = await store.append([
          uplink(1, START, { t: 1 }, { key }),
          uplink(1, START, { t: 1 }, { key, dialect: 'ozone' }),
          uplink(1, START, { t: 1 }, { key: { ...key, scope: 'other' } }),
        ])
        assert.deepEqual(
          receipts.map(({ status }) => status),
          ['stored', 'stored', 'stored'],
        )
      })

      it('pages rows by data time without splitting an entry', async () => {
        const row = (n: number) => ({ subject: n % 2 === 0 ? 'even' : 'odd', fields: { n } })
        await store.append([3, 1, 2].map((n) => uplink(1, START + n, {}, { rows: [row(n), row(n + 10)] })))
        await always(async () => {
          const query = { dialect: 'iotflow', range: ALWAYS, order: 'newest', limit: 1 } as const
          const fieldsOf = (rows: Awaited<ReturnType<TelemetryStore['rows']>>) =>
            rows.map(({ fields }) => fields)
          const first = await store.rows(query)
          assert.deepEqual(fieldsOf(first), [{ n: 13 }, { n: 3 }])
          const second = await store.rows({
            ...query,
            after: { time: START + 3, sequence: first[0]?.sequence ?? 0 },
          })
          assert.deepEqual(fieldsOf(second), [{ n: 12 }, { n: 2 }])
          const odd = await store.rows({
            ...query,
            subject: 'odd',
            order: 'oldest',
            limit: 9,
            range: { from: START + 2, to: START + 3 },
          })
          assert.deepEqual(fieldsOf(odd), [{ n: 3 }, { n: 13 }])
          assert.deepEqual(await store.rows({ ...query, dialect: 'ozone' }), [])
        })
      })
    })

    describe('log', () => {
      it('gives entries by sequence, forward and backward, of all and of one device', async () => {
        const key = { scope: '', text: 'k' }
        const receipts = await store.append([
          uplink(1, START + 3, { t: 1 }, { key, received: START + 9 }),
          uplink(2, START + 2, {}, { kind: 'join', body: new Uint8Array(0) }),
          uplink(1, START, {}, { kind: 'presence', body: new Uint8Array(0) }),
          uplink(1, START + 1, { t: 2 }, { dialect: 'ozone' }),
        ])
        const [a = 0, b = 0, , d = 0] = receipts.map(({ sequence }) => sequence)
        await always(async () => {
          const sequences = async (query: Parameters<TelemetryStore['log']>[0]) =>
            (await store.log(query)).map(({ sequence }) => sequence)
          assert.deepEqual(await sequences({ limit: 10 }), [a, b, d])
          assert.deepEqual(await sequences({ after: a, limit: 1 }), [b])
          assert.deepEqual(await sequences({ before: Infinity, limit: 2 }), [d, b])
          assert.deepEqual(await sequences({ device: 1, before: d, limit: 9 }), [a])
          assert.deepEqual(await sequences({ device: 1, after: a, limit: 9 }), [d])
          const [first] = await store.log({ limit: 1 })
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
        assert.equal(await store.cursor('alerts'), 0)
        await store.moveCursor('alerts', 7)
        await store.moveCursor('flows\u0000', 9)
        await restart()
        assert.deepEqual([await store.cursor('alerts'), await store.cursor('flows\u0000')], [7, 9])
      })

      it('lets entries expire by age, but not those of record-keeping dialects, nor past a cursor', async () => {
        const day = 86_400_000
        await store.append([uplink(1, START, { t: 1 }), uplink(1, START, {}, { dialect: 'nbiot' })])
        const [late] = await store.append([uplink(1, START + 1, { t: 2 })])
        await store.moveCursor('slow', (late?.sequence ?? 0) - 1)
        clock.now = START + 31 * day
        await store.append([uplink(1, clock.now, { t: 3 }, { received: clock.now })])
        await always(async () => {
          const entries = await store.log({ limit: 10 })
          assert.deepEqual(
            entries.map(({ dialect, time }) => [dialect, time]),
            [
              ['nbiot', START],
              ['iotflow', START + 1],
              ['iotflow', clock.now],
            ],
          )
          assert.equal((await newest(10)).length, 3, 'readings stay')
        })
      })
    })

    describe('deletes', () => {
      const fill = () =>
        store.append(
          [0, 1, 2, 3].flatMap((minute) =>
            [1, 2].map((device) => uplink(device, START + minute * MINUTE, { t: minute })),
          ),
        )
      const middle = { from: START + 2 * MINUTE, to: START + 9 * MINUTE }

      it('a range takes readings, log entries and counts of one device, and latest falls back', async () => {
        await fill()
        await store.deleteRange(1, middle)
        await always(async () => {
          assert.deepEqual(
            (await newest(10, { devices: [1] })).map(({ value }) => value),
            [1, 0],
          )
          assert.deepEqual((await store.latest({})).map(brief), [
            [1, 't', MINUTE, 1],
            [2, 't', 3 * MINUTE, 3],
          ])
          assert.equal((await store.log({ device: 1, limit: 10 })).length, 2)
          assert.equal((await store.log({ limit: 10 })).length, 6)
          assert.deepEqual(
            await Promise.all([store.submissions(1), store.submissions(2), store.submissions()]),
            [2, 4, 6],
          )
          assert.equal(await store.submissionsSince(START), 6)
          assert.notEqual(store.lastSeen(1), null)
        })
      })

      it('reaches points in chunks, and not those written afterwards', async () => {
        await fill()
        await store.compact()
        await store.deleteRange(1, middle)
        await store.append([uplink(1, START + 3 * MINUTE, { t: 33 })])
        await always(async () => {
          assert.deepEqual(
            (await newest(10, { devices: [1] })).map(({ value }) => value),
            [33, 1, 0],
          )
          const [bucket] = await store.aggregate({
            device: 1,
            metric: 't',
            range: ALWAYS,
            window: 60 * MINUTE,
            order: 'oldest',
          })
          assert.deepEqual([bucket?.count, bucket?.last], [3, 33])
          assert.equal(await store.submissions(1), 3)
        })
      })

      it('leaves nothing of a removed device', async () => {
        const key = { scope: '', text: 'k' }
        await fill()
        await store.append([uplink(1, START, { t: 1 }, { key, rows: [{ subject: 'x', fields: 1 }] })])
        await store.compact()
        await store.append([uplink(1, START + 9, { t: 9 })])
        await store.deleteDevice(1)
        await store.deleteDevice(1)
        await always(async () => {
          assert.deepEqual(
            (await store.latest({})).map(({ device }) => device),
            [2],
          )
          assert.deepEqual([...new Set((await newest(99)).map(({ device }) => device))], [2])
          assert.deepEqual(await store.log({ device: 1, limit: 10 }), [])
          assert.deepEqual(
            [store.lastSeen(1), await store.submissions(1), await store.submissions()],
            [null, 0, 4],
          )
          assert.deepEqual(
            await store.rows({ dialect: 'iotflow', range: ALWAYS, order: 'oldest', limit: 9 }),
            [],
          )
          assert.deepEqual(await store.statistics({ devices: [1] }, ALWAYS), [])
        })
        const [receipt] = await store.append([uplink(3, START, { t: 1 }, { key })])
        assert.equal(receipt?.status, 'stored', 'its keys are free')
      })

      it('of nothing is no error', async () => {
        await store.deleteRange(77, ALWAYS)
        await store.deleteDevice(77)
        assert.deepEqual(await store.latest({}), [])
      })
    })

    describe('series without bound', () => {
      it('holds thousands of series with few points', async () => {
        const entries = Array.from({ length: 2000 }, (_, device) =>
          uplink(device + 1, START, { a: device, b: device / 4 }),
        )
        await store.append(entries)
        await always(async () => {
          assert.equal((await store.latest({})).length, 4000)
          assert.deepEqual(
            (await store.latest({ devices: [1500], metrics: ['b'] })).map(({ value }) => value),
            [1499 / 4],
          )
        })
      })

      it('holds one series with many points, in order or not', async () => {
        const count = 6000
        const order = Array.from({ length: count }, (_, index) => (index * 7919) % count)
        for (let at = 0; at < count; at += 1000) {
          await store.append(
            order
              .slice(at, at + 1000)
              .map((minute) => uplink(1, START + minute * MINUTE, { t: minute / 100 })),
          )
          if (at === 3000) await store.compact()
        }
        await always(async () => {
          const [bucket] = await store.aggregate({
            device: 1,
            metric: 't',
            range: ALWAYS,
            window: 1e12,
            order: 'newest',
          })
          assert.equal(bucket?.count, count)
          const page = await store.range({
            range: { from: START + 5000 * MINUTE, to: ALWAYS.to },
            order: 'oldest',
            limit: 3,
          })
          assert.deepEqual(
            page.points.map(({ value }) => value),
            [50, 50.01, 50.02],
          )
        })
      })
    })
  })
}
