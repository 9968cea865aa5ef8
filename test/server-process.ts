import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const MAIN = new URL('../src/main.ts', import.meta.url).pathname
const OUTPUT_KEPT = 20_000
const ADDRESS = /http:\/\/127\.0\.0\.1:(\d+)/

/** The operator's token of every server started here. */
export const ADMIN_TOKEN = 'operator-token-of-a-test-server'

export interface ServerOptions {
  readonly dataDir: string
  /** Absent: the system chooses. Give the former one when restarting, so that clients find the server again. */
  readonly port?: number
  /** Settings that are not left at their defaults. */
  readonly env?: Readonly<Record<string, string>>
  /** Flags of node itself, such as `--cpu-prof`. */
  readonly nodeFlags?: readonly string[]
  readonly startTimeoutMs?: number
}

/** The real server in a process of its own. */
export interface ServerProcess {
  readonly pid: number
  readonly port: number
  readonly url: string
  /** From the spawn to the first healthy answer, milliseconds. */
  readonly startedInMs: number
  /** What it printed at first and at last. */
  output(): string
  /** Sends the signal and waits for the end. @returns the exit code, null when the signal ended it. */
  end(signal?: NodeJS.Signals): Promise<number | null>
}

/** Spawns the server without waiting for it: for those who kill it while it starts. */
export function spawnServer(options: ServerOptions): { child: ChildProcess; output: () => string } {
  const settings = {
    PORT: String(options.port ?? 0),
    HOST: '127.0.0.1',
    DATA_DIR: options.dataDir,
    ADMIN_TOKEN,
    MQTT_PORT: '0',
    ...options.env,
  }
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, [...(options.nodeFlags ?? []), MAIN, 'serve'], {
    env: { PATH, HOME, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let first = ''
  let last = ''
  const keep = (part: Buffer): void => {
    const text = part.toString('utf8')
    if (first.length < OUTPUT_KEPT) first += text
    else last = (last + text).slice(-OUTPUT_KEPT)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  return { child, output: () => first + last }
}

/**
 * Starts the real server and waits until it answers `/health`.
 * @throws Error with all it printed, when it ends or says nothing in time
 */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const started = performance.now()
  const { child, output } = spawnServer(options)
  const deadline = started + (options.startTimeoutMs ?? 20_000)
  for (;;) {
    const port = Number(ADDRESS.exec(output())?.[1] ?? options.port ?? 0)
    if (port > 0 && (await answers(port))) {
      return running({ child, output, port, startedInMs: performance.now() - started })
    }
    if (hasEnded(child)) throw new Error(`the server ended while starting:\n${output()}`)
    if (performance.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`the server did not answer in time:\n${output()}`)
    }
    await pause(20)
  }
}

function running(parts: {
  child: ChildProcess
  output: () => string
  port: number
  startedInMs: number
}): ServerProcess {
  const { child, output, port, startedInMs } = parts
  return {
    pid: child.pid ?? 0,
    port,
    url: `http://127.0.0.1:${port}`,
    startedInMs,
    output,
    end: (signal = 'SIGTERM') => endProcess(child, signal),
  }
}

/** Sends the signal, unless it has ended already, and waits for the end. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (!hasEnded(child)) {
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
  return child.exitCode
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

async function answers(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(1000) })
    await answer.arrayBuffer()
    return answer.ok
  } catch {
    return false
  }
}

/** Resident memory of a process in bytes, as Linux tells it. */
export async function residentMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]
  if (kibibytes === undefined) throw new Error(`process ${pid} tells no resident memory`)
  return Number(kibibytes) * 1024
}

/** A temp folder that `remove` takes away again. */
export async function temporaryFolder(purpose: string): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), `sensorium-${purpose}-`))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}
