import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { ALLOWED, PLANTED, TREE } from './planted.ts'
import { cruise } from './tools.ts'

const root = mkdtempSync(join(tmpdir(), 'sensorium-layers-'))
after(() => rmSync(root, { recursive: true, force: true }))
symlinkSync(join(import.meta.dirname, '../../node_modules'), join(root, 'node_modules'))
for (const [path, text] of Object.entries(TREE)) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
const rules = import.meta.resolve('../../.dependency-cruiser.mjs')
const { default: config } = (await import(rules)) as { default: { forbidden: { name: string }[] } }
const { modules, violations } = cruise(root)

const isTarget = (to: string, wanted: string): boolean => to === wanted || to.includes(`${wanted}/`)

describe('the layering check', () => {
  it('looks at every file of the planted tree', () => {
    for (const path of Object.keys(TREE)) if (path.endsWith('.ts')) assert.ok(modules.has(path), path)
  })

  for (const { rule, from, to } of PLANTED) {
    it(`${rule} catches ${from} → ${to}`, () => {
      const found = violations.some(
        (one) => one.rule.name === rule && one.from === from && isTarget(one.to, to),
      )
      assert.ok(found, JSON.stringify(violations.filter((one) => one.from === from)))
    })
  }

  it('leaves alone what is allowed', () => {
    const wrong = violations.filter(({ from, rule }) => ALLOWED.includes(from) && rule.name !== 'no-orphans')
    assert.deepEqual(wrong, [])
  })

  it('has a planted violation for each of its rules', () => {
    const planted = new Set(PLANTED.map(({ rule }) => rule))
    assert.deepEqual(
      config.forbidden.map(({ name }) => name).filter((name) => !planted.has(name)),
      [],
    )
  })
})
