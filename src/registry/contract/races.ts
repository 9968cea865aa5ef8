import assert from 'node:assert/strict'
import { randomApiKey } from '../../core/access/secrets.ts'
import { type Subject, contest, newcomer, plainDevice, plainLabel, times, it } from './subject.ts'

const MANY = 20

export function racesContract(subject: () => Subject): void {
  registrations(subject)
  memberships(subject)
  removals(subject)
}

function registrations(subject: () => Subject): void {
  it('lets one of many registrations have a user name', async () => {
    const { registry, name } = subject()
    const username = name()
    const calls = times(MANY, () => () => {
      return registry.users.insert({ ...newcomer(), username, email: `${name()}@example.org` })
    })
    const { won, lost, refused } = await contest(calls)
    assert.deepEqual([won.length, lost, refused], [1, ['username_taken'], MANY - 1])
  })

  it('lets one of many registrations have an e-mail, whatever its case', async () => {
    const { registry, name } = subject()
    const email = `${name('case')}@example.org`
    const calls = times(MANY, (index) => () => {
      const spelled = index % 2 === 0 ? email : email.toUpperCase()
      return registry.users.insert({ ...newcomer(), username: name(), email: spelled })
    })
    const { won, lost, refused } = await contest(calls)
    assert.deepEqual([won.length, lost, refused], [1, ['email_taken'], MANY - 1])
  })

  it('lets an address be one user’s e-mail or one user’s name', async () => {
    const { registry, name } = subject()
    const address = `${name('either')}@example.org`
    const calls = times(MANY, (index) => () => {
      const own = { username: name(), email: `${name()}@example.org` }
      const names = index % 2 === 0 ? { ...own, username: address } : { ...own, email: address }
      return registry.users.insert({ ...newcomer(), ...names })
    })
    const { won, refused } = await contest(calls)
    assert.deepEqual([won.length, refused], [1, MANY - 1])
  })

  it('lets one of many renamings win', async () => {
    const { registry, user, name } = subject()
    const wanted = name()
    const users = await Promise.all(times(MANY, () => user()))
    const calls = users.map(
      ({ id }) =>
        () =>
          registry.users.update(id, () => ({ username: wanted })),
    )
    const { won, lost, refused } = await contest(calls)
    assert.deepEqual([won.length, lost, refused], [1, ['username_taken'], MANY - 1])
  })

  it('lets one of many devices have a name of its owner', async () => {
    const { registry, user, name } = subject()
    const owner = (await user()).id
    const wanted = name()
    const calls = times(MANY, () => () => {
      return registry.devices.insert([{ ...plainDevice(wanted), owner, apiKey: randomApiKey() }])
    })
    const { won, lost, refused } = await contest(calls)
    assert.deepEqual([won.length, lost, refused], [1, ['device_name_taken'], MANY - 1])
  })

  it('lets one of many labels have a name', async () => {
    const { registry, user, name } = subject()
    const owner = (await user()).id
    const owned = name()
    const own = times(MANY, () => () => registry.labels.insert({ ...plainLabel(owned), owner }))
    const shared = name()
    const users = await Promise.all(times(MANY, () => user()))
    const managers = users.map(({ id }) => () => {
      return registry.labels.insert({ ...plainLabel(shared), owner: id, home: 'manager' })
    })
    for (const calls of [own, managers]) {
      const { won, lost, refused } = await contest(calls)
      assert.deepEqual([won.length, lost, refused], [1, ['label_name_taken'], MANY - 1])
    }
  })
}

function memberships(subject: () => Subject): void {
  it('adds a device to a label once', async () => {
    const { registry, label, device } = subject()
    const [{ id }, { id: member }] = [await label(), await device()]
    const { won } = await contest(times(MANY, () => () => registry.memberships.add(id, [member])))
    assert.equal(won.length, MANY)
    assert.equal(won.flat().length, 1)
    assert.equal((await registry.labels.get(id))?.deviceCount, 1)
  })

  it('adds to a label that is being removed, or not, and leaves nothing behind', async () => {
    const { registry, label, device } = subject()
    const [{ id }, members] = [await label(), await Promise.all(times(MANY, () => device()))]
    const calls = members.map((member) => () => registry.memberships.add(id, [member.id]))
    const { lost } = await contest([
      ...calls.slice(0, 10),
      () => registry.labels.remove(id),
      ...calls.slice(10),
    ])
    assert(
      lost.every((code) => code === 'label_not_found'),
      lost.join(),
    )
    for (const member of members) assert.deepEqual(await registry.memberships.labelsOf(member.id), [])
  })
}

function removals(subject: () => Subject): void {
  it('marks a device once', async () => {
    const { registry, device, changes } = subject()
    const { id } = await device()
    const { won } = await contest(times(MANY, () => () => registry.removals.mark(id)))
    assert.equal(won.filter(Boolean).length, 1)
    const told = changes.filter((change) => change.kind === 'device-removed' && change.device === id)
    assert.equal(told.length, 1)
  })

  it('leaves no device behind that was registered while its owner went', async () => {
    const { registry, user, name } = subject()
    const owner = (await user()).id
    const register = () =>
      registry.devices.insert([{ ...plainDevice(name()), owner, apiKey: randomApiKey() }])
    const calls = times(MANY, () => async () => (await register()).length)
    const remove = async () => (await registry.users.remove(owner)).length
    const { lost } = await contest([...calls.slice(0, 10), remove, ...calls.slice(10)])
    assert(
      lost.every((code) => code === 'user_not_found'),
      lost.join(),
    )
    assert.equal((await registry.devices.list({ owner }, { limit: 1, offset: 0 })).total, 0)
    assert.equal(await registry.users.byId(owner), null)
  })

  it('gives every change of one device a revision of its own', async () => {
    const { registry, device, changes } = subject()
    const { id } = await device()
    await contest(times(MANY, (index) => () => registry.devices.update(id, { location: String(index) })))
    const revisions = changes.flatMap((change) =>
      change.kind === 'device-changed' && change.device.id === id ? [change.revision] : [],
    )
    assert.deepEqual(
      revisions.toSorted((a, b) => a - b),
      times(MANY, (index) => index + 2),
    )
  })
}
