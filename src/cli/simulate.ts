import { parseArgs } from 'node:util'
import { isClean } from '../simulate/check.ts'
import type { SimulatedDialect } from '../simulate/fleet.ts'
import { iotflow } from '../simulate/iotflow.ts'
import { newProgress, showProgress } from '../simulate/progress.ts'
import { run, type RunResult } from '../simulate/run.ts'
import { EXIT, UsageError, type Command } from './command.ts'

const DIALECTS: readonly SimulatedDialect[] = [iotflow]
const CONNECTIONS = 64
const DRAIN_MS = 20_000
const ERASE = '\r\u001b[2K'

const HELP = `sensorium simulate [options]

Registers a user and devices over the public API, lets them report life-like values (daily curves, noise, drift,
dropouts, bursts after an outage, batches out of order) and at the end reads back everything that was acknowledged.

  --dialect NAME     the wire language to speak: ${DIALECTS.map(({ name }) => name).join(', ')} (default iotflow)
  --url URL          the server (default http://127.0.0.1:8000)
  --devices N        how many devices (default 100)
  --rate N           messages a second over all devices (default 200)
  --seconds N        how long; 0 means until Ctrl-C (default 60)
  --seed N           the same seed gives the same devices and values (default 1)
  --user NAME        report as this user, made when there is none (default: a fresh one); needs --password
  --password WORD

Exit code: 0 when everything acknowledged is there and right, 1 when not, 2 for wrong options.
`

interface Options {
  readonly dialect: SimulatedDialect
  readonly url: string
  readonly devices: number
  readonly rate: number
  readonly seconds: number
  readonly seed: number
  readonly account?: { name: string; password: string }
}

/** `sensorium simulate`: how people try the product, and how it is soaked. */
export const simulateCommand: Command = {
  name: 'simulate',
  summary: 'let simulated devices report, then check that nothing acknowledged was lost',
  help: HELP,
  async run(argv) {
    const options = parse(argv)
    try {
      return await simulate(options)
    } catch (error) {
      process.stderr.write(`The simulation could not go on: ${reason(error, options.url)}\n`)
      return EXIT.failed
    }
  },
}

async function simulate(options: Options): Promise<number> {
  const { dialect, url, devices, rate, seed, account } = options
  const output = process.stdout
  const fleet = await dialect.connect({
    url,
    devices,
    seed,
    connections: CONNECTIONS,
    ...(account && { account }),
    onRegistered: (count) => {
      if (output.isTTY) output.write(`\rregistering devices: ${count} of ${devices}`)
    },
  })
  output.write(`${output.isTTY ? ERASE : ''}${devices} devices of ${fleet.owner} report to ${url}\n`)
  const progress = newProgress()
  const onSent = showProgress(progress, output)
  try {
    const stop = stopAfter(options.seconds)
    const limits = { connections: CONNECTIONS, drainMs: DRAIN_MS }
    const result = await run(fleet, progress, { devices, rate, seed, stop, onSent, ...limits })
    output.write(verdict(result))
    return isClean(result.findings) ? EXIT.ok : EXIT.failed
  } finally {
    onSent()
    fleet.close()
  }
}

/** Aborted after so many seconds (0: never) or by the first Ctrl-C; the second one ends the process. */
function stopAfter(seconds: number): AbortSignal {
  const controller = new AbortController()
  if (seconds > 0) setTimeout(() => controller.abort(), seconds * 1000)
  process.once('SIGINT', () => controller.abort())
  return controller.signal
}

function verdict({ findings, lost, unsent }: RunResult): string {
  const { checked, missing, wrong, miscounted, unreadable, samples } = findings
  const lines = [
    `${lost} readings were lost on the devices, as planned`,
    ...(unsent > 0 ? [`${unsent} readings could not be sent before the end`] : []),
    `read back: ${checked} acknowledged readings, ${missing} missing, ${wrong} wrong; ` +
      `${miscounted} devices miscounted, ${unreadable} unreadable`,
    ...samples.map((sample) => `  ${sample}`),
    isClean(findings)
      ? 'everything that was acknowledged is there and right'
      : 'FAILED: not everything that was acknowledged is there and right',
  ]
  return `${lines.join('\n')}\n`
}

function parse(argv: string[]): Options {
  const { values } = parseArgs({
    args: argv,
    options: {
      dialect: { type: 'string', default: 'iotflow' },
      url: { type: 'string', default: 'http://127.0.0.1:8000' },
      devices: { type: 'string', default: '100' },
      rate: { type: 'string', default: '200' },
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      user: { type: 'string' },
      password: { type: 'string' },
    },
  })
  const dialect = DIALECTS.find(({ name }) => name === values.dialect)
  if (!dialect) throw new UsageError(`--dialect takes ${DIALECTS.map(({ name }) => name).join(', ')}`)
  if (!/^https?:\/\//.test(values.url) || !URL.canParse(values.url))
    throw new UsageError('--url takes an address such as http://127.0.0.1:8000')
  const { user: name, password } = values
  if ((name === undefined) !== (password === undefined))
    throw new UsageError('--user and --password go together')
  return {
    dialect,
    url: values.url,
    devices: number('devices', values.devices, { low: 1, high: 1_000_000 }),
    rate: number('rate', values.rate, { low: 0.01, high: 1_000_000, fraction: true }),
    seconds: number('seconds', values.seconds, { low: 0, high: 1e9, fraction: true }),
    seed: number('seed', values.seed, { low: 0, high: 0xffff_ffff }),
    ...(name !== undefined && password !== undefined && { account: { name, password } }),
  }
}

function number(name: string, given: string, limits: { low: number; high: number; fraction?: true }): number {
  const value = given.trim() === '' ? NaN : Number(given)
  const fits = value >= limits.low && value <= limits.high && (limits.fraction || Number.isInteger(value))
  if (!fits)
    throw new UsageError(`--${name} takes a number from ${limits.low} to ${limits.high}, not "${given}"`)
  return value
}

function reason(error: unknown, url: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ECONNREFUSED') return `nothing listens at ${url}`
  return error instanceof Error ? error.message : String(error)
}
