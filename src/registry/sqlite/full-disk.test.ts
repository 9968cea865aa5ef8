import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, rmdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { randomApiKey } from '../../core/access/secrets.ts'
import { isCoreError } from '../../core/errors.ts'
import { openRegistry } from '../index.ts'

/** A file system of 2 MiB; null where this process may not mount one. */
function smallDisk(): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'sensorium-small-disk-'))
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder]).status === 0) return folder
  rmdirSync(folder)
  return null
}

const disk = smallDisk()
const skip = disk === null ? 'mounting a small file system needs root' : false
if (disk === null) process.stderr.write(`SKIPPED: the registry on a full disk (${String(skip)})\n`)

describe('registry on a full disk', { skip }, () => {
  it('refuses, keeps what it acknowledged, and goes on when space returns', async () => {
    const folder = disk ?? ''
    const url = `sqlite://${join(folder, 'registry.db')}`
    const registry = await openRegistry({ url, masterKey: Buffer.alloc(32) })
    try {
      const filler = join(folder, 'filler')
      writeFileSync(filler, Buffer.alloc(512 * 1024))
      const unavailable = (error: unknown) => isCoreError(error, 'storage_unavailable')
      const register = (name: string) => {
        const description = 'x'.repeat(4000)
        const values = { home: 'iotflow', owner: null, name, deviceType: 't', lifecycle: 'active' } as const
        return registry.devices.insert([{ ...values, description, apiKey: randomApiKey() }])
      }
      const acknowledged: number[] = []
      await assert.rejects(async () => {
        for (let index = 0; index < 2000; index += 1) {
          const [inserted] = await register(`device${index}`)
          acknowledged.push(inserted?.device.id ?? 0)
        }
      }, unavailable)
      await assert.rejects(registry.check(), unavailable)
      assert(acknowledged.length > 10)
      assert.equal((await registry.devices.counts()).total, acknowledged.length)

      rmSync(filler)
      await sleep(1100)
      await registry.check()
      const [after] = await register('after')
      assert((after?.device.id ?? 0) > (acknowledged.at(-1) ?? 0))
      for (const id of acknowledged) assert.notEqual(await registry.devices.get(id), null)
    } finally {
      await registry.close()
      spawnSync('umount', [folder])
      rmdirSync(folder)
    }
  })
})
