import { join } from 'node:path'
import type { Entry } from '../src/core/telemetry/store.ts'
import { openEmbeddedStore } from '../src/timeseries/embedded/index.ts'
import { residentMemory, startServer, temporaryFolder } from '../test/server-process.ts'
import { registerDevices, storedSubmissions } from './devices.ts'
import type { Figure, SectionResult } from './figures.ts'
import { batches, METRICS, pointsOf, type PointSet } from './points.ts'
import { appendAll, entryOf } from './same-points.ts'

const SECTION = 'start'
const HOUR = 3600
const POINTS_PER_SECOND = 5000
const BATCH = 1000
const MEBIBYTE = 2 ** 20

/**
 * From the spawn of `node src/main.ts serve` to its first healthy answer, with an hour of 5,000 points/s in the journal.
 * The hour is written by the engine itself with its automatic compaction off; nothing else about the folder is special.
 */
export async function startBench(): Promise<SectionResult> {
  const folder = await temporaryFolder('bench-start')
  try {
    const first = await startServer({ dataDir: folder.path })
    // As many devices as send three numbers a second each; what they send below is a message a second.
    const devices = Math.round(POINTS_PER_SECOND / METRICS.length)
    await registerDevices(first.url, devices)
    await first.end()
    const empty = first.startedInMs
    const set: PointSet = { devices, messages: HOUR, start: Date.now() - HOUR * 1000, step: 1000 }
    await writeHour(join(folder.path, 'telemetry.db'), set)
    const server = await startServer({ dataDir: folder.path, startTimeoutMs: 120_000 })
    const resident = await residentMemory(server.pid)
    const stored = await storedSubmissions(server.url)
    await server.end()
    if (stored !== pointsOf(set) / METRICS.length)
      throw new Error(`${stored} messages are there after the start`)
    return report({ empty, full: server.startedInMs, resident, points: pointsOf(set) })
  } finally {
    await folder.remove()
  }
}

async function writeHour(file: string, set: PointSet): Promise<void> {
  const store = await openEmbeddedStore({ file, compaction: { automatic: false } })
  try {
    await appendAll(store, entriesOf(set))
  } finally {
    await store.close()
  }
}

function* entriesOf(set: PointSet): Generator<readonly Entry[]> {
  for (const batch of batches(set, BATCH)) yield batch.map(entryOf)
}

function report(found: { empty: number; full: number; resident: number; points: number }): SectionResult {
  const figure = (name: string, value: number, more: Partial<Figure> = {}): Figure => ({
    section: SECTION,
    name,
    value,
    unit: 's',
    ...more,
  })
  return {
    figures: [
      figure('with an hour uncompacted', found.full / 1000, {
        goal: { floor: 10, target: 3, better: 'lower' },
        note: `${found.points} points in the journal; spawn to first healthy answer`,
      }),
      figure('first start, empty folder', found.empty / 1000),
      figure('resident after that start', found.resident / MEBIBYTE, { unit: 'MB' }),
    ],
    raw: found,
  }
}
