import { setTimeout as pause } from 'node:timers/promises'
import { temporaryFolder } from '../test/server-process.ts'
import type { Figure, SectionResult } from './figures.ts'
import { influxVersion, startInflux, type Influx } from './influx-server.ts'
import { storeSamePoints, type OwnFigures } from './same-points.ts'
import { batches, METRICS, pointsOf, type Message, type PointSet } from './points.ts'
import { hasWrk, wrk } from './wrk.ts'

const SECTION = 'influx'
const DAY = 86_400_000
const BATCH = 1000
const CONNECTIONS = 4
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 6)

/** The same points in InfluxDB, written durably in batches and one message a request, and what they take on disk. */
export async function influxBench(): Promise<SectionResult> {
  const version = await influxVersion()
  if (version === null) return { figures: [], skipped: 'influxd is not installed (apt-get install influxdb)' }
  const set: PointSet = { devices: 500, messages: 1440, start: Math.floor(Date.now() / DAY) * DAY - 2 * DAY }
  const folder = await temporaryFolder('bench-influx')
  try {
    const ours = await storeSamePoints(`${folder.path}/ours`, set, BATCH)
    const theirs = await measureInflux(`${folder.path}/influx`, set)
    const single = await measureSingle(`${folder.path}/influx-single`)
    return report({ version, set, ours, theirs, single })
  } finally {
    await folder.remove()
  }
}

interface Stored {
  readonly pointsPerSecond: number
  readonly bytesPerPoint: number
}

async function measureInflux(folder: string, set: PointSet): Promise<Stored> {
  const influx = await startInflux(folder)
  try {
    const bodies = [...batches(set, BATCH)].map(lines)
    const started = performance.now()
    await writeAll(influx, bodies)
    const seconds = (performance.now() - started) / 1000
    const bytes = await settled(influx)
    const found = await countPoints(influx)
    if (found !== pointsOf(set)) throw new Error(`InfluxDB holds ${found} of ${pointsOf(set)} points`)
    return { pointsPerSecond: pointsOf(set) / seconds, bytesPerPoint: bytes / pointsOf(set) }
  } finally {
    await influx.end()
  }
}

async function writeAll(influx: Influx, bodies: readonly string[]): Promise<void> {
  let next = 0
  const writer = async (): Promise<void> => {
    for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
      const answer = await fetch(`${influx.url}/write?db=bench&precision=ms`, { method: 'POST', body })
      if (answer.status !== 204)
        throw new Error(`InfluxDB refused a batch: ${answer.status} ${await answer.text()}`)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, writer))
}

function lines(messages: readonly Message[]): string {
  return messages
    .map(({ device, time, values }) => {
      const fields = METRICS.map((metric, index) => `${metric}=${values[index] ?? 0}`).join(',')
      return `climate,device=${String(device).padStart(6, '0')} ${fields} ${time}`
    })
    .join('\n')
}

/** Waits until the cold cache is flushed and the files have not changed for a while. @returns their bytes */
async function settled(influx: Influx): Promise<number> {
  let [before, unchanged] = [-1, 0]
  for (let tries = 0; tries < 40 && unchanged < 4; tries += 1) {
    await pause(3000)
    const { compacted, log } = await influx.pointBytes()
    unchanged = compacted + log === before && log === 0 ? unchanged + 1 : 0
    before = compacted + log
  }
  return before
}

async function countPoints(influx: Influx): Promise<number> {
  const query = `SELECT ${METRICS.map((metric) => `count(${metric})`).join(',')} FROM climate`
  const answer = await fetch(`${influx.url}/query?db=bench&q=${encodeURIComponent(query)}`)
  const { results } = (await answer.json()) as { results: { series?: { values: number[][] }[] }[] }
  const counts = results[0]?.series?.[0]?.values[0]?.slice(1) ?? []
  return counts.reduce((sum, count) => sum + count, 0)
}

/** One message of three numbers a request over 64 connections, as in the section `http`. */
async function measureSingle(folder: string): Promise<{ perSecond: number; p99: number } | null> {
  if (!(await hasWrk())) return null
  const influx = await startInflux(folder)
  try {
    const load = { url: influx.url, script: 'wrk-influx.lua', scriptArguments: ['1000'], connections: 64 }
    await wrk({ ...load, seconds: 3 })
    const result = await wrk({ ...load, seconds: SECONDS })
    if (result.failed > 0) throw new Error(`InfluxDB refused ${result.failed} messages`)
    return result
  } finally {
    await influx.end()
  }
}

function report(found: {
  version: string
  set: PointSet
  ours: OwnFigures
  theirs: Stored
  single: { perSecond: number; p99: number } | null
}): SectionResult {
  const { ours, theirs, single, set } = found
  const figure = (name: string, value: number, more: { unit: string; note?: string }): Figure => ({
    section: SECTION,
    name,
    value,
    ...more,
  })
  const same = `${set.devices} devices × ${METRICS.length} metrics × ${set.messages} minutes, ${BATCH} messages a batch`
  return {
    figures: [
      figure('batches, ours', ours.pointsPerSecond, {
        unit: 'points/s',
        note: `${same}; store alone, without HTTP`,
      }),
      figure('batches, InfluxDB', theirs.pointsPerSecond, {
        unit: 'points/s',
        note: `line protocol over HTTP, ${CONNECTIONS} connections, ${found.version.split(' (')[0] ?? ''}`,
      }),
      figure('on disk, ours', ours.bytesPerPoint, { unit: 'bytes/point', note: 'readings alone, compacted' }),
      figure('on disk, ours with the messages', ours.bytesWithLog, {
        unit: 'bytes/point',
        note: 'and every message as received, which InfluxDB does not keep',
      }),
      figure('on disk, our file', ours.fileBytesPerPoint, {
        unit: 'bytes/point',
        note: 'as closed right after loading: with the pages that the journal left free for the next hours',
      }),
      figure('on disk, InfluxDB', theirs.bytesPerPoint, {
        unit: 'bytes/point',
        note: 'its TSM files, compacted; without its series index',
      }),
      ...(single
        ? [
            figure('single messages, InfluxDB', single.perSecond, {
              unit: 'messages/s',
              note: '64 connections, three numbers each: beside "durable ingest" of section http',
            }),
            figure('single messages, p99, InfluxDB', single.p99, { unit: 'ms' }),
          ]
        : []),
    ],
    raw: found,
  }
}
