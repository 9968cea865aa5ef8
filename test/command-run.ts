import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'

const MAIN = join(import.meta.dirname, '../src/main.ts')

export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The environment of a command in a test: nothing of this shell's settings. */
export function cleanEnvironment(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { PATH = '', HOME = '' } = process.env
  return { PATH, HOME, ...settings }
}

/** Runs `sensorium ARGS` to its end in a folder without a `.env`, unless one is named. */
export function command(
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
  cwd: string = tmpdir(),
): Outcome {
  const options = { cwd, env: cleanEnvironment(settings), encoding: 'utf8', timeout: 20_000 } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], options)
  return { status, stdout, stderr }
}

/** A folder that is removed when the test file has ended. */
export function scratch(): string {
  const path = mkdtempSync(join(tmpdir(), 'sensorium-command-'))
  after(() => rmSync(path, { recursive: true, force: true }))
  return path
}
