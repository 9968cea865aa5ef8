// npm run docs: writes into the documents what the code knows better: the README's table of settings.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withSettings } from './docs/settings.ts'

const path = join(import.meta.dirname, '../README.md')
const before = readFileSync(path, 'utf8')
const after = withSettings(before)
writeFileSync(path, after)
console.log(
  before === after ? 'README.md is up to date' : 'README.md: the table of settings was written anew',
)
