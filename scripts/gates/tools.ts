import { join, relative, resolve } from 'node:path'
import { sources, tool, type Gate } from './gate.ts'

const format: Gate = {
  name: 'format',
  unit: 'files',
  run(root) {
    const { ok, output, complaints } = tool('oxfmt', ['--check', '.'], root)
    const looked = Number(/on (\d+) files/.exec(output + complaints)?.[1] ?? 0)
    return { looked, expected: sources(root).length, problems: ok ? '' : output + complaints }
  },
}

const lint: Gate = {
  name: 'lint',
  unit: 'files',
  run(root) {
    const { ok, output, complaints } = tool('oxlint', ['--type-aware', '--format=json'], root)
    const report = parse(output) as { number_of_files?: number; diagnostics?: Diagnostic[] } | null
    const problems = (report?.diagnostics ?? []).map(describe).join('\n')
    const failed = ok ? '' : problems || complaints || output
    return { looked: report?.number_of_files ?? 0, expected: sources(root).length, problems: failed }
  },
}

interface Diagnostic {
  readonly message: string
  readonly code: string
  readonly filename: string
  readonly labels: readonly { readonly span: { readonly line: number } }[]
}

function describe({ message, code, filename, labels }: Diagnostic): string {
  return `  ${filename}:${labels[0]?.span.line ?? 0} ${message} [${code}]`
}

const types: Gate = {
  name: 'types',
  unit: 'files',
  run(root) {
    const { ok, output, complaints } = tool('tsc', ['-p', '.', '--listFiles', '--pretty', 'false'], root)
    const lines = output.split('\n')
    const own = new Set(
      lines.filter((line) => line.endsWith('.ts')).map((line) => relative(root, resolve(root, line))),
    )
    const expected = sources(root)
    const problems = lines.filter((line) => /error TS\d+/.test(line)).join('\n') || complaints || 'tsc failed'
    return {
      looked: expected.filter((file) => own.has(file)).length,
      expected: expected.length,
      problems: ok ? '' : problems,
    }
  },
}

interface Cruise {
  readonly modules: readonly { readonly source: string }[]
  readonly summary: { readonly violations: readonly Violation[] }
}

export interface Violation {
  readonly from: string
  readonly to: string
  readonly rule: { readonly name: string }
}

/** The layering rules of `.dependency-cruiser.mjs` on a tree's `src`. */
export function cruise(root: string): {
  modules: Set<string>
  violations: readonly Violation[]
  complaints: string
} {
  const { output, complaints } = tool(
    'depcruise',
    ['--config', join(import.meta.dirname, '../../.dependency-cruiser.mjs'), '--output-type', 'json', 'src'],
    root,
  )
  const report = parse(output) as Cruise | null
  const modules = new Set(report?.modules.map(({ source }) => source))
  return { modules, violations: report?.summary.violations ?? [], complaints }
}

const layers: Gate = {
  name: 'layers',
  unit: 'modules',
  run(root) {
    const expected = sources(root, ['src'])
    // Cruising nothing is an error of the tool's own: the tree without files is told apart first.
    if (expected.length === 0) return { looked: 0, expected: 0, problems: '' }
    const { modules, violations, complaints } = cruise(root)
    const looked = expected.filter((file) => modules.has(file)).length
    const broken = violations.map(({ from, to, rule }) => `  ${rule.name}: ${from} → ${to}`).join('\n')
    return { looked, expected: expected.length, problems: looked === 0 ? complaints : broken }
  },
}

const deadCode: Gate = {
  name: 'dead code',
  unit: 'files',
  run(root) {
    const counter = join(import.meta.dirname, 'knip-count.mjs')
    const args = ['--no-progress', '--no-config-hints', '--reporter', 'symbols', '--reporter', counter]
    const { ok, output, complaints } = tool('knip', args, root)
    const looked = Number(/knip read (\d+) of/.exec(output)?.[1] ?? 0)
    const problems = output.replace(/^knip read .*$/m, '').trim() || complaints
    return { looked, expected: sources(root).length, problems: ok ? '' : problems }
  },
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}

export const TOOL_GATES: readonly Gate[] = [format, lint, types, layers, deadCode]
