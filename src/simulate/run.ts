import { setTimeout as pause } from 'node:timers/promises'
import { checkDevice, checkFleet, noFindings, type Findings } from './check.ts'
import type { Fleet } from './fleet.ts'
import { Ledger } from './ledger.ts'
import { mailroom } from './mailroom.ts'
import type { Progress } from './progress.ts'
import { randomStream } from './random.ts'
import { fillBacklog, measure, newStation, release, type Station } from './station.ts'

const TICK_MS = 10
const BACKLOG_MINUTES = 60
/** Instants kept over all devices: waiting to be sent, and waiting for their check. */
const BUFFERED = 400_000
const UNCHECKED = 2_000_000

export interface RunOptions {
  readonly devices: number
  /** Messages a second over all devices. */
  readonly rate: number
  readonly seed: number
  /** Requests under way at once. */
  readonly connections: number
  /** Ends the measuring; what devices still hold is sent afterwards. */
  readonly stop: AbortSignal
  /** How long the devices may take to get rid of what they hold at the end, milliseconds. */
  readonly drainMs: number
  /** Called when the last answer is in and the reading back begins. */
  readonly onSent?: () => void
}

export interface RunResult {
  readonly findings: Findings
  /** Readings that never left their device, as planned: sensor faults and full buffers. */
  readonly lost: number
  /** Readings still unsent when the time to drain was over. */
  readonly unsent: number
}

/** Lets the fleet report until stopped, then reads everything back. Memory does not grow with the length of the run. */
export async function run(fleet: Fleet, progress: Progress, options: RunOptions): Promise<RunResult> {
  const stations = Array.from({ length: options.devices }, newStation)
  const evidence = { ledger: new Ledger(options.devices), findings: noFindings() }
  const limit = share(UNCHECKED, options.devices, 10_000)
  const post = mailroom(stations, {
    connections: options.connections,
    deliver: async (device, time) => {
      const settled = await deliver(fleet, { device, time }, { ledger: evidence.ledger, progress })
      if (evidence.ledger.waiting(device) >= limit) await checkDevice(fleet, device, evidence)
      return settled
    },
  })
  await produce(stations, post.ready, options)
  stations.forEach((station, device) => {
    release(station)
    post.ready(device)
  })
  const unsent = await post.drained(options.drainMs)
  options.onSent?.()
  await checkFleet(fleet, options.devices, evidence)
  const lost = stations.reduce((sum, station) => sum + station.lost, 0)
  return { findings: evidence.findings, lost, unsent }
}

/** Every device measures in turn, so many a second over all, late ticks made up for. */
async function produce(
  stations: readonly Station[],
  ready: (device: number) => void,
  options: RunOptions,
): Promise<void> {
  const { devices, rate, stop } = options
  const random = randomStream(options.seed)
  const rules = { random, buffer: share(BUFFERED, devices, 1000) }
  const returning = Math.min(Math.ceil(devices / 10), Math.floor((rate * 2) / BACKLOG_MINUTES))
  stations.slice(0, returning).forEach((station, device) => {
    fillBacklog(station, Date.now(), BACKLOG_MINUTES)
    ready(device)
  })
  const started = performance.now()
  for (let measured = 0; !stop.aborted;) {
    const due = Math.floor(((performance.now() - started) / 1000) * rate)
    for (; measured < due; measured += 1) {
      const device = measured % devices
      const station = stations[device]
      if (station) measure(station, Date.now(), rules)
      ready(device)
    }
    await pause(TICK_MS)
  }
}

async function deliver(
  fleet: Fleet,
  reading: { device: number; time: number },
  books: { ledger: Ledger; progress: Progress },
): Promise<boolean> {
  const { device, time } = reading
  const { ledger, progress } = books
  const report = fleet.reportAt(device, time)
  const started = performance.now()
  ledger.attempt(device)
  progress.sent += 1
  const answer = await fleet.send(device, report).catch(() => 'later' as const)
  if (answer === 'acknowledged') {
    progress.latency.add(performance.now() - started)
    progress.acknowledged += 1
    ledger.acknowledge(device, time)
  }
  if (answer === 'refused') progress.refused += 1
  if (answer === 'later') progress.retried += 1
  return answer !== 'later'
}

function share(total: number, devices: number, most: number): number {
  return Math.max(50, Math.min(most, Math.floor(total / devices)))
}
