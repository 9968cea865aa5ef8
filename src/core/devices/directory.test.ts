import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { type TemporaryRegistry, temporaryRegistry } from '../../../test/temporary-registry.ts'
import { sha256Text } from '../access/secrets.ts'
import { createChangeFeed } from '../changes.ts'
import type { DeviceDirectory, DeviceRef, NewDevice } from './device.ts'
import { type Devices, createDeviceService } from './device-service.ts'
import type { DirectoryEntry } from './device-repository.ts'
import { createDirectory } from './directory.ts'

let store: TemporaryRegistry
let devices: Devices

beforeEach(async () => {
  store = await temporaryRegistry()
  devices = createDeviceService({ ...store.registry, removeTelemetry: async () => {} })
})
afterEach(() => store.remove())

const open = (pageSize = 2000): Promise<DeviceDirectory> =>
  createDirectory({ source: store.registry.directorySource, events: store.registry.events, pageSize })

const plain = (name: string, values: Partial<NewDevice> = {}): NewDevice => ({
  home: 'iotflow',
  owner: null,
  name,
  deviceType: 'thermometer',
  lifecycle: 'inactive',
  ...values,
})

const user = async (name: string) => {
  const secret = { publicId: name.padEnd(32, '0'), passwordHash: 'x', isSuperuser: false }
  return (await store.registry.users.insert({ ...secret, username: name, email: `${name}@example.org` })).id
}

describe('directory', () => {
  it('knows what was there before it, however many pages that takes', async () => {
    const registered = await devices.registerMany(
      Array.from({ length: 25 }, (_, index) => plain(`d${index}`)),
    )
    const directory = await open(7)
    assert.equal(directory.size, 25)
    for (const { device, apiKey } of registered) {
      assert.equal(directory.byApiKey(apiKey)?.id, device.id)
      assert.equal(directory.get(device.id)?.name, device.name)
    }
  })

  it('follows registrations, changes and removals in the turn of their commit', async () => {
    const directory = await open()
    const owner = await user('ann')
    const { device, apiKey } = await devices.register(plain('a', { owner }))
    const expected: DeviceRef = { id: device.id, ...plain('a'), owner }
    assert.deepEqual(directory.byApiKey(apiKey), expected)
    await devices.update(device.id, { lifecycle: 'maintenance', name: 'b', deviceType: 'valve' })
    assert.deepEqual(directory.get(device.id), {
      ...expected,
      lifecycle: 'maintenance',
      name: 'b',
      deviceType: 'valve',
    })
    await devices.remove(device.id)
    assert.deepEqual([directory.byApiKey(apiKey), directory.get(device.id), directory.size], [null, null, 0])
    assert.deepEqual(directory.ownedBy(owner), [])
  })

  it('forgets a device when it is marked, before its telemetry goes', async () => {
    const directory = await open()
    const { device, apiKey } = await devices.register(plain('a'))
    await store.registry.removals.mark(device.id)
    assert.equal(directory.byApiKey(apiKey), null)
    assert.equal((await open()).size, 0)
  })

  it('knows who owns what, through changes of owner and the removal of a user', async () => {
    const [ann, bob] = [await user('ann'), await user('bob')]
    const directory = await open()
    const a = (await devices.register(plain('a', { owner: ann }))).device.id
    const b = (await devices.register(plain('b', { owner: ann, home: 'ozone' }))).device.id
    const owned = (owner: number) => directory.ownedBy(owner).map(({ id }) => id)
    assert.deepEqual(owned(ann), [a, b])
    await devices.update(a, { owner: bob })
    assert.deepEqual([owned(ann), owned(bob)], [[b], [a]])
    await devices.update(a, { owner: ann })
    await devices.finishRemovals(await store.registry.users.remove(ann))
    assert.deepEqual([owned(ann), owned(bob), directory.get(a)], [[], [], null])
    assert.equal(directory.get(b)?.owner, null)
    assert.equal((await open()).get(b)?.owner, null)
  })

  it('finds nothing by what is no key, or no key of ours', async () => {
    const directory = await open()
    const { apiKey } = await devices.register(plain('a'))
    const swapped = `${apiKey.startsWith('A') ? 'B' : 'A'}${apiKey.slice(1)}`
    for (const key of [
      '',
      swapped,
      `${apiKey} `,
      apiKey.slice(1),
      'x'.repeat(1_000_000),
      'é'.repeat(32),
      '__proto__',
    ]) {
      assert.equal(directory.byApiKey(key), null)
    }
    for (const id of [0, -1, Number.NaN, 99]) assert.equal(directory.get(id), null)
  })
})

describe('directory, told out of order', () => {
  const device: DeviceRef = { id: 1, ...plain('new') }
  const entry = (name: string, revision: number): DirectoryEntry => ({
    device: { ...device, name },
    revision,
    keyHash: null,
  })

  it('keeps the newest revision', async () => {
    const events = createChangeFeed()
    const directory = await createDirectory({ source: { page: async () => [] }, events })
    events.publish({ kind: 'device-created', ...entry('one', 1) })
    events.publish({ kind: 'device-changed', ...entry('three', 3) })
    events.publish({ kind: 'device-changed', ...entry('two', 2) })
    assert.equal(directory.get(1)?.name, 'three')
  })

  it('forgets a key that was in use a moment ago, when it is exchanged and when its device goes', async () => {
    const events = createChangeFeed()
    const directory = await createDirectory({ source: { page: async () => [] }, events })
    const [old, fresh] = ['a'.repeat(32), 'b'.repeat(32)]
    events.publish({ kind: 'device-created', ...entry('one', 1) })
    events.publish({ kind: 'credential-changed', device: 1, keyHash: sha256Text(old) })
    for (const _ of [1, 2]) assert.equal(directory.byApiKey(old)?.id, 1)
    events.publish({ kind: 'credential-changed', device: 1, keyHash: sha256Text(fresh) })
    assert.equal(directory.byApiKey(old), null)
    for (const _ of [1, 2]) assert.equal(directory.byApiKey(fresh)?.id, 1)
    events.publish({ kind: 'device-removed', device: 1 })
    assert.equal(directory.byApiKey(fresh), null)
  })

  it('does not bring back what was changed or removed while a page was on its way', async () => {
    const events = createChangeFeed()
    const gone = { ...entry('gone', 1), device: { ...device, id: 2 } }
    const pages = [[entry('stale', 1), gone], []]
    const page = async () => {
      if (pages.length === 2) {
        events.publish({ kind: 'device-changed', ...entry('fresh', 2) })
        events.publish({ kind: 'device-removed', device: 2 })
      }
      return pages.shift() ?? []
    }
    const directory = await createDirectory({ source: { page }, events })
    assert.equal(directory.size, 1)
    assert.equal(directory.get(1)?.name, 'fresh')
    assert.equal(directory.get(2), null)
  })
})
