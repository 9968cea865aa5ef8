import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { type TemporaryRegistry, temporaryRegistry } from '../../../test/temporary-registry.ts'
import { openRegistry } from '../index.ts'
import { openDatabase } from './database.ts'

const masterKey = Buffer.alloc(32)
let store: TemporaryRegistry

beforeEach(async () => {
  store = await temporaryRegistry()
})
afterEach(() => store.remove())

describe('the SQLite file', () => {
  it('is written through a log and flushed at every commit', () => {
    const database = openDatabase(join(store.folder, 'other.db'))
    try {
      assert.deepEqual(
        { ...(database.prepare('pragma journal_mode').all([])[0] as object) },
        { journal_mode: 'wal' },
      )
      assert.deepEqual(
        { ...(database.prepare('pragma synchronous').all([])[0] as object) },
        { synchronous: 2 },
      )
      assert.deepEqual(
        { ...(database.prepare('pragma foreign_keys').all([])[0] as object) },
        { foreign_keys: 1 },
      )
    } finally {
      database.close()
    }
  })

  it('takes the command line’s writes beside a running server', async () => {
    const other = await openRegistry({ url: store.url, masterKey: store.masterKey })
    const user = { publicId: 'a'.repeat(32), passwordHash: 'x', isSuperuser: true }
    const { id } = await other.users.insert({ ...user, username: 'root', email: 'root@example.org' })
    await other.close()
    assert.equal((await store.registry.users.byId(id))?.username, 'root')
    await store.registry.users.update(id, () => ({ username: 'other' }))
  })

  it('prepares a statement once, and more statements than it keeps', () => {
    const database = openDatabase(':memory:')
    assert.equal(database.prepare('select 1'), database.prepare('select 1'))
    for (let index = 0; index < 1000; index += 1) {
      assert.deepEqual({ ...(database.prepare(`select ${index} as n`).all([])[0] as object) }, { n: index })
    }
    database.close()
  })

  it('is refused where it is no database or cannot be made', async () => {
    const junk = join(store.folder, 'junk.db')
    writeFileSync(junk, 'this is no database, and long enough to be looked at'.repeat(100))
    await assert.rejects(openRegistry({ url: `sqlite://${junk}`, masterKey }), /file is not a database/)
    const nowhere = join(store.folder, 'missing', 'registry.db')
    await assert.rejects(openRegistry({ url: `sqlite://${nowhere}`, masterKey }), /ENOENT/)
    for (const url of ['', 'sqlite://', 'mysql://example.org/x', store.folder]) {
      await assert.rejects(openRegistry({ url, masterKey }), RangeError)
    }
  })
})
