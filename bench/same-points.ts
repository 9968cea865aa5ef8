import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Entry, TelemetryStore } from '../src/core/telemetry/store.ts'
import { openEmbeddedStore } from '../src/timeseries/embedded/index.ts'
import { batches, METRICS, pointsOf, type Message, type PointSet } from './points.ts'

const AT_ONCE = 4

export interface OwnFigures {
  readonly pointsPerSecond: number
  /** Chunks alone. */
  readonly bytesPerPoint: number
  /** Chunks, and every message as received. */
  readonly bytesWithLog: number
  /** What the file system holds after closing: also indexes, and the pages that the journal has left free. */
  readonly fileBytesPerPoint: number
}

/** Stores the set in the embedded engine, batch by batch, durably, and compacts it. */
export async function storeSamePoints(folder: string, set: PointSet, size: number): Promise<OwnFigures> {
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'telemetry.db')
  const points = pointsOf(set)
  const store = await openEmbeddedStore({ file })
  try {
    const entries = [...batches(set, size)].map((batch) => batch.map(entryOf))
    const started = performance.now()
    await appendAll(store, entries)
    const seconds = (performance.now() - started) / 1000
    await store.compact()
    const { points: stored, chunkBytes, logBytes } = store.storeStatistics()
    if (stored < points) throw new Error(`the store holds ${stored} of ${points} points`)
    await store.close()
    return {
      pointsPerSecond: points / seconds,
      bytesPerPoint: chunkBytes / points,
      bytesWithLog: (chunkBytes + logBytes) / points,
      fileBytesPerPoint: (await stat(file)).size / points,
    }
  } catch (error) {
    await store.close().catch(() => undefined)
    throw error
  }
}

/** So many batches under way at once; each is durable when its append settles. */
export async function appendAll(store: TelemetryStore, all: Iterable<readonly Entry[]>): Promise<void> {
  const iterator = all[Symbol.iterator]()
  const worker = async (): Promise<void> => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await store.append(next.value)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

/** A message as the iotflow dialect would hand it to the store. */
export function entryOf({ device, time, values }: Message): Entry {
  const readings = METRICS.map((metric, index) => ({ metric, value: values[index] ?? 0 }))
  const data = Object.fromEntries(readings.map(({ metric, value }) => [metric, value]))
  const body = Buffer.from(JSON.stringify({ data, timestamp: new Date(time).toISOString() }))
  return { device, dialect: 'iotflow', kind: 'uplink', time, received: time, body, readings }
}
