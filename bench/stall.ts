import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compactions } from '../test/metrics-page.ts'
import { startServer, temporaryFolder, type ServerProcess } from '../test/server-process.ts'
import { registerDevices } from './devices.ts'
import { median, type SectionResult } from './figures.ts'
import { hasWrk, wrk, type WrkResult } from './wrk.ts'

const CONNECTIONS = 64
const DEVICES = 1000
const ROUNDS = 3
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 6)
/** One server compacts back to back, whenever there are a few points; the other not once during the run. */
const ALWAYS = { COMPACT_POINTS: '1000' }
const NEVER = { COMPACT_POINTS: '1000000000' }

interface Contestant {
  readonly server: ServerProcess
  readonly keyFile: string
  readonly rounds: WrkResult[]
}

/** p99 of ingest over HTTP while the store compacts, beside p99 while it does not; same load, rounds in turn. */
export async function stallBench(): Promise<SectionResult> {
  if (!(await hasWrk())) return { figures: [], skipped: 'wrk is not installed (apt-get install wrk)' }
  const folder = await temporaryFolder('bench-stall')
  await using servers = new AsyncDisposableStack()
  servers.defer(() => folder.remove())
  const contestants: Contestant[] = []
  for (const [name, env] of Object.entries({ always: ALWAYS, never: NEVER })) {
    const server = await startServer({ dataDir: join(folder.path, name), env })
    servers.defer(async () => void (await server.end()))
    const keyFile = join(folder.path, `${name}-keys`)
    await writeFile(keyFile, `${(await registerDevices(server.url, DEVICES)).keys.join('\n')}\n`)
    contestants.push({ server, keyFile, rounds: [] })
  }
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const contestant of contestants)
      contestant.rounds.push(await load(contestant, round === 0 ? 3 : SECONDS))
  }
  const [always, never] = contestants
  if (!always || !never) throw new Error('two servers were to run')
  return report({
    during: always.rounds.slice(1),
    without: never.rounds.slice(1),
    runs: await compactions(always.server.url),
    runsWithout: await compactions(never.server.url),
  })
}

function load({ server, keyFile }: Contestant, seconds: number): Promise<WrkResult> {
  const script = { script: 'wrk-telemetry.lua', scriptArguments: [keyFile] }
  return wrk({ url: server.url, ...script, connections: CONNECTIONS, seconds })
}

function report(found: {
  during: readonly WrkResult[]
  without: readonly WrkResult[]
  runs: number
  runsWithout: number
}): SectionResult {
  const { during, without, runs, runsWithout } = found
  if (runs === 0 || runsWithout > 0)
    throw new Error(`${runs} compactions on one server, ${runsWithout} on the other`)
  const p99 = (rounds: readonly WrkResult[]): number => median(rounds.map((round) => round.p99))
  const rate = (rounds: readonly WrkResult[]): number => median(rounds.map((round) => round.perSecond))
  const section = 'stall'
  return {
    figures: [
      {
        section,
        name: 'p99 during compaction ÷ p99 without',
        value: p99(during) / p99(without),
        unit: '×',
        goal: { floor: 3, target: 3, better: 'lower' },
        note: `${CONNECTIONS} connections, closed loop; ${runs} compactions back to back`,
      },
      { section, name: 'p99 during compaction', value: p99(during), unit: 'ms' },
      { section, name: 'p99 without', value: p99(without), unit: 'ms' },
      { section, name: 'rate during compaction', value: rate(during), unit: 'messages/s' },
      { section, name: 'rate without', value: rate(without), unit: 'messages/s' },
    ],
    raw: found,
  }
}
