import assert from 'node:assert/strict'
import { randomApiKey, sha256Text } from '../../core/access/secrets.ts'
import { type Subject, plainDevice, refusal, times, it } from './subject.ts'

export function devicesContract(subject: () => Subject): void {
  storing(subject)
  owners(subject)
  changing(subject)
  listing(subject)
}

function storing(subject: () => Subject): void {
  it('gives back what was stored, texts not given as empty', async () => {
    const { registry, device, user, clock } = subject()
    const owner = (await user()).id
    const createdAt = clock.time
    const { apiKey, ...stored } = await device({ owner, name: "O'Neill; -- 雪", location: 'roof' })
    assert.deepEqual(stored, {
      id: stored.id,
      home: 'iotflow',
      owner,
      name: "O'Neill; -- 雪",
      deviceType: 'thermometer',
      lifecycle: 'inactive',
      description: '',
      location: 'roof',
      firmwareVersion: '',
      hardwareVersion: '',
      createdAt,
      updatedAt: createdAt,
    })
    assert.deepEqual(await registry.devices.get(stored.id), stored)
    assert.equal(await registry.devices.apiKey(stored.id), apiKey)
  })

  it('answers null to what cannot be there', async () => {
    const { devices } = subject().registry
    for (const id of [0, -1, 0.5, Number.NaN, 2 ** 53, 1e300, 2 ** 40]) {
      assert.equal(await devices.get(id), null)
      assert.equal(await devices.apiKey(id), null)
    }
  })

  it('stores many in one transaction, or none of them', async () => {
    const { registry, user, name, changes } = subject()
    const owner = (await user()).id
    const many = times(1200, () => ({ ...plainDevice(name()), owner, apiKey: randomApiKey() }))
    const inserted = await registry.devices.insert(many)
    assert.deepEqual(
      inserted.map(({ device }) => device.name),
      many.map((device) => device.name),
    )
    const last = inserted.at(-1)
    assert(last)
    assert.equal(await registry.devices.apiKey(last.device.id), last.apiKey)

    const told = changes.length
    const fresh = { ...plainDevice(name()), owner, apiKey: randomApiKey() }
    const twice = { ...plainDevice(last.device.name), owner, apiKey: randomApiKey() }
    await assert.rejects(registry.devices.insert([fresh, twice]), refusal('device_name_taken'))
    assert.equal((await registry.devices.list({ owner }, { limit: 1, offset: 0 })).total, 1200)
    assert.equal(changes.length, told)
  })
}

function owners(subject: () => Subject): void {
  it('keeps names unique per owner among iotflow-home devices, and only there', async () => {
    const { device, user } = subject()
    const [one, two] = [(await user()).id, (await user()).id]
    await device({ owner: one, name: 'pump' })
    await assert.rejects(device({ owner: one, name: 'pump' }), refusal('device_name_taken'))
    await device({ owner: one, name: 'Pump' })
    await device({ owner: two, name: 'pump' })
    await device({ owner: null, name: 'pump' })
    await device({ owner: null, name: 'pump' })
    await device({ owner: one, name: 'pump', home: 'manager' })
    await device({ owner: one, name: 'pump', home: 'manager' })
  })

  it('refuses an owner who does not exist', async () => {
    const { device, registry } = subject()
    await assert.rejects(device({ owner: 2 ** 40 }), refusal('user_not_found'))
    const { id } = await device()
    await assert.rejects(registry.devices.update(id, { owner: 2 ** 40 }), refusal('user_not_found'))
  })
}

function changing(subject: () => Subject): void {
  it('leaves a device alone that is no longer in the lifecycle a change starts from', async () => {
    const { registry, device } = subject()
    const { id } = await device()
    await registry.devices.update(id, { lifecycle: 'maintenance' })
    const kept = await registry.devices.update(id, { lifecycle: 'active', location: 'cellar' }, 'inactive')
    assert.deepEqual([kept.lifecycle, kept.location], ['maintenance', ''])
    assert.equal(
      (await registry.devices.update(id, { lifecycle: 'active' }, 'maintenance')).lifecycle,
      'active',
    )
  })

  it('changes what was given, moves updatedAt and tells', async () => {
    const { registry, device, changes, clock } = subject()
    const { apiKey, ...before } = await device()
    clock.time += 1000
    const changed = await registry.devices.update(before.id, { lifecycle: 'active', location: 'cellar' })
    assert.deepEqual(changed, {
      ...before,
      lifecycle: 'active',
      location: 'cellar',
      updatedAt: clock.time - 1,
    })
    assert.deepEqual(changes.at(-1), {
      kind: 'device-changed',
      revision: 2,
      device: {
        id: before.id,
        home: 'iotflow',
        owner: null,
        name: before.name,
        deviceType: 'thermometer',
        lifecycle: 'active',
      },
    })
    assert.equal(await registry.devices.apiKey(before.id), apiKey)
    await assert.rejects(registry.devices.update(2 ** 40, {}), refusal('device_not_found'))
  })

  it('refuses a taken name on renaming and on a change of owner', async () => {
    const { registry, device, user } = subject()
    const owner = (await user()).id
    const { name } = await device({ owner })
    const other = await device({ owner })
    const foreign = await device({ owner: (await user()).id, name })
    await assert.rejects(registry.devices.update(other.id, { name }), refusal('device_name_taken'))
    await assert.rejects(registry.devices.update(foreign.id, { owner }), refusal('device_name_taken'))
    assert.equal((await registry.devices.update(other.id, { name: other.name })).name, other.name)
  })
}

function listing(subject: () => Subject): void {
  it('lists by ascending id with all filters, in pages, and behind an id', async () => {
    const { registry, device, user } = subject()
    const owner = (await user()).id
    const a = await device({ owner, lifecycle: 'active' })
    const b = await device({ owner, deviceType: 'valve' })
    const c = await device({ owner, home: 'manager', lifecycle: 'active' })
    const listed = async (filter: object, offset = 0) => {
      const { total, devices } = await registry.devices.list({ owner, ...filter }, { limit: 2, offset })
      return [total, ...devices.map(({ id }) => id)]
    }
    assert.deepEqual(await listed({}), [3, a.id, b.id])
    assert.deepEqual(await listed({}, 2), [3, c.id])
    assert.deepEqual(await listed({ lifecycle: 'active' }), [2, a.id, c.id])
    assert.deepEqual(await listed({ deviceType: 'valve' }), [1, b.id])
    assert.deepEqual(await listed({ home: 'manager' }), [1, c.id])
    for (const odd of ['', 'ACTIVE', 'a\0b', '\ud800'])
      assert.deepEqual(await listed({ lifecycle: odd }), [0])
    const rest = await registry.devices.after(a.id, { owner }, 10)
    assert.deepEqual(
      rest.map(({ id }) => id),
      [b.id, c.id],
    )
  })

  it('counts all and by lifecycle', async () => {
    const { registry, device } = subject()
    const before = await registry.devices.counts()
    await device({ lifecycle: 'maintenance' })
    await device({ lifecycle: 'active' })
    const { total, byLifecycle } = await registry.devices.counts()
    assert.equal(total, before.total + 2)
    assert.equal(byLifecycle.maintenance, before.byLifecycle.maintenance + 1)
    assert.equal(byLifecycle.active, before.byLifecycle.active + 1)
    assert.equal(byLifecycle.inactive, before.byLifecycle.inactive)
    const { id } = await device({ lifecycle: 'active' })
    await registry.devices.update(id, { lifecycle: 'maintenance' })
    assert.equal((await registry.devices.counts()).byLifecycle.maintenance, byLifecycle.maintenance + 1)
    await registry.removals.mark(id)
    assert.deepEqual(await registry.devices.counts(), { total, byLifecycle })
  })

  it('reads the directory in pages: refs, revisions and key hashes', async () => {
    const { registry, device } = subject()
    const one = await device()
    const two = await device({ lifecycle: 'active' })
    await registry.devices.update(two.id, { name: 'renamed' })
    const page = await registry.directorySource.page(one.id - 1, 1)
    assert.deepEqual(page, [
      {
        device: {
          id: one.id,
          home: 'iotflow',
          owner: null,
          name: one.name,
          deviceType: 'thermometer',
          lifecycle: 'inactive',
        },
        revision: 1,
        keyHash: sha256Text(one.apiKey),
      },
    ])
    const [next] = await registry.directorySource.page(one.id, 5)
    assert.equal(next?.revision, 2)
    assert.equal(next?.device.name, 'renamed')
  })
}
