import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { IngestCounters } from '../core/ingest/uplink.ts'
import type { StoreStatistics } from '../core/telemetry/store.ts'

/** Where the figures come from; read when someone asks, so that counting costs nothing on the way of a reading. */
export interface MetricSources {
  readonly ingest: () => IngestCounters
  readonly store: () => StoreStatistics
  readonly devices: () => number
}

export interface Metrics {
  /** Called after every commit. */
  observeCommit(batch: { entries: number; seconds: number; stored: boolean }): void
  /** Prometheus text exposition format 0.0.4. */
  text(): Promise<string>
  readonly contentType: string
}

const BATCH_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096]
const COMMIT_SECONDS = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2]

/** No label holds a name, id or address of a user or device. */
export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  addIngestMetrics(registers, sources)
  addStoreMetrics(registers, sources)
  const batchSize = new Histogram({
    name: 'sensorium_commit_batch_size',
    help: 'Uplinks in one durable transaction',
    buckets: BATCH_SIZES,
    registers,
  })
  const commitSeconds = new Histogram({
    name: 'sensorium_commit_seconds',
    help: 'Time from handing a batch to the store until it is on disk',
    buckets: COMMIT_SECONDS,
    registers,
  })
  const failures = new Counter({
    name: 'sensorium_commits_failed_total',
    help: 'Transactions the disk refused',
    registers,
  })
  return {
    observeCommit({ entries, seconds, stored }) {
      batchSize.observe(entries)
      commitSeconds.observe(seconds)
      if (!stored) failures.inc()
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

interface Mirror {
  readonly name: string
  readonly help: string
  /** Where the figure's truth is kept. */
  readonly read: () => number
}

function counter(registers: Registry[], { name, help, read }: Mirror): void {
  new Counter({
    name,
    help,
    registers,
    collect() {
      this.reset()
      this.inc(read())
    },
  })
}

function gauge(registers: Registry[], { name, help, read }: Mirror): void {
  new Gauge({
    name,
    help,
    registers,
    collect() {
      this.set(read())
    },
  })
}

function addIngestMetrics(registers: Registry[], { ingest, devices }: MetricSources): void {
  const counted = [
    ['accepted', 'Uplinks admitted: accepted = committed + duplicates + failed + in flight'],
    ['committed', 'Uplinks on disk'],
    ['duplicates', 'Uplinks recognised as repeats inside a commit'],
    ['failed', 'Uplinks whose commit failed; their senders were told'],
  ] as const
  for (const [what, help] of counted) {
    counter(registers, { name: `sensorium_uplinks_${what}_total`, help, read: () => ingest()[what] })
  }
  gauge(registers, {
    name: 'sensorium_uplinks_in_flight',
    help: 'Uplinks admitted and not settled yet',
    read: () => ingest().inFlight,
  })
  gauge(registers, { name: 'sensorium_devices', help: 'Devices in the registry', read: devices })
  new Counter({
    name: 'sensorium_uplinks_rejected_total',
    help: 'Messages refused before they were admitted',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset()
      for (const [reason, count] of Object.entries(ingest().rejected)) this.inc({ reason }, count)
    },
  })
}

function addStoreMetrics(registers: Registry[], { store }: MetricSources): void {
  gauge(registers, {
    name: 'sensorium_series',
    help: 'Series: device, metric and dialect',
    read: () => store().series,
  })
  gauge(registers, { name: 'sensorium_points', help: 'Stored points', read: () => store().points })
  gauge(registers, {
    name: 'sensorium_head_points',
    help: 'Points not compacted yet',
    read: () => store().headPoints,
  })
  gauge(registers, {
    name: 'sensorium_last_sequence',
    help: 'Sequence of the newest uplink',
    read: () => store().lastSequence,
  })
  gauge(registers, {
    name: 'sensorium_store_healthy',
    help: '1 while the store can write',
    read: () => (store().fault === null ? 1 : 0),
  })
  counter(registers, {
    name: 'sensorium_compactions_total',
    help: 'Compactions finished',
    read: () => store().compactions,
  })
  new Gauge({
    name: 'sensorium_store_bytes',
    help: 'Bytes of the telemetry store by part; "files" is what the file system holds',
    labelNames: ['part'],
    registers,
    collect() {
      const { journalBytes, chunkBytes, logBytes, fileBytes } = store()
      this.set({ part: 'journal' }, journalBytes)
      this.set({ part: 'chunks' }, chunkBytes)
      this.set({ part: 'log' }, logBytes)
      this.set({ part: 'files' }, fileBytes)
    },
  })
}
