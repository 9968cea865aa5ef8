import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { Kysely } from 'kysely'
import { engineFor } from '../engines.ts'
import { NewerRegistryError, WrongMasterKeyError, openRegistry } from '../index.ts'
import { newcomer, it } from './subject.ts'

export function storeContract(freshUrl: () => Promise<string>): void {
  it('finds everything again after it was closed', async () => {
    const options = { url: await freshUrl(), masterKey: randomBytes(32) }
    const first = await openRegistry(options)
    const user = await first.users.insert({ ...newcomer(), username: 'keeper', email: 'keeper@example.org' })
    await first.close()
    const second = await openRegistry(options)
    try {
      assert.deepEqual(await second.users.byId(user.id), user)
      await second.check()
    } finally {
      await second.close()
    }
  })

  it('refuses another master key in one line', async () => {
    const url = await freshUrl()
    await (await openRegistry({ url, masterKey: randomBytes(32) })).close()
    await assert.rejects(openRegistry({ url, masterKey: randomBytes(32) }), (error) => {
      assert(error instanceof WrongMasterKeyError)
      return !error.message.includes('\n')
    })
  })

  it('refuses the tables of a newer version in one line and leaves them alone', async () => {
    const options = { url: await freshUrl(), masterKey: randomBytes(32) }
    await (await openRegistry(options)).close()
    const db = new Kysely<{ schema_migrations: { name: string; applied_at: number } }>({
      dialect: (await engineFor(options.url)).dialect,
    })
    try {
      const step = { name: '9999-tomorrow', applied_at: 0 }
      await db.insertInto('schema_migrations').values(step).execute()
      await assert.rejects(openRegistry(options), (error) => {
        assert(error instanceof NewerRegistryError)
        assert.match(error.message, /newer version.*9999-tomorrow/)
        return !error.message.includes('\n')
      })
      await db.deleteFrom('schema_migrations').where('name', '=', step.name).execute()
      await (await openRegistry(options)).close()
    } finally {
      await db.destroy()
    }
  })

  it('is made once when several processes open it at the same time', async () => {
    const url = await freshUrl()
    const script = `
      const { openRegistry } = await import(${JSON.stringify(import.meta.resolve('../index.ts'))})
      const registry = await openRegistry({ url: process.argv[1], masterKey: Buffer.alloc(32) })
      await registry.check()
      await registry.close()`
    const open = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, url])
    await Promise.all([open(), open(), open()])
    const registry = await openRegistry({ url, masterKey: Buffer.alloc(32) })
    await registry.close()
  })
}
