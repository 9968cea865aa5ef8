import assert from 'node:assert/strict'
import { randomPublicId } from '../../core/access/secrets.ts'
import { isCoreError } from '../../core/errors.ts'
import { type Subject, newcomer, refusal, it } from './subject.ts'

export function usersContract(subject: () => Subject): void {
  finding(subject)
  names(subject)
  changing(subject)
  listing(subject)
}

function finding(subject: () => Subject): void {
  it('gives back what was stored, with flags as booleans and times as numbers', async () => {
    const { registry, clock, name } = subject()
    const username = name('Zoë 🚲 ')
    const user = { ...newcomer(), username, email: `${name('Mixed')}@Example.org`, isSuperuser: true }
    const createdAt = clock.time
    const stored = await registry.users.insert(user)
    assert.deepEqual(stored, {
      id: stored.id,
      publicId: user.publicId,
      username,
      email: user.email,
      isActive: true,
      isSuperuser: true,
      isAdmin: true,
      createdAt,
      updatedAt: createdAt,
      lastLogin: null,
    })
    assert.equal(typeof stored.id, 'number')
    assert.deepEqual(await registry.users.byId(stored.id), stored)
    assert.deepEqual(await registry.users.byPublicId(user.publicId), stored)
  })

  it('finds by user name with case, by e-mail without', async () => {
    const { registry, user } = subject()
    const { id, username, email } = await user()
    assert.equal((await registry.users.byLogin(username))?.user.id, id)
    assert.equal((await registry.users.byLogin(email.toUpperCase()))?.user.id, id)
    assert.equal((await registry.users.byLogin(email))?.passwordHash, '$argon2id$x')
    assert.equal(await registry.users.byLogin(username.toUpperCase()), null)
  })

  it('answers null to what cannot be there', async () => {
    const { users } = subject().registry
    for (const id of [0, -1, 0.5, Number.NaN, 2 ** 53, 1e300]) assert.equal(await users.byId(id), null)
    for (const login of ['', 'a\0b', '\ud800', "' or 1=1 --"]) assert.equal(await users.byLogin(login), null)
    assert.equal(await users.byPublicId(randomPublicId()), null)
  })
}

function names(subject: () => Subject): void {
  it('says which names are taken, whatever the case of an e-mail', async () => {
    const { registry, user, name } = subject()
    const { username, email } = await user()
    const attempt = (names: { username: string; email: string }) =>
      registry.users.insert({ ...newcomer(), ...names })
    const free = () => `${name('free')}@example.org`

    await assert.rejects(attempt({ username, email: free() }), (error) => {
      assert(isCoreError(error, 'username_taken'))
      return error.details['emailTaken'] === false
    })
    await assert.rejects(attempt({ username, email: email.toUpperCase() }), (error) => {
      assert(isCoreError(error, 'username_taken'))
      return error.details['emailTaken'] === true
    })
    await assert.rejects(attempt({ username: name(), email: email.toUpperCase() }), refusal('email_taken'))
    await attempt({ username: username.toUpperCase(), email: free() })
  })

  it('takes no name that is the e-mail of another, nor the reverse', async () => {
    const { registry, name } = subject()
    const address = `${name('both')}@example.org`
    await registry.users.insert({ ...newcomer(), username: address, email: address })
    const other = { ...newcomer(), username: name(), email: `${name()}@example.org` }
    await assert.rejects(
      registry.users.insert({ ...other, username: address.toUpperCase() }),
      refusal('username_taken'),
    )
    const { id } = await registry.users.insert({ ...other, username: `${name('named')}@example.org` })
    const { username } = (await registry.users.byId(id)) ?? other
    await assert.rejects(
      registry.users.insert({ ...newcomer(), username: name(), email: username.toUpperCase() }),
      refusal('email_taken'),
    )
  })
}

function changing(subject: () => Subject): void {
  it('changes what the patch holds and moves updatedAt, a login excepted', async () => {
    const { registry, user, clock, changes } = subject()
    const before = await user()
    clock.time += 1000
    const changed = await registry.users.update(before.id, () => ({ isActive: false, isAdmin: true }))
    assert.deepEqual(changed, { ...before, isActive: false, isAdmin: true, updatedAt: clock.time - 1 })
    const seen = await registry.users.update(before.id, () => ({ lastLogin: 7, passwordHash: 'new' }))
    assert.deepEqual(seen, { ...changed, lastLogin: 7 })
    assert.equal((await registry.users.byLogin(before.username))?.passwordHash, 'new')
    assert.deepEqual(changes.at(-1), { kind: 'user-changed', user: before.id })
    const told = changes.length
    assert.deepEqual(await registry.users.update(before.id, () => ({})), seen)
    assert.equal(changes.length, told)
  })

  it('refuses taken names on update, and takes one that is already the user’s own', async () => {
    const { registry, user } = subject()
    const [one, two] = [await user(), await user()]
    const { update } = registry.users
    await assert.rejects(
      update(two.id, () => ({ username: one.username })),
      refusal('username_taken'),
    )
    await assert.rejects(
      update(two.id, () => ({ email: one.email.toUpperCase() })),
      refusal('email_taken'),
    )
    const same = await update(two.id, () => ({ username: two.username, email: two.email.toUpperCase() }))
    assert.equal(same.email, two.email.toUpperCase())
    await assert.rejects(
      update(2 ** 40, () => ({})),
      refusal('user_not_found'),
    )
  })

  it('writes nothing when the decision throws', async () => {
    const { registry, user, changes } = subject()
    const before = await user()
    const told = changes.length
    const refuse = () => {
      throw new RangeError('no')
    }
    await assert.rejects(registry.users.update(before.id, refuse), RangeError)
    assert.deepEqual(await registry.users.byId(before.id), before)
    assert.equal(changes.length, told)
  })
}

function listing(subject: () => Subject): void {
  it('lists by ascending id, in pages, with the number of all', async () => {
    const { registry, user } = subject()
    const ids = [(await user()).id, (await user()).id, (await user()).id]
    const total = await registry.users.count()
    const page = await registry.users.list({ limit: 2, offset: total - 3 })
    assert.equal(page.total, total)
    assert.deepEqual(
      page.users.map(({ id }) => id),
      ids.slice(0, 2),
    )
    assert.deepEqual((await registry.users.list({ limit: 5, offset: 2 ** 50 })).users, [])
  })

  it('never gives an id twice', async () => {
    const { registry, user } = subject()
    const { id } = await user()
    await registry.users.remove(id)
    assert((await user()).id > id)
  })
}
