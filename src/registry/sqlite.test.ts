import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { registryContract } from './contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'sensorium-registry-'))
let stores = 0

registryContract({
  name: 'SQLite',
  freshUrl: async () => `sqlite://${join(folder, `registry-${(stores += 1)}.db`)}`,
  dispose: async () => rmSync(folder, { recursive: true, force: true }),
})
