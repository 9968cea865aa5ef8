import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { type TemporaryRegistry, temporaryRegistry } from '../../../test/temporary-registry.ts'
import { type ErrorCode, isCoreError } from '../errors.ts'
import { createDeviceService } from './device-service.ts'
import type { LabelService, NewLabel } from './label.ts'
import { createLabelService } from './label-service.ts'

let store: TemporaryRegistry
let labels: LabelService

beforeEach(async () => {
  store = await temporaryRegistry()
  labels = createLabelService(store.registry)
})
afterEach(() => store.remove())

const plain: NewLabel = { home: 'iotflow', owner: null, name: 'cold', description: null, color: null }

async function device(name: string): Promise<number> {
  const devices = createDeviceService({ ...store.registry, removeTelemetry: async () => {} })
  const values = { home: 'iotflow', owner: null, name, deviceType: 't', lifecycle: 'active' } as const
  return (await devices.register(values)).device.id
}

const refused = (code: ErrorCode) => (error: unknown) => isCoreError(error, code)

describe('labels', () => {
  it('refuses texts that are empty or too long', async () => {
    const { id } = await labels.create(plain)
    for (const changes of [
      { name: '' },
      { name: 'x'.repeat(256) },
      { description: '\0' },
      { color: 'x'.repeat(51) },
    ]) {
      await assert.rejects(labels.create({ ...plain, ...changes }), refused('invalid_input'))
      await assert.rejects(labels.update(id, changes), refused('invalid_input'))
    }
    assert.equal((await labels.get(id))?.name, 'cold')
  })

  it('tells an unknown label, an unknown device and a member apart', async () => {
    const { id } = await labels.create(plain)
    const member = await device('a')
    const membership = await labels.addDevice(id, member)
    assert.deepEqual([membership.label, membership.device], [id, member])
    await assert.rejects(labels.addDevice(id, member), refused('already_member'))
    await assert.rejects(labels.addDevice(id, 999), refused('device_not_found'))
    await assert.rejects(labels.addDevice(999, member), refused('label_not_found'))
    await labels.removeDevice(id, member)
    await assert.rejects(labels.removeDevice(id, member), refused('not_member'))
    await labels.remove(id)
    await assert.rejects(labels.remove(id), refused('label_not_found'))
  })

  it('adds many in the order they were named, each once', async () => {
    const { id } = await labels.create(plain)
    const [a, b, c] = [await device('a'), await device('b'), await device('c')]
    await labels.addDevice(id, b)
    assert.deepEqual(await labels.addDevices(id, [c, b, a, c]), [c, a])
    assert.deepEqual(await labels.addDevices(id, [c, b, a]), [])
    await assert.rejects(
      labels.addDevices(
        id,
        Array.from({ length: 10_001 }, () => a),
      ),
      refused('too_large'),
    )
  })
})
