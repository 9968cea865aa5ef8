import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { say, type Gate } from './gate.ts'
import { TOOL_GATES } from './tools.ts'
import { words } from './words.ts'

const HOUSE = join(import.meta.dirname, '../..')
const CONFIGS = ['.oxfmtrc.json', '.oxlintrc.json', 'knip.json', 'tsconfig.json', 'package.json']
const trees: string[] = []
after(() => trees.forEach((tree) => rmSync(tree, { recursive: true, force: true })))

/** A tree with the house's own configuration and nothing but these files. */
function tree(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'sensorium-gates-'))
  trees.push(root)
  symlinkSync(join(HOUSE, 'node_modules'), join(root, 'node_modules'))
  for (const name of CONFIGS) copyFileSync(join(HOUSE, name), join(root, name))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

function outcome(gate: Gate, files: Readonly<Record<string, string>>): { ok: boolean; text: string } {
  return say(gate.name, gate.unit, gate.run(tree(files)))
}

const MAIN = "import { double } from './double.ts'\n\nprocess.exitCode = double(0)\n"
const DOUBLE = 'export const double = (value: number): number => value * 2\n'
const CLEAN = { 'src/main.ts': MAIN, 'src/double.ts': DOUBLE }

/** One wrong tree a gate, and words its complaint must hold. */
const WRONG: Record<string, [files: Record<string, string>, words: RegExp][]> = {
  format: [[{ ...CLEAN, 'src/double.ts': `${DOUBLE};` }, /double\.ts/]],
  lint: [
    [{ ...CLEAN, 'src/main.ts': `${MAIN}\nPromise.resolve(1)\n` }, /no-floating-promises/],
    [{ ...CLEAN, 'src/main.ts': `${MAIN}\nnew Set([1]).forEach(async () => {})\n` }, /no-misused-promises/],
    [{ ...CLEAN, 'src/main.ts': `${MAIN}\nexport const x = 1 as any\n` }, /no-explicit-any/],
    [
      {
        ...CLEAN,
        'src/main.ts': `${MAIN}\nexport function f(a: 'x' | 'y'): number {\n  switch (a) {\n    case 'x':\n      return 1\n  }\n  return 2\n}\n`,
      },
      /switch-exhaustiveness-check/,
    ],
    [
      { ...CLEAN, 'src/main.ts': `${MAIN}\nexport const f = (a: 1, b: 2, c: 3, d: 4) => [a, b, c, d]\n` },
      /max-params/,
    ],
    [{ ...CLEAN, 'src/main.ts': `${MAIN}\nconsole.log('x')\n` }, /no-console/],
    [{ ...CLEAN, 'src/main.ts': MAIN + '// a line\n'.repeat(400) }, /max-lines/],
    [
      {
        ...CLEAN,
        'src/double.ts': `import { x } from './x.ts'\n${DOUBLE}export const y = x\n`,
        'src/x.ts': "import { y } from './double.ts'\nexport const x: number = y\n",
      },
      /no-cycle/,
    ],
  ],
  types: [[{ ...CLEAN, 'src/main.ts': MAIN.replace('double(0)', "double('0')") }, /TS2345/]],
  layers: [[{ ...CLEAN, 'src/lonely.ts': 'export const a = 1\n' }, /no-orphans: src\/lonely\.ts/]],
  'dead code': [
    [{ ...CLEAN, 'src/unused.ts': DOUBLE }, /src\/unused\.ts/],
    [{ ...CLEAN, 'src/double.ts': `${DOUBLE}export const triple = 3\n` }, /triple/],
  ],
  words: [
    [{ ...CLEAN, 'src/double.ts': `// TO${'DO'} later\n${DOUBLE}` }, /double\.ts:1 unfinished/],
    [{ ...CLEAN, 'README.md': `see ${'/ho' + 'me'}/somebody/file\n` }, /README\.md:1 a path/],
  ],
}

for (const gate of [...TOOL_GATES, words]) {
  describe(`the gate "${gate.name}"`, () => {
    it('fails when it finds nothing to look at', () => {
      const { ok, text } = outcome(gate, {})
      assert.equal(ok, false)
      assert.match(text, /nothing to look at/)
    })

    for (const [files, complaint] of WRONG[gate.name] ?? []) {
      it(`catches ${complaint.source}`, () => {
        const { ok, text } = outcome(gate, files)
        assert.equal(ok, false)
        assert.match(text, complaint)
      })
    }

    it('has a wrong tree to show', () => assert.ok(WRONG[gate.name]))
  })
}

it('a gate that saw less than there is has failed', () => {
  assert.equal(say('x', 'files', { looked: 2, expected: 3, problems: '' }).ok, false)
  assert.equal(say('x', 'files', { looked: 3, expected: 3, problems: '' }).ok, true)
})

for (const gate of TOOL_GATES.filter(({ name }) => name !== 'dead code')) {
  it(`"${gate.name}" lets a clean tree pass`, () => {
    const { ok, text } = outcome(gate, CLEAN)
    assert.ok(ok, text)
  })
}
