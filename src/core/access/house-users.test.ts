import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { type TemporaryRegistry, temporaryRegistry } from '../../../test/temporary-registry.ts'
import { isCoreError } from '../errors.ts'
import { createSuperuser, ensureDemoUser } from './house-users.ts'
import { createPasswords } from './password.ts'

const passwords = createPasswords()
let store: TemporaryRegistry

beforeEach(async () => {
  store = await temporaryRegistry()
})
afterEach(() => store.remove())

const options = () => ({ users: store.registry.users, passwords })

describe('demo user', () => {
  it('is an ordinary user, made once', async () => {
    const demo = await ensureDemoUser(options(), { username: 'admin', password: 'admin123' })
    assert.deepEqual(
      [demo?.username, demo?.email, demo?.isSuperuser, demo?.isAdmin],
      ['admin', 'admin@demo.invalid', false, false],
    )
    const stored = (await store.registry.users.byLogin('admin'))?.passwordHash
    assert.equal(await ensureDemoUser(options(), { username: 'admin', password: 'another' }), null)
    assert.equal((await store.registry.users.byLogin('admin'))?.passwordHash, stored)
    assert.equal(await store.registry.users.count(), 1)
  })

  it('leaves alone who has the name or the e-mail', async () => {
    const other = { publicId: 'a'.repeat(32), passwordHash: 'x', isSuperuser: false }
    await store.registry.users.insert({ ...other, username: 'x', email: 'ADMIN@demo.invalid' })
    assert.equal(await ensureDemoUser(options(), { username: 'admin', password: 'admin123' }), null)
    assert.equal(await store.registry.users.count(), 1)
  })

  it('is made once by two starts at the same time', async () => {
    const demo = { username: 'admin', password: 'admin123' }
    const made = await Promise.all([ensureDemoUser(options(), demo), ensureDemoUser(options(), demo)])
    assert.equal(made.filter((user) => user !== null).length, 1)
  })
})

describe('superuser of the command line', () => {
  const root = { email: 'root@example.org', username: 'root', password: 'secret' }

  it('is made with the power, and shown as protected', async () => {
    const { created, user } = await createSuperuser(options(), root)
    assert.deepEqual([created, user.username, user.isSuperuser, user.isAdmin], [true, 'root', true, true])
  })

  it('changes nothing where the e-mail exists, and says so', async () => {
    const first = await createSuperuser(options(), root)
    const stored = await store.registry.users.byLogin('root')
    for (const username of ['root', 'other']) {
      const again = await createSuperuser(options(), {
        ...root,
        email: 'ROOT@example.org',
        username,
        password: 'new',
      })
      assert.deepEqual(again, { created: false, user: first.user })
    }
    assert.deepEqual(await store.registry.users.byLogin('root'), stored)
  })

  it('refuses a taken name with another e-mail, and bad input', async () => {
    await createSuperuser(options(), root)
    const renamed = createSuperuser(options(), { ...root, email: 'new@example.org' })
    await assert.rejects(renamed, (error) => isCoreError(error, 'username_taken'))
    const bad = createSuperuser(options(), { ...root, email: 'nowhere' })
    await assert.rejects(bad, (error) => isCoreError(error, 'invalid_input'))
  })
})
