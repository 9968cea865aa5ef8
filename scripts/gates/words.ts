import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sources, type Gate } from './gate.ts'

// Put together from pieces, so that this file does not hold what it forbids.
const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [
    new RegExp(`\\b(TO${'DO'}|FIX${'ME'}|X${'XX'})\\b`),
    'unfinished business: do it, or write down why not in docs/decisions',
  ],
  [
    new RegExp(`(oxlint|eslint)-dis${'able'}|@ts-(ig${'nore'}|expect-error|nocheck)`),
    'a rule that is switched off in a line',
  ],
  [
    new RegExp(`(^|[\\s'"\`(=])/(ho${'me'}|wo${'rk'}|Us${'ers'})/[\\w.-]+`),
    "a path of somebody's own machine",
  ],
]

const TEXTS = ['*.md', 'docs/**/*.md', 'scripts/*.mjs', '.ci/run', '*.json', '.*.json', '.*.mjs']

/** Words that must not stand in the repository's own text. */
export const words: Gate = {
  name: 'words',
  unit: 'files',
  run(root) {
    const files = [...sources(root), ...TEXTS.flatMap((glob) => globSync(glob, { cwd: root }))]
    const problems = files.flatMap((file) => inFile(root, file))
    return { looked: files.length, expected: sources(root).length, problems: problems.join('\n') }
  },
}

function inFile(root: string, file: string): string[] {
  const lines = readFileSync(join(root, file), 'utf8').split('\n')
  return lines.flatMap((line, index) =>
    FORBIDDEN.filter(([pattern]) => pattern.test(line)).map(([, why]) => `  ${file}:${index + 1} ${why}`),
  )
}
