import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

/** What a gate found. A gate that had less before its eyes than there is on the disk has failed. */
export interface Verdict {
  /** How many things it really looked at. */
  readonly looked: number
  /** How many it had to look at, counted without the tool. */
  readonly expected: number
  /** The tool's own words; empty when nothing is wrong. */
  readonly problems: string
}

export interface Gate {
  readonly name: string
  /** What is counted. */
  readonly unit: string
  run(root: string): Verdict
}

const HOUSE = join(import.meta.dirname, '../..')
const FOLDERS = ['src', 'test', 'bench', 'scripts']
const ENOUGH_BYTES = 64 * 1_048_576

export interface ToolResult {
  readonly ok: boolean
  readonly output: string
  readonly complaints: string
}

/** Runs one of the house's tools with the tree to check as its working folder. */
export function tool(name: string, args: readonly string[], root: string): ToolResult {
  const bin = join(HOUSE, 'node_modules/.bin')
  const result = spawnSync(join(bin, name), args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: ENOUGH_BYTES,
    env: {
      ...process.env,
      PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
      NO_COLOR: '1',
    },
  })
  if (result.error) throw result.error
  return { ok: result.status === 0, output: result.stdout, complaints: result.stderr }
}

/** The TypeScript files of a tree, relative to it; `below` narrows it to some of its folders. */
export function sources(root: string, below: readonly string[] = FOLDERS): string[] {
  return below.flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root })).toSorted()
}

/** One line for a verdict, or several where something is wrong. */
export function say(name: string, unit: string, verdict: Verdict): { ok: boolean; text: string } {
  const { looked, expected, problems } = verdict
  if (expected === 0) return { ok: false, text: `✖ ${name}: there is nothing to look at` }
  if (looked < expected)
    return { ok: false, text: `✖ ${name}: looked at ${looked} of ${expected} ${unit}\n${problems}` }
  if (problems !== '') return { ok: false, text: `✖ ${name}\n${problems}` }
  return { ok: true, text: `✔ ${name} (${looked} ${unit})` }
}
