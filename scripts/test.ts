// npm test [-- FILE… --test-name-pattern TEXT]: every *.test.ts, and the runner's own summary as the last thing said.
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { parseArgs } from 'node:util'

const MINUTE = 60_000

/** Tests beside their source share the machine; those of the whole house measure time and get it for themselves. */
const PHASES = [
  {
    name: 'units',
    globs: ['src/**/*.test.ts', 'scripts/**/*.test.ts', 'bench/**/*.test.ts'],
    concurrency: 2,
  },
  { name: 'house', globs: ['test/**/*.test.ts'], concurrency: 1 },
] as const

type Counts = Record<string, number>

const { values, positionals } = parseArgs({
  options: { 'test-name-pattern': { type: 'string', multiple: true } },
  allowPositionals: true,
})
const chosen = new Set(
  positionals.flatMap((given) => [...globSync(given), ...globSync(`${given}/**/*.test.ts`)]),
)
const phases = PHASES.map(({ name, globs, concurrency }) => {
  const files = globs
    .flatMap((glob) => globSync(glob))
    .filter((file) => positionals.length === 0 || isChosen(file))
  return { name, files: files.toSorted(), concurrency: Math.min(concurrency, availableParallelism()) }
})

if (phases.every(({ files }) => files.length === 0)) {
  process.stderr.write(`no tests found${positionals.length > 0 ? ` in ${positionals.join(' ')}` : ''}\n`)
  process.exit(1)
}
const report = Readable.from(merged()).compose(new spec())
report.pipe(process.stdout)

function isChosen(file: string): boolean {
  return [...chosen].some((given) => resolve(given) === resolve(file))
}

/** The phases' events one after another, as if they were one run: one plan, one summary. */
async function* merged(): AsyncGenerator<unknown> {
  const total: Counts = {}
  const began = performance.now()
  for (const { files, concurrency } of phases) {
    if (files.length > 0) yield* phase(files, concurrency, total)
  }
  for (const name of ['tests', 'suites', 'passed', 'failed', 'cancelled', 'skipped', 'todo']) {
    yield diagnostic(`${LABELS[name] ?? name} ${total[name] ?? 0}`)
  }
  yield diagnostic(`duration_ms ${performance.now() - began}`)
}

const LABELS: Record<string, string> = { passed: 'pass', failed: 'fail' }

async function* phase(files: string[], concurrency: number, total: Counts): AsyncGenerator<unknown> {
  const patterns = values['test-name-pattern']
  const events = run({
    files: files.map((file) => resolve(file)),
    concurrency,
    timeout: 6 * MINUTE,
    ...(patterns && { testNamePatterns: patterns }),
  })
  for await (const event of events) {
    if (isSummary(event)) {
      if (!event.data.success) process.exitCode = 1
      for (const [name, count] of Object.entries(event.data.counts)) total[name] = (total[name] ?? 0) + count
    } else if (!isClosingWord(event)) {
      yield event
    }
  }
}

interface Event {
  readonly type: string
  readonly data?: unknown
}

function isSummary(event: unknown): event is { data: { success: boolean; counts: Counts } } {
  const { type, data } = event as Event
  return type === 'test:summary' && (data as { file?: string }).file === undefined
}

/** The figures that each run says at its end; they are said once for all. */
function isClosingWord(event: unknown): boolean {
  const { type, data } = event as Event
  const { message = '', file } = (data ?? {}) as { message?: string; file?: string }
  const figure = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/
  return type === 'test:diagnostic' && file === undefined && figure.test(message)
}

function diagnostic(message: string): unknown {
  return { type: 'test:diagnostic', data: { nesting: 0, message, level: 'info' } }
}
