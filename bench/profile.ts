import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startServer, temporaryFolder } from '../test/server-process.ts'
import { registerDevices } from './devices.ts'
import { wrk } from './wrk.ts'

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 8)
const WARM_UP_SECONDS = 4
const DEVICES = 1000
const SHOWN = 30

interface Profile {
  readonly nodes: readonly {
    id: number
    callFrame: { functionName: string; url: string; lineNumber: number }
  }[]
  readonly samples: readonly number[]
  /** Microseconds between a sample and the one before. */
  readonly timeDeltas: readonly number[]
}

/**
 * Where the time of durable HTTP ingest goes: the server under `node --cpu-prof`, 64 connections, and the functions
 * with the highest self time of each thread. The profiles stay in bench/results/profile for a browser's DevTools.
 */
export async function profileIngest(): Promise<void> {
  const profiles = new URL(`results/profile/${Date.now()}/`, import.meta.url).pathname
  await mkdir(profiles, { recursive: true })
  const folder = await temporaryFolder('profile')
  const nodeFlags = ['--cpu-prof', `--cpu-prof-dir=${profiles}`]
  const server = await startServer({ dataDir: join(folder.path, 'data'), nodeFlags })
  try {
    const { keys } = await registerDevices(server.url, DEVICES)
    const keyFile = join(folder.path, 'keys')
    await writeFile(keyFile, `${keys.join('\n')}\n`)
    const load = { url: server.url, script: 'wrk-telemetry.lua', scriptArguments: [keyFile], connections: 64 }
    // First reports wake every device up, which is not what is looked at here.
    await wrk({ ...load, seconds: WARM_UP_SECONDS })
    console.log(await wrk({ ...load, seconds: SECONDS }))
  } finally {
    await server.end()
    await folder.remove()
  }
  for (const name of await readdir(profiles)) {
    console.log(`\n${join(profiles, name)}`)
    console.log(hottest(JSON.parse(await readFile(join(profiles, name), 'utf8')) as Profile))
  }
}

/** Of the time under load alone: it is the last thing the process does before it ends. */
function hottest({ nodes, samples, timeDeltas }: Profile): string {
  const names = new Map<number, string>()
  for (const { id, callFrame } of nodes) {
    const place = callFrame.url.split('/').slice(-3).join('/')
    names.set(id, `${callFrame.functionName || '(anonymous)'}  ${place}:${callFrame.lineNumber + 1}`)
  }
  const counts = new Map<string, number>()
  let [left, idle] = [SECONDS * 1e6, 0]
  for (let index = samples.length - 1; index >= 0 && left > 0; index -= 1) {
    left -= timeDeltas[index] ?? 0
    const name = names.get(samples[index] ?? 0) ?? '?'
    if (name.startsWith('(idle)')) idle += 1
    else counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const busy = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const share = `idle ${((100 * idle) / (idle + busy)).toFixed(0)} %; of the rest:`
  const lines = [...counts]
    .sort((one, other) => other[1] - one[1])
    .slice(0, SHOWN)
    .map(([name, count]) => `${((100 * count) / busy).toFixed(1).padStart(5)} %  ${name}`)
  return [share, ...lines].join('\n')
}
