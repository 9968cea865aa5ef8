import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import bcrypt from 'bcryptjs'
import { type TemporaryRegistry, temporaryRegistry } from '../../../test/temporary-registry.ts'
import { type ErrorCode, isCoreError } from '../errors.ts'
import { createLoginThrottle } from './login-throttle.ts'
import { createPasswords } from './password.ts'
import type { UserService } from './user.ts'
import { createUserService } from './user-service.ts'

const ADDRESS = '192.0.2.1'
const ANNA = { username: 'anna', email: 'anna@example.org', password: 'correct' }
const passwords = createPasswords()

let store: TemporaryRegistry
let users: UserService
let finished: (readonly number[])[]
let time = Date.UTC(2030, 0, 1)

const build = (registration: 'open' | 'closed' = 'open') =>
  createUserService({
    users: store.registry.users,
    finishRemovals: async (devices) => void finished.push(devices),
    registration,
    passwords,
    throttle: createLoginThrottle({ now: () => time }),
    now: () => time,
  })

const login = (name: string, password: string, address = ADDRESS) =>
  users.login({ login: name, password, address })

const refused = (code: ErrorCode) => (error: unknown) => isCoreError(error, code)

beforeEach(async () => {
  time = Date.UTC(2030, 0, 1)
  store = await temporaryRegistry(() => time)
  finished = []
  users = build()
})

afterEach(() => store.remove())

describe('registration', () => {
  it('makes an active ordinary user who can be found and logged in', async () => {
    const anna = await users.register(ANNA)
    assert.match(anna.publicId, /^[0-9a-f]{32}$/)
    assert.deepEqual(
      [anna.isActive, anna.isSuperuser, anna.isAdmin, anna.lastLogin],
      [true, false, false, null],
    )
    assert.deepEqual(await users.byPublicId(anna.publicId), anna)
    time += 5000
    const seen = await login('anna', 'correct')
    assert.deepEqual(seen, { ...anna, lastLogin: time })
    assert.deepEqual(await users.list({ limit: 10, offset: 0 }), { total: 1, users: [seen] })
    assert.equal(await users.count(), 1)
  })

  it('stores nothing of bad input or taken names', async () => {
    await users.register(ANNA)
    await assert.rejects(users.register({ ...ANNA, username: '' }), refused('invalid_input'))
    await assert.rejects(users.register({ ...ANNA, email: 'x' }), refused('invalid_input'))
    await assert.rejects(users.register({ ...ANNA, password: '' }), refused('invalid_input'))
    await assert.rejects(users.register(ANNA), (error) => {
      return isCoreError(error, 'username_taken') && error.details['emailTaken'] === true
    })
    await assert.rejects(users.register({ ...ANNA, username: 'b' }), refused('email_taken'))
    assert.equal(await users.count(), 1)
  })

  it('is refused where it is closed', async () => {
    await assert.rejects(build('closed').register(ANNA), refused('registration_closed'))
    assert.equal(await users.count(), 0)
  })
})

describe('login', () => {
  it('takes the e-mail too, without regard to case', async () => {
    const { id } = await users.register(ANNA)
    assert.equal((await login('ANNA@example.org', 'correct')).id, id)
    await assert.rejects(login('ANNA', 'correct'), refused('login_failed'))
  })

  it('does not tell an unknown user from a wrong password', async () => {
    await users.register(ANNA)
    const errors = await Promise.all(
      [
        ['anna', 'wrong'],
        ['nobody', 'wrong'],
        ['a\0b', 'wrong'],
        ['anna', ''],
        ['anna', 'x'.repeat(5000)],
      ].map(([name = '', password = '']) => login(name, password).catch((error: unknown) => error)),
    )
    for (const error of errors) {
      assert(isCoreError(error, 'login_failed'))
      assert.deepEqual(error.details, {})
    }
    assert.equal((await users.byPublicId('0'.repeat(32)))?.lastLogin, undefined)
  })

  it('tells a deactivated user so only after the right password', async () => {
    const { id } = await users.register(ANNA)
    await users.setActive(id, false)
    await assert.rejects(login('anna', 'wrong'), refused('login_failed'))
    await assert.rejects(login('anna', 'correct'), refused('user_inactive'))
    assert.equal((await users.byId(id))?.lastLogin, null)
  })

  it('re-hashes the password of an older system', async () => {
    const old = await bcrypt.hash('legacy', 4)
    const { insert, byLogin } = store.registry.users
    await insert({ ...ANNA, publicId: 'a'.repeat(32), passwordHash: old, isSuperuser: false })
    const both = await Promise.all([login('anna', 'legacy'), login('anna', 'legacy')])
    assert.equal(both.length, 2)
    assert.match((await byLogin('anna'))?.passwordHash ?? '', /^\$argon2id\$/)
    await login('anna', 'legacy')
    await assert.rejects(login('anna', 'wrong'), refused('login_failed'))
  })

  it('throttles after ten failures per address and user, however the user is spelled', async () => {
    await users.register(ANNA)
    for (let attempt = 0; attempt < 10; attempt += 1) {
      const name = attempt % 2 === 0 ? 'anna' : 'ANNA@example.org'
      await assert.rejects(login(name, 'wrong'), refused('login_failed'))
    }
    await assert.rejects(login('anna', 'correct'), (error) => {
      return isCoreError(error, 'login_throttled') && error.details['retryAfter'] === 900
    })
    await login('anna', 'correct', '192.0.2.2')
    time += 15 * 60_000
    await login('anna', 'correct')
  })

  it('lets ten of many wrong passwords sent at once be tried', async () => {
    await users.register(ANNA)
    const settled = await Promise.allSettled(Array.from({ length: 30 }, () => login('anna', 'wrong')))
    const codes = settled.map((outcome) =>
      outcome.status === 'rejected' && isCoreError(outcome.reason) ? outcome.reason.code : 'let in',
    )
    assert.equal(codes.filter((code) => code === 'login_failed').length, 10)
    assert.equal(codes.filter((code) => code === 'login_throttled').length, 20)
  })

  it('does not let in with a password that was changed meanwhile', async () => {
    const { id } = await users.register(ANNA)
    const [change, attempt] = await Promise.allSettled([
      users.update(id, { password: 'changed' }),
      login('anna', 'correct'),
    ])
    assert.equal(change.status, 'fulfilled')
    // Whichever came first: afterwards only the new one is good.
    assert(attempt.status === 'fulfilled' || isCoreError(attempt.reason, 'login_failed'))
    await assert.rejects(login('anna', 'correct'), refused('login_failed'))
    await login('anna', 'changed')
  })
})

describe('changes', () => {
  it('changes names, password and flags', async () => {
    const { id } = await users.register(ANNA)
    time += 1
    const changed = await users.update(id, {
      username: 'Anna',
      email: 'new@example.org',
      password: 'fresh',
      isAdmin: true,
    })
    assert.deepEqual(
      [changed.username, changed.email, changed.isAdmin, changed.updatedAt],
      ['Anna', 'new@example.org', true, time],
    )
    await login('Anna', 'fresh')
    await assert.rejects(login('Anna', 'correct'), refused('login_failed'))
    await assert.rejects(users.update(id, { email: 'x' }), refused('invalid_input'))
    await assert.rejects(users.update(999, { email: 'y@example.org' }), refused('user_not_found'))
  })

  it('switches users off and on, and says whether anything changed', async () => {
    const { id } = await users.register(ANNA)
    const step = async (active: boolean) => {
      const { user, changed } = await users.setActive(id, active)
      return [user.isActive, changed]
    }
    assert.deepEqual(await step(true), [true, false])
    assert.deepEqual(await step(false), [false, true])
    assert.deepEqual(await step(false), [false, false])
    assert.deepEqual(await step(true), [true, true])
    await assert.rejects(users.setActive(999, true), refused('user_not_found'))
  })

  it('does not deactivate who carries the protection mark', async () => {
    const { id } = await users.register(ANNA)
    await users.update(id, { isAdmin: true })
    await assert.rejects(users.setActive(id, false), refused('user_protected'))
    await assert.rejects(users.update(id, { isActive: false }), refused('user_protected'))
    assert.equal((await users.byId(id))?.isActive, true)
    assert.equal((await users.update(id, { isActive: false, isAdmin: false })).isActive, false)
    const root = await users.register({
      ...ANNA,
      username: 'root',
      email: 'root@example.org',
      isSuperuser: true,
    })
    await assert.rejects(
      users.update(root.id, { isActive: false, isAdmin: false }),
      refused('user_protected'),
    )
  })

  it('hands the devices that go with a user to their removal', async () => {
    const { id } = await users.register(ANNA)
    const device = { home: 'iotflow', owner: id, name: 'd', deviceType: 't', lifecycle: 'active' } as const
    const [inserted] = await store.registry.devices.insert([{ ...device, apiKey: 'k'.repeat(32) }])
    await users.remove(id)
    assert.deepEqual(finished, [[inserted?.device.id]])
    assert.equal(await users.byId(id), null)
    await assert.rejects(users.remove(id), refused('user_not_found'))
  })
})
