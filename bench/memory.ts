import { setTimeout as pause } from 'node:timers/promises'
import { httpClient, type HttpClient } from '../src/simulate/http.ts'
import { residentMemory, startServer, temporaryFolder, type ServerProcess } from '../test/server-process.ts'
import { registerDevices, storedSubmissions } from './devices.ts'
import type { Figure, SectionResult } from './figures.ts'

const SECTION = 'memory'
const IDLE_GOAL = { floor: 150, target: 90, better: 'lower' } as const
const MEBIBYTE = 2 ** 20
const IDLE_MS = 5000
const REGISTERED = 100_000
const REPORTING = 10_000
const SIMULATED_MINUTES = Number(process.env['BENCH_MINUTES'] ?? 15)
/** `npm start` keeps compiled code between starts; so does everyone who starts the server the way the README says. */
const AS_NPM_START = {
  NODE_COMPILE_CACHE: new URL('../node_modules/.cache/sensorium-code', import.meta.url).pathname,
}

/** How many times faster than life the minutes pass. */
const ACCELERATION = 30
const CONNECTIONS = 32

/** Resident memory: after start, and with a large fleet of which a tenth reports three numbers a minute. */
export async function memoryBench(): Promise<SectionResult> {
  const folder = await temporaryFolder('bench-memory')
  const first = await startServer({ dataDir: folder.path, env: AS_NPM_START })
  const idleAtFirst = await idleMemory(first)
  await first.end()
  const server = await startServer({ dataDir: folder.path, env: AS_NPM_START })
  try {
    const idle = await idleMemory(server)
    const { keys } = await registerDevices(server.url, REGISTERED)
    const registered = await residentMemory(server.pid)
    const watch = watchMemory(server)
    const acknowledged = await reportMinutes(server.url, keys)
    const highest = await watch.end()
    const stored = await storedSubmissions(server.url)
    if (stored !== acknowledged) throw new Error(`${acknowledged} messages acknowledged, ${stored} stored`)
    await pause(IDLE_MS)
    const settled = await residentMemory(server.pid)
    return report({ idleAtFirst, idle, registered, highest, settled, acknowledged })
  } finally {
    await server.end()
    await folder.remove()
  }
}

async function idleMemory(server: ServerProcess): Promise<number> {
  await pause(IDLE_MS)
  return residentMemory(server.pid)
}

function watchMemory(server: ServerProcess): { end(): Promise<number> } {
  let highest = 0
  let watching = true
  const watched = (async () => {
    while (watching) {
      highest = Math.max(highest, await residentMemory(server.pid))
      await pause(200)
    }
  })()
  return {
    end: async () => {
      watching = false
      await watched
      return highest
    },
  }
}

/** Every reporting device sends once each simulated minute, with that minute's time. @returns acknowledged messages */
async function reportMinutes(url: string, keys: readonly string[]): Promise<number> {
  const client = httpClient(url, { connections: CONNECTIONS, timeoutMs: 30_000 })
  const start = Date.now() - SIMULATED_MINUTES * 60_000
  const began = performance.now()
  const total = SIMULATED_MINUTES * REPORTING
  const perSecond = (REPORTING / 60) * ACCELERATION
  let next = 0
  const sender = async (): Promise<void> => {
    for (let index = next++; index < total; index = next++) {
      const early = (index / perSecond) * 1000 - (performance.now() - began)
      if (early > 1) await pause(early)
      const device = (index % REPORTING) * (REGISTERED / REPORTING)
      const time = start + Math.floor((index / REPORTING) * 60_000)
      await send(client, { key: keys[device] ?? '', time, index })
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, sender))
  client.close()
  return total
}

async function send(
  client: HttpClient,
  message: { key: string; time: number; index: number },
): Promise<void> {
  const { key, time, index } = message
  const data = {
    temperature: 15 + (index % 1000) / 100,
    humidity: 40 + (index % 300) / 10,
    battery: 3 + (index % 1200) / 1000,
  }
  const { status } = await client.call({
    method: 'POST',
    path: '/api/v1/telemetry',
    headers: { 'x-api-key': key },
    body: { data, timestamp: new Date(time).toISOString() },
  })
  if (status !== 201) throw new Error(`a message was refused: ${status}`)
}

function report(bytes: {
  idleAtFirst: number
  idle: number
  registered: number
  highest: number
  settled: number
  acknowledged: number
}): SectionResult {
  const figure = (name: string, value: number, more: Partial<Figure> = {}): Figure => ({
    section: SECTION,
    name,
    value: value / MEBIBYTE,
    unit: 'MB',
    ...more,
  })
  return {
    figures: [
      figure('idle after the very first start', bytes.idleAtFirst, {
        goal: IDLE_GOAL,
        note: `resident, ${IDLE_MS / 1000} s after start, empty data folder`,
      }),
      figure('idle after a later start', bytes.idle, { goal: IDLE_GOAL }),
      figure('100,000 devices, 10,000 reporting', bytes.highest, {
        goal: { floor: 500, target: 300, better: 'lower' },
        note: `highest while ${SIMULATED_MINUTES} minutes pass ${ACCELERATION} times faster than life (${bytes.acknowledged} messages)`,
      }),
      figure('just after registering 100,000', bytes.registered, {
        note: 'registered at full speed over the public API',
      }),
      figure('afterwards, at rest', bytes.settled),
    ],
    raw: bytes,
  }
}
