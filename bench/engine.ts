import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Entry, TelemetryStore } from '../src/core/telemetry/store.ts'
import { openEmbeddedStore } from '../src/timeseries/embedded/index.ts'
import { type Figure, median, type SectionResult, table } from './figures.ts'
import { batches, METRICS, type PointSet, pointsOf } from './points.ts'
import { appendAll, entryOf } from './same-points.ts'

const START = Date.UTC(2026, 0, 1)
const DAY = 86_400_000
const BATCH_POINTS = 1000
const ROUNDS = 3
const ALWAYS = { from: 0, to: START + 1000 * DAY }

const progress = (text: string) => console.error(`  engine: ${text}`)

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

async function inFolder<Result>(work: (file: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-engine-'))
  try {
    return await work(join(folder, 'telemetry.db'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const open = (file: string): Promise<TelemetryStore> =>
  openEmbeddedStore({ file, compaction: { automatic: false }, retention: { logDays: 0 } })

/** Batches of 1,000 points: so many messages with so many readings each. */
function shaped(messages: number, readings: number, rounds: number): Entry[][] {
  const body = Buffer.from(JSON.stringify({ data: { temperature: 21.5 } }))
  const names = Array.from({ length: readings }, (_, index) => `metric_${index}`)
  return Array.from({ length: rounds }, (_, turn) =>
    Array.from({ length: messages }, (__, device) => ({
      device: device + 1,
      dialect: 'iotflow',
      kind: 'uplink',
      time: START + turn * 60_000,
      received: START + turn * 60_000,
      body,
      readings: names.map((metric, index) => ({
        metric,
        value: Math.round(2000 + 500 * Math.sin(turn / 50 + index)) / 100,
      })),
    })),
  )
}

async function appendSpeed(messages: number, readings: number): Promise<Figure> {
  // The same objects come again: millions of them at once would measure the garbage collector.
  const distinct = shaped(messages, readings, 150)
  const all = Array.from({ length: 10 }, () => distinct).flat()
  const speeds: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    progress(`append ${messages} × ${readings}, round ${round + 1} of ${ROUNDS}`)
    speeds.push(
      await inFolder(async (file) => {
        const store = await open(file)
        const took = await seconds(() => appendAll(store, all))
        await store.close()
        return (all.length * BATCH_POINTS) / took
      }),
    )
  }
  return {
    section: 'engine',
    name: `append, durable, ${messages} messages × ${readings} readings`,
    value: median(speeds),
    unit: 'points/s',
    goal: { floor: 1e6, target: 3e6, better: 'higher' },
    note: `batches of 1,000 points, 4 under way; median of ${speeds.map((speed) => (speed / 1e6).toFixed(2)).join(', ')} M`,
  }
}

async function fill(store: TelemetryStore, set: PointSet, size = 333): Promise<void> {
  const entries = function* () {
    for (const batch of batches(set, size)) yield batch.map(entryOf)
  }
  await appendAll(store, entries())
}

/** Bytes of the file that hold something. */
function usedBytes(file: string): number {
  const database = new DatabaseSync(file)
  const pragma = (name: string) => Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0])
  const used = (pragma('page_count') - pragma('freelist_count')) * pragma('page_size')
  database.close()
  return used
}

/** A week of a hundred devices: what compaction costs and what is left on the disk. */
async function compaction(): Promise<Figure[]> {
  const set: PointSet = { devices: 100, messages: 7 * 1440, start: START }
  const points = pointsOf(set)
  progress(`compaction of ${points} points`)
  return inFolder(async (file) => {
    const store = await open(file)
    await fill(store, set)
    const took = await seconds(() => store.compact())
    const { chunkBytes, logBytes } = store.storeStatistics()
    await store.close()
    const used = usedBytes(file)
    const section = 'engine'
    const unit = 'bytes/point'
    return [
      {
        section,
        name: 'compaction',
        value: points / took,
        unit: 'points/s',
        note: 'readings, counts of submissions, and all bodies into the log',
      },
      {
        section,
        name: 'chunks',
        value: chunkBytes / points,
        unit,
        goal: { floor: 3, target: 1.5, better: 'lower' },
        note: 'two decimals, 1-minute steps; with the counts of submissions',
      },
      {
        section,
        name: 'file without free pages and log',
        value: (used - logBytes) / points,
        unit,
        note: 'rows, indexes and half-full pages as well',
      },
      {
        section,
        name: 'log blocks',
        value: logBytes / points,
        unit,
        note: 'every message as received, three readings each',
      },
    ]
  })
}

/** A year of minutes of one device. */
async function scans(): Promise<Figure[]> {
  const set: PointSet = { devices: 1, messages: 365 * 1440, start: START }
  progress('scans over a year of minutes')
  return inFolder(async (file) => {
    const store = await open(file)
    await fill(store, set)
    await store.compact()
    const run = (metric: string, window: number) =>
      store.aggregate({ device: 1, metric, range: ALWAYS, window, order: 'oldest' })
    const timed = async (window: number): Promise<number> => {
      const all: number[] = []
      for (let round = 0; round < 7; round += 1) {
        for (const metric of METRICS) all.push(await seconds(() => run(metric, window)))
      }
      return median(all)
    }
    const hourly = await timed(3_600_000)
    const daily = await timed(DAY)
    await store.close()
    return [
      {
        section: 'engine',
        name: 'scan',
        value: set.messages / hourly,
        unit: 'points/s',
        goal: { floor: 10e6, target: 30e6, better: 'higher' },
        note: 'a year of minutes by hours: every chunk opened, every point looked at',
      },
      { section: 'engine', name: 'a year of minutes by day', value: daily * 1000, unit: 'ms' },
    ]
  })
}

async function latest(): Promise<Figure> {
  progress('latest of 10,000 devices')
  return inFolder(async (file) => {
    const store = await open(file)
    await fill(store, { devices: 10_000, messages: 2, start: START })
    const all: number[] = []
    for (let round = 0; round < 15; round += 1) all.push(await seconds(() => store.latest({})))
    await store.close()
    return {
      section: 'engine',
      name: 'latest of 10,000 devices, 3 metrics each',
      value: median(all) * 1000,
      unit: 'ms',
    }
  })
}

/** An hour at 5,000 points a second that nobody compacted. */
async function restart(): Promise<Figure> {
  const set: PointSet = { devices: 1000, messages: 6000, start: START }
  progress(`start with ${pointsOf(set)} points in the journal`)
  return inFolder(async (file) => {
    const before = await open(file)
    await fill(before, set)
    await before.close()
    const all: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      let store: TelemetryStore | null = null
      all.push(
        await seconds(async () => {
          store = await open(file)
        }),
      )
      await (store as TelemetryStore | null)?.close()
    }
    return {
      section: 'engine',
      name: 'start with 18 M points not compacted',
      value: median(all),
      unit: 's',
      goal: { floor: 10, target: 3, better: 'lower' },
    }
  })
}

const p99 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? NaN

/** Appends of 1,000 points every five milliseconds, alone and beside a compaction of three million. */
async function stall(): Promise<Figure[]> {
  progress('appends beside a compaction')
  return inFolder(async (file) => {
    const store = await open(file)
    await fill(store, { devices: 100, messages: 10_000, start: START })
    const load = shaped(100, 10, 6000)
    let next = 0
    const measure = async (until: () => boolean): Promise<number[]> => {
      const latencies: number[] = []
      const running: Promise<void>[] = []
      const started = performance.now()
      for (let turn = 1; !until() && next < load.length; turn += 1) {
        const batch = load[next++] ?? []
        const sent = performance.now()
        running.push(store.append(batch).then(() => void latencies.push(performance.now() - sent)))
        await new Promise((resolve) =>
          setTimeout(resolve, Math.max(0, started + turn * 5 - performance.now())),
        )
      }
      await Promise.all(running)
      return latencies
    }
    const end = performance.now() + 6000
    const alone = await measure(() => performance.now() > end)
    let done = false
    const compacted = store.compact().then(() => {
      done = true
    })
    const beside = await measure(() => done)
    await compacted
    await store.close()
    const ratio = p99(beside) / p99(alone)
    const section = 'engine'
    return [
      {
        section,
        name: 'append p99 alone',
        value: p99(alone),
        unit: 'ms',
        note: `${alone.length} batches of 1,000 points, one every 5 ms; median ${median(alone).toFixed(2)}`,
      },
      {
        section,
        name: 'append p99 beside a compaction',
        value: p99(beside),
        unit: 'ms',
        note: `${beside.length} batches; median ${median(beside).toFixed(2)}`,
      },
      {
        section,
        name: 'p99 beside ÷ alone',
        value: ratio,
        unit: '',
        goal: { floor: 3, target: 1.5, better: 'lower' },
      },
    ]
  })
}

/** The embedded engine without the server around it. */
export async function engineBench(): Promise<SectionResult> {
  const figures: Figure[] = [
    await appendSpeed(1000, 1),
    await appendSpeed(100, 10),
    await appendSpeed(1, 1000),
    ...(await compaction()),
    ...(await scans()),
    await latest(),
    ...(await stall()),
    await restart(),
  ]
  return { figures }
}

if (import.meta.main) {
  const { figures } = await engineBench()
  console.log(table(figures))
}
