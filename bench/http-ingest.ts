import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { endProcess, startServer, temporaryFolder, type ServerProcess } from '../test/server-process.ts'
import { registerDevices, storedSubmissions } from './devices.ts'
import { median, type Figure, type SectionResult } from './figures.ts'
import { rawAnswer, recorded, shape } from './record-answer.ts'
import { hasWrk, wrk, type WrkResult } from './wrk.ts'

const SECTION = 'http'
const CONNECTIONS = 64
const DEVICES = 1000
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5)
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 6)
const WARM_UP_SECONDS = 4

interface Contest {
  readonly ours: readonly WrkResult[]
  readonly bare: readonly WrkResult[]
}

/**
 * Durable ingest over HTTP beside a bare node:http server that parses the same body and answers the same bytes:
 * same generator, same run, rounds in turn. The server runs as `node src/main.ts serve` with its defaults.
 */
export async function httpBench(): Promise<SectionResult> {
  if (!(await hasWrk())) return { figures: [], skipped: 'wrk is not installed (apt-get install wrk)' }
  const folder = await temporaryFolder('bench-http')
  const server = await startServer({ dataDir: join(folder.path, 'data') })
  try {
    const { keys } = await registerDevices(server.url, DEVICES)
    const keyFile = join(folder.path, 'keys')
    await writeFile(keyFile, `${keys.join('\n')}\n`)
    const answerFile = join(folder.path, 'answer.json')
    const model = await rawAnswer(server.port, keys[0] ?? '')
    await writeFile(answerFile, JSON.stringify(recorded(model)))
    const bare = await startBare(answerFile)
    try {
      const copy = await rawAnswer(bare.port, keys[0] ?? '')
      if (shape(copy) !== shape(model)) {
        throw new Error(`the bare server answers other bytes:\n${copy}\n-- instead of --\n${model}`)
      }
      const before = await storedSubmissions(server.url)
      const contest = await rounds(server, bare, keyFile)
      return report(contest, (await storedSubmissions(server.url)) - before)
    } finally {
      await bare.end()
    }
  } finally {
    await server.end()
    await folder.remove()
  }
}

async function startBare(answerFile: string): Promise<{ port: number; end(): Promise<unknown> }> {
  const script = new URL('bare-server.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [script, answerFile], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { port: Number(String(line)), end: () => endProcess(child, 'SIGTERM') }
}

async function rounds(server: ServerProcess, bare: { port: number }, keyFile: string): Promise<Contest> {
  const load = (port: number, seconds: number): Promise<WrkResult> =>
    wrk({
      url: `http://127.0.0.1:${port}`,
      script: 'wrk-telemetry.lua',
      scriptArguments: [keyFile],
      connections: CONNECTIONS,
      seconds,
    })
  // The warm-up's answers count for the durability check, like all others.
  const contest = {
    ours: [await load(server.port, WARM_UP_SECONDS)],
    bare: [await load(bare.port, WARM_UP_SECONDS)],
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    contest.ours.push(await load(server.port, SECONDS))
    contest.bare.push(await load(bare.port, SECONDS))
  }
  return contest
}

function report({ ours, bare }: Contest, stored: number): SectionResult {
  const acknowledged = ours.reduce((sum, { requests, failed }) => sum + requests - failed, 0)
  const failed = [...ours, ...bare].reduce((sum, round) => sum + round.failed, 0)
  // wrk does not count the answers that are under way when a round ends.
  const mayBeMore = ours.length * CONNECTIONS
  if (failed > 0) throw new Error(`${failed} requests failed: this run measures nothing`)
  if (stored < acknowledged || stored > acknowledged + mayBeMore) {
    throw new Error(`${acknowledged} messages were acknowledged and ${stored} are in the store`)
  }
  const middle = (rounds: readonly WrkResult[], pick: (round: WrkResult) => number): number =>
    median(rounds.slice(1).map(pick))
  const [rate, bareRate] = [middle(ours, (r) => r.perSecond), middle(bare, (r) => r.perSecond)]
  const [p99, bareP99] = [middle(ours, (r) => r.p99), middle(bare, (r) => r.p99)]
  const figure = (name: string, value: number, more: Partial<Figure> = {}): Figure => ({
    section: SECTION,
    name,
    value,
    unit: 'ms',
    ...more,
  })
  const how = `medians of ${ROUNDS} rounds of ${SECONDS} s in turn, ${CONNECTIONS} connections, ${DEVICES} devices`
  return {
    figures: [
      figure('durable ingest ÷ bare node:http', rate / bareRate, {
        unit: '×',
        goal: { floor: 0.7, target: 0.95, better: 'higher' },
        note: how,
      }),
      figure('p99 ÷ p99 of bare', p99 / bareP99, {
        unit: '×',
        goal: { floor: 3, target: 1.5, better: 'lower' },
        note: 'closed loop: each at its own full rate',
      }),
      figure('durable ingest', rate, {
        unit: 'messages/s',
        note: `${stored} stored, ${acknowledged} acknowledged`,
      }),
      figure('bare node:http', bareRate, { unit: 'messages/s' }),
      figure(
        'p50',
        middle(ours, (r) => r.p50),
      ),
      figure(
        'p50 of bare',
        middle(bare, (r) => r.p50),
      ),
      figure('p99', p99),
      figure('p99 of bare', bareP99),
    ],
    raw: { ours, bare, stored, acknowledged },
  }
}
