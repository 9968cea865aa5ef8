import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { engineBench } from './engine.ts'
import { table, verdictOf, type Figure, type SectionResult } from './figures.ts'
import { httpBench } from './http-ingest.ts'
import { influxBench } from './influx.ts'
import { memoryBench } from './memory.ts'
import { profileIngest } from './profile.ts'
import { startBench } from './start.ts'
import { stallBench } from './stall.ts'

const SECTIONS: Readonly<Record<string, () => Promise<SectionResult>>> = {
  http: httpBench,
  stall: stallBench,
  engine: engineBench,
  influx: influxBench,
  memory: memoryBench,
  start: startBench,
}

const BUSY = 0.2
const RESULTS = new URL('results/', import.meta.url)

async function main(wanted: readonly string[]): Promise<number> {
  if (wanted[0] === 'profile') {
    await profileIngest()
    return 0
  }
  const unknown = wanted.filter((name) => !(name in SECTIONS))
  if (unknown.length > 0) {
    console.error(
      `no section ${unknown.join(', ')}; there are ${Object.keys(SECTIONS).join(', ')}, and profile`,
    )
    return 2
  }
  const results: Record<string, SectionResult> = {}
  for (const name of wanted.length > 0 ? wanted : Object.keys(SECTIONS)) {
    console.error(`measuring ${name} …`)
    const strangers = await foreignLoad()
    if (strangers > BUSY) console.error(`WARNING: other programs use ${strangers.toFixed(1)} processors`)
    results[name] = { ...(await attempt(name)), foreignLoad: strangers }
  }
  const figures = Object.values(results).flatMap((result) => result.figures)
  console.log(table(figures))
  for (const [name, { skipped, foreignLoad: strangers = 0 }] of Object.entries(results)) {
    if (skipped !== undefined) console.log(`SKIPPED ${name}: ${skipped}`)
    if (strangers > BUSY) console.log(`NOISY ${name}: other programs used ${strangers.toFixed(1)} processors`)
  }
  console.log(`written to ${await write(results, figures)}`)
  return Object.values(results).some((result) => result.skipped?.startsWith('failed')) || figures.length === 0
    ? 1
    : 0
}

/** Processors that others keep busy while the bench does nothing: above a little, ratios with several threads suffer. */
async function foreignLoad(): Promise<number> {
  const sum = (): { busy: number; all: number } => {
    const times = cpus().map((cpu) => cpu.times)
    const all = times.reduce(
      (total, time) => total + Object.values(time).reduce((one, two) => one + two, 0),
      0,
    )
    return { all, busy: all - times.reduce((total, { idle }) => total + idle, 0) }
  }
  const before = sum()
  await pause(1000)
  const after = sum()
  return ((after.busy - before.busy) / (after.all - before.all)) * cpus().length
}

async function attempt(name: string): Promise<SectionResult> {
  try {
    return (await SECTIONS[name]?.()) ?? { figures: [] }
  } catch (error) {
    return { figures: [], skipped: `failed: ${told(error)}` }
  }
}

function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message} (${told(error.cause)})`
}

async function write(
  results: Readonly<Record<string, SectionResult>>,
  figures: readonly Figure[],
): Promise<string> {
  await mkdir(RESULTS, { recursive: true })
  const at = new Date().toISOString()
  const file = new URL(`${at.replaceAll(':', '-')}.json`, RESULTS)
  const machine = {
    cpus: cpus().length,
    model: cpus()[0]?.model,
    memory: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  }
  const judged = figures.map((figure) => ({ ...figure, verdict: verdictOf(figure) }))
  const raw = Object.fromEntries(
    Object.entries(results).map(([name, { raw = null, foreignLoad: strangers }]) => [
      name,
      { strangers, raw },
    ]),
  )
  await writeFile(file, `${JSON.stringify({ at, machine, figures: judged, raw }, null, 2)}\n`)
  return file.pathname
}

process.exitCode = await main(process.argv.slice(2))
