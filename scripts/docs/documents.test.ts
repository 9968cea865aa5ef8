import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { withSettings } from './settings.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

describe('the documents', () => {
  it('hold the settings as the code has them (npm run docs)', () => {
    assert.equal(read('README.md'), withSettings(read('README.md')))
  })

  it('name every direct dependency, and no other', () => {
    const manifest = JSON.parse(read('package.json')) as Record<'dependencies' | 'devDependencies', object>
    const wanted = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)]
    const named = [...read('docs/dependencies.md').matchAll(/^- `([^`]+)`: \S/gm)].map(
      ([, name = '']) => name,
    )
    assert.deepEqual(named.toSorted(), wanted.toSorted())
  })

  it('link only to what is there', () => {
    const documents = ['*.md', 'docs/**/*.md'].flatMap((glob) => globSync(glob, { cwd: ROOT }))
    assert.ok(documents.length > 5)
    const dead = documents.flatMap((document) =>
      [...read(document).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !existsSync(join(ROOT, dirname(document), target)))
        .map((target) => `${document} → ${target}`),
    )
    assert.deepEqual(dead, [])
  })

  it('name only files that are there', () => {
    const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md']
    const named = documents.flatMap((document) =>
      [...read(document).matchAll(/`((?:src|test|bench|scripts|docs)\/[\w./-]+)`/g)].map(
        ([, path = '']) => path,
      ),
    )
    assert.ok(named.length > 10)
    assert.deepEqual(
      named.filter((path) => !existsSync(join(ROOT, path))),
      [],
    )
  })
})
