import assert from 'node:assert/strict'
import { type Subject, refusal, it } from './subject.ts'

export function removalContract(subject: () => Subject): void {
  devices(subject)
  users(subject)
}

function devices(subject: () => Subject): void {
  it('hides a marked device at once, with its key and memberships, and frees its name', async () => {
    const { registry, device, user, label, changes } = subject()
    const owner = (await user()).id
    const { id, name } = await device({ owner })
    const { id: group } = await label({ owner })
    await registry.memberships.add(group, [id])
    const { total } = await registry.devices.counts()

    assert.equal(await registry.removals.mark(id), true)
    assert.deepEqual(changes.at(-1), { kind: 'device-removed', device: id })
    assert.equal(await registry.devices.get(id), null)
    assert.equal(await registry.devices.apiKey(id), null)
    assert.equal((await registry.devices.list({ owner }, { limit: 10, offset: 0 })).total, 0)
    assert.deepEqual(await registry.devices.after(id - 1, { owner }, 10), [])
    assert.equal((await registry.devices.counts()).total, total - 1)
    assert.equal((await registry.labels.get(group))?.deviceCount, 0)
    assert.deepEqual(await registry.memberships.add(group, [id]), [])
    assert.notEqual((await registry.directorySource.page(id - 1, 1))[0]?.device.id, id)
    await assert.rejects(registry.devices.update(id, { name: 'x' }), refusal('device_not_found'))
    assert((await device({ owner, name })).id > id)
  })

  it('keeps the mark until the row is erased, and erases nothing that is not marked', async () => {
    const { registry, device } = subject()
    const { id } = await device()
    await registry.removals.erase(id)
    assert.equal((await registry.devices.get(id))?.id, id)
    assert.equal(await registry.removals.mark(id), true)
    assert.equal(await registry.removals.mark(id), false)
    assert((await registry.removals.marked()).includes(id))
    await registry.removals.erase(id)
    assert(!(await registry.removals.marked()).includes(id))
    assert.equal(await registry.removals.mark(id), false)
    assert((await device()).id > id)
  })
}

function users(subject: () => Subject): void {
  it('removes a user with his labels; his own devices are marked, the others become ownerless', async () => {
    const { registry, device, user, label, changes } = subject()
    const owner = (await user()).id
    const going = [await device({ owner }), await device({ owner, home: 'manager' })].map(({ id }) => id)
    const staying = await device({ owner, home: 'nbiot', name: 'meter' })
    const { id: group } = await label({ owner })
    await registry.memberships.add(group, [staying.id])
    const told = changes.length

    assert.deepEqual(new Set(await registry.users.remove(owner)), new Set(going))
    assert.equal(await registry.users.byId(owner), null)
    assert.equal(await registry.labels.get(group), null)
    assert.deepEqual(await registry.memberships.labelsOf(staying.id), [])
    const marked = await registry.removals.marked()
    assert(going.every((id) => marked.includes(id)))
    for (const id of going) assert.equal(await registry.devices.apiKey(id), null)
    assert.equal((await registry.devices.get(staying.id))?.owner, null)
    assert.equal(await registry.devices.apiKey(staying.id), staying.apiKey)
    const kinds = changes.slice(told).map((change) => change.kind)
    assert.deepEqual(kinds, ['user-removed', 'device-removed', 'device-removed', 'device-changed'])
  })

  it('removes a user while a removal of his device is under way', async () => {
    const { registry, device, user } = subject()
    const owner = (await user()).id
    const { id } = await device({ owner })
    await registry.removals.mark(id)
    assert.deepEqual(await registry.users.remove(owner), [])
    assert((await registry.removals.marked()).includes(id))
  })

  it('protects admins and superusers, and knows no stranger', async () => {
    const { registry, user, name } = subject()
    const { users } = registry
    const admin = await user()
    await users.update(admin.id, () => ({ isAdmin: true }))
    await assert.rejects(users.remove(admin.id), refusal('user_protected'))
    const email = `${name()}@example.org`
    const root = { publicId: 'e'.repeat(32), username: name(), email, passwordHash: 'x', isSuperuser: true }
    await assert.rejects(users.remove((await users.insert(root)).id), refusal('user_protected'))
    for (const id of [2 ** 40, 0, Number.NaN])
      await assert.rejects(users.remove(id), refusal('user_not_found'))
  })
}
