import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, it } from 'node:test'

const root = mkdtempSync(join(tmpdir(), 'sensorium-runner-'))
after(() => rmSync(root, { recursive: true, force: true }))
for (const folder of ['src', 'test']) mkdirSync(join(root, folder))
const header = "import { test } from 'node:test'\n"
writeFileSync(
  join(root, 'src/good.test.ts'),
  `${header}test('good one', () => {})\ntest('other', { skip: true }, () => {})\n`,
)
writeFileSync(join(root, 'test/house.test.ts'), `${header}test('house', () => {})\n`)

function run(...args: string[]) {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const all = [join(import.meta.dirname, 'test.ts'), ...args]
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { cwd: root, encoding: 'utf8', env })
  return { status, stdout, stderr }
}

it('runs both phases and says one summary, at the end', () => {
  const { status, stdout } = run()
  assert.equal(status, 0)
  assert.match(
    stdout,
    /tests 3\n.* suites 0\n.* pass 2\n.* fail 0\n.* cancelled 0\n.* skipped 1\n.* todo 0\n.* duration_ms [\d.]+\s*$/,
  )
  assert.equal(stdout.match(/ tests \d/g)?.length, 1)
})

it('is narrowed by files, folders and a pattern', () => {
  assert.match(run('test').stdout, /tests 1\n/)
  assert.match(run('src/good.test.ts').stdout, /tests 2\n/)
  assert.match(run('src', '--test-name-pattern', 'good').stdout, /pass 1\n/)
})

it('fails when it finds no tests', () => {
  assert.deepEqual(run('nowhere'), { status: 1, stdout: '', stderr: 'no tests found in nowhere\n' })
})

it('fails when a test fails, or a file can’t be read', () => {
  writeFileSync(join(root, 'src/bad.test.ts'), `${header}test('bad', () => { throw new Error('no') })\n`)
  const failed = run()
  assert.equal(failed.status, 1)
  assert.match(failed.stdout, /pass 2\n.* fail 1\n/)
  writeFileSync(join(root, 'src/bad.test.ts'), 'import "./missing.ts"\n')
  assert.equal(run().status, 1)
})
