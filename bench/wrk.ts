import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface WrkOptions {
  readonly url: string
  /** A Lua script beside this file; it must print one line `RESULT {json}` in `done`. */
  readonly script: string
  readonly scriptArguments?: readonly string[]
  readonly connections: number
  readonly seconds: number
}

export interface WrkResult {
  /** Complete answers, those of another status than 2xx and 3xx included. */
  readonly requests: number
  readonly perSecond: number
  readonly failed: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

export async function hasWrk(): Promise<boolean> {
  return run('wrk', ['--version']).then(
    () => true,
    // wrk tells its version with exit code 1.
    (error: { code?: unknown }) => error.code !== 'ENOENT',
  )
}

/** Closed-loop load from wrk (C, one thread), which uses a fraction of what any server under test does. */
export async function wrk(options: WrkOptions): Promise<WrkResult> {
  const script = new URL(options.script, import.meta.url).pathname
  const flags = ['-t1', `-c${options.connections}`, `-d${options.seconds}s`, '--timeout', '10s', '-s', script]
  const { stdout } = await run('wrk', [...flags, options.url, '--', ...(options.scriptArguments ?? [])])
  const line = /^RESULT (.*)$/m.exec(stdout)?.[1]
  if (line === undefined) throw new Error(`wrk gave no result:\n${stdout}`)
  return JSON.parse(line) as WrkResult
}
