import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startPostgres } from '../../test/postgres-server.ts'
import { isCoreError } from '../core/errors.ts'
import { registryContract } from './contract.ts'
import { openRegistry } from './index.ts'

const server = await startPostgres()
const skip = server === null ? 'no PostgreSQL server could be had: see the note above' : undefined

async function freshUrl(): Promise<string> {
  if (server === null) throw new Error('no PostgreSQL server')
  return server.createDatabase()
}

describe('a PostgreSQL server that goes away', { skip: skip ?? false }, () => {
  it('makes the registry say so', async () => {
    const brief = await startPostgres()
    assert(brief)
    const registry = await openRegistry({ url: await brief.createDatabase(), masterKey: Buffer.alloc(32) })
    await registry.check()
    await brief.stop()
    const unavailable = (error: unknown) => isCoreError(error, 'storage_unavailable')
    await assert.rejects(registry.users.count(), unavailable)
    await assert.rejects(registry.devices.counts(), unavailable)
    await assert.rejects(registry.users.byId(1), unavailable)
    await registry.close()
  })
})

registryContract({
  name: `PostgreSQL ${server?.version ?? ''}`,
  freshUrl,
  dispose: async () => server?.stop(),
  ...(skip !== undefined && { skip }),
})
