import assert from 'node:assert/strict'
import { type Subject, refusal, times, it } from './subject.ts'

export function labelsContract(subject: () => Subject): void {
  storing(subject)
  listing(subject)
  adding(subject)
  leaving(subject)
}

function storing(subject: () => Subject): void {
  it('gives back what was stored', async () => {
    const { registry, user, clock, name } = subject()
    const owner = (await user()).id
    const createdAt = clock.time
    const values = {
      home: 'iotflow',
      owner,
      name: name(),
      description: 'the cold ones',
      color: '#aabbcc',
    } as const
    const stored = await registry.labels.insert(values)
    const expected = { ...values, id: stored.id, createdAt, updatedAt: createdAt, deviceCount: 0 }
    assert.deepEqual(stored, expected)
    assert.deepEqual(await registry.labels.get(stored.id), expected)
    assert.equal(await registry.labels.get(2 ** 40), null)
    await assert.rejects(registry.labels.insert({ ...values, owner: 2 ** 40 }), refusal('user_not_found'))
  })

  it('keeps names unique per owner over both homes, and manager names over all', async () => {
    const { label, user } = subject()
    const [one, two] = [(await user()).id, (await user()).id]
    const taken = refusal('label_name_taken')
    await label({ owner: one, name: 'cold' })
    await assert.rejects(label({ owner: one, name: 'cold' }), taken)
    await assert.rejects(label({ owner: one, name: 'cold', home: 'manager' }), taken)
    // A stranger's group never blocks a manager label.
    await label({ owner: two, name: 'cold', home: 'manager' })
    await assert.rejects(label({ owner: (await user()).id, name: 'cold', home: 'manager' }), taken)
    // "No owner" counts as one owner.
    await label({ owner: null, name: 'cold' })
    await assert.rejects(label({ owner: null, name: 'cold' }), taken)
  })

  it('changes what was given, refuses a taken name', async () => {
    const { registry, label, user, clock } = subject()
    const owner = (await user()).id
    const one = await label({ owner, description: 'd', color: '#000000' })
    const two = await label({ owner })
    clock.time += 1000
    const changed = await registry.labels.update(one.id, { name: 'new', description: null })
    assert.deepEqual(changed, { ...one, name: 'new', description: null, updatedAt: clock.time - 1 })
    await assert.rejects(registry.labels.update(two.id, { name: 'new' }), refusal('label_name_taken'))
    assert.equal((await registry.labels.update(two.id, { name: two.name })).name, two.name)
    await assert.rejects(registry.labels.update(2 ** 40, { name: 'x' }), refusal('label_not_found'))
  })
}

function listing(subject: () => Subject): void {
  it('lists one owner’s labels by ascending id, in pages', async () => {
    const { registry, label, user } = subject()
    const owner = (await user()).id
    const ids = [
      (await label({ owner })).id,
      (await label({ owner, home: 'manager' })).id,
      (await label({ owner })).id,
    ]
    await label({ owner: (await user()).id })
    const page = await registry.labels.list(owner, { limit: 2, offset: 1 })
    assert.equal(page.total, 3)
    assert.deepEqual(
      page.labels.map(({ id }) => id),
      ids.slice(1),
    )
  })
}

function adding(subject: () => Subject): void {
  it('adds what is known and no member yet, with an id and a time for each', async () => {
    const { registry, label, device, clock } = subject()
    const { id } = await label()
    const [one, two] = [(await device()).id, (await device()).id]
    const time = clock.time
    const added = await registry.memberships.add(id, [one])
    assert.deepEqual(added, [{ id: added[0]?.id, label: id, device: one, addedAt: time }])
    assert.equal(typeof added[0]?.id, 'number')
    const more = await registry.memberships.add(id, [two, one, two, 2 ** 40, 0.5, -1])
    assert.deepEqual(
      more.map((membership) => membership.device),
      [two],
    )
    assert.equal((await registry.labels.get(id))?.deviceCount, 2)
    await assert.rejects(registry.memberships.add(2 ** 40, [one]), refusal('label_not_found'))
    await assert.rejects(registry.memberships.add(Number.NaN, []), refusal('label_not_found'))
  })

  it('adds more devices than one statement takes', async () => {
    const { registry, label, device } = subject()
    const { id } = await label()
    const { id: known } = await device()
    const unknown = times(5000, (index) => 2 ** 40 + index)
    const added = await registry.memberships.add(id, [...unknown, known])
    assert.deepEqual(
      added.map((membership) => membership.device),
      [known],
    )
  })

  it('lists members by ascending device id with filters, and the labels of a device', async () => {
    const { registry, label, device } = subject()
    const [first, second] = [await label(), await label()]
    const { apiKey: _, ...a } = await device({ lifecycle: 'active' })
    const { apiKey: __, ...b } = await device({ deviceType: 'valve' })
    await registry.memberships.add(first.id, [b.id])
    const [membership] = await registry.memberships.add(first.id, [a.id])
    await registry.memberships.add(second.id, [a.id])
    const page = { limit: 1, offset: 0 }
    assert.deepEqual(await registry.memberships.members(first.id, {}, page), {
      total: 2,
      members: [{ device: a, addedAt: membership?.addedAt }],
    })
    const valves = await registry.memberships.members(first.id, { deviceType: 'valve' }, page)
    assert.deepEqual([valves.total, valves.members[0]?.device.id], [1, b.id])
    assert.equal((await registry.memberships.members(first.id, { lifecycle: 'none' }, page)).total, 0)
    assert.equal((await registry.memberships.members(first.id, { lifecycle: '\0' }, page)).total, 0)

    const carried = await registry.memberships.labelsOf(a.id)
    assert.deepEqual(
      carried.map(({ label: { id, deviceCount } }) => [id, deviceCount]),
      [
        [first.id, 2],
        [second.id, 1],
      ],
    )
    assert.equal(carried[0]?.addedAt, membership?.addedAt)
  })
}

function leaving(subject: () => Subject): void {
  it('removes a member once, and a label with its memberships but not its devices', async () => {
    const { registry, label, device } = subject()
    const { id } = await label()
    const [one, two] = [(await device()).id, (await device()).id]
    await registry.memberships.add(id, [one, two])
    assert.equal(await registry.memberships.remove(id, one), true)
    assert.equal(await registry.memberships.remove(id, one), false)
    assert.equal(await registry.labels.remove(id), true)
    assert.equal(await registry.labels.remove(id), false)
    assert.deepEqual(await registry.memberships.labelsOf(two), [])
    assert.equal((await registry.devices.get(two))?.id, two)
  })

  it('takes a device that changes hands out of its former owner’s labels only', async () => {
    const { registry, label, device, user } = subject()
    const [giver, taker] = [(await user()).id, (await user()).id]
    const [his, hers, nobodys] = [await label({ owner: giver }), await label({ owner: taker }), await label()]
    const { id } = await device({ owner: giver })
    for (const { id: each } of [his, hers, nobodys]) await registry.memberships.add(each, [id])
    await registry.devices.update(id, { name: 'same owner' })
    assert.equal((await registry.memberships.labelsOf(id)).length, 3)
    await registry.devices.update(id, { owner: taker })
    const left = await registry.memberships.labelsOf(id)
    assert.deepEqual(
      left.map(({ label: { id: each } }) => each),
      [hers.id, nobodys.id],
    )
  })
}
