import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Registry, openRegistry } from '../src/registry/index.ts'

export interface TemporaryRegistry {
  readonly registry: Registry
  readonly folder: string
  readonly url: string
  readonly masterKey: Buffer
  /** Closes the registry and removes its folder. */
  remove(): Promise<void>
}

/** An empty registry on SQLite in a folder of its own. */
export async function temporaryRegistry(now: () => number = Date.now): Promise<TemporaryRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'sensorium-registry-'))
  const url = `sqlite://${join(folder, 'registry.db')}`
  const masterKey = Buffer.alloc(32, 7)
  const registry = await openRegistry({ url, masterKey, now })
  return {
    registry,
    folder,
    url,
    masterKey,
    async remove() {
      await registry.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
