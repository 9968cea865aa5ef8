import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { type TemporaryRegistry, temporaryRegistry } from '../../../test/temporary-registry.ts'
import { type ErrorCode, isCoreError } from '../errors.ts'
import type { NewDevice } from './device.ts'
import { type Devices, createDeviceService } from './device-service.ts'

let store: TemporaryRegistry
let devices: Devices
let telemetryRemoved: number[]
let removeTelemetry: (device: number) => Promise<void>

beforeEach(async () => {
  store = await temporaryRegistry()
  telemetryRemoved = []
  removeTelemetry = async (device) => void telemetryRemoved.push(device)
  devices = open()
})
afterEach(() => store.remove())

const open = () =>
  createDeviceService({
    devices: store.registry.devices,
    removals: store.registry.removals,
    removeTelemetry: (device) => removeTelemetry(device),
  })

const plain = (name: string): NewDevice => ({
  home: 'iotflow',
  owner: null,
  name,
  deviceType: 'thermometer',
  lifecycle: 'inactive',
})

const refused = (code: ErrorCode) => (error: unknown) => isCoreError(error, code)

describe('registration', () => {
  it('gives each device an API key of its own', async () => {
    const [one, two] = [await devices.register(plain('a')), await devices.register(plain('b'))]
    assert.match(one.apiKey, /^[A-Za-z0-9]{32}$/)
    assert.notEqual(one.apiKey, two.apiKey)
    assert.equal(await devices.apiKey(one.device.id), one.apiKey)
  })

  it('registers many at once, and refuses more than a transaction should hold', async () => {
    const many = Array.from({ length: 1000 }, (_, index) => plain(`device ${index}`))
    const registered = await devices.registerMany(many)
    assert.equal(new Set(registered.map(({ apiKey }) => apiKey)).size, 1000)
    await assert.rejects(devices.registerMany([...many, plain('x')]), refused('too_large'))
    assert.deepEqual(await devices.registerMany([]), [])
    assert.equal((await devices.counts()).total, 1000)
  })

  it('refuses texts that are too long, empty or not storable, and stores nothing', async () => {
    const bad: [Partial<NewDevice>, string][] = [
      [{ name: '' }, 'name'],
      [{ name: 'x'.repeat(10_000) }, 'name'],
      [{ name: 'a\0' }, 'name'],
      [{ deviceType: '\ud800' }, 'deviceType'],
      [{ description: 'x'.repeat(10_001) }, 'description'],
      [{ location: 'x'.repeat(1001) }, 'location'],
      [{ firmwareVersion: 'x'.repeat(101) }, 'firmwareVersion'],
    ]
    const { device } = await devices.register(plain('good'))
    for (const [values, field] of bad) {
      const names = (error: unknown) =>
        isCoreError(error, 'invalid_input') && error.details['field'] === field
      await assert.rejects(devices.register({ ...plain('x'), ...values }), names, field)
      await assert.rejects(devices.update(device.id, values), names, field)
    }
    assert.equal((await devices.counts()).total, 1)
    assert.deepEqual(await devices.get(device.id), device)
  })
})

it('streams all devices in ascending id while others are registered', async () => {
  await devices.registerMany(Array.from({ length: 1000 }, (_, index) => plain(`device ${index}`)))
  const seen: number[] = []
  for await (const { id } of devices.stream({})) {
    seen.push(id)
    if (id === 900) await devices.register(plain('late'))
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 1001 }, (_, index) => index + 1),
  )
})

describe('removal', () => {
  it('marks, removes the telemetry, then the row', async () => {
    const { device } = await devices.register(plain('a'))
    removeTelemetry = async (id) => {
      telemetryRemoved.push(id)
      assert.equal(await devices.get(id), null)
      assert.deepEqual(await store.registry.removals.marked(), [id])
    }
    await devices.remove(device.id)
    assert.deepEqual(telemetryRemoved, [device.id])
    assert.deepEqual(await store.registry.removals.marked(), [])
    await assert.rejects(devices.remove(device.id), refused('device_not_found'))
  })

  it('removes once when asked many times at once', async () => {
    const { device } = await devices.register(plain('a'))
    const settled = await Promise.allSettled(Array.from({ length: 10 }, () => devices.remove(device.id)))
    assert.equal(settled.filter((outcome) => outcome.status === 'fulfilled').length, 1)
    assert.deepEqual(telemetryRemoved, [device.id])
  })

  it('leaves the device marked when the telemetry store refuses, and finishes when asked again', async () => {
    const { device } = await devices.register(plain('a'))
    const works = removeTelemetry
    removeTelemetry = async () => Promise.reject(new RangeError('disk'))
    await assert.rejects(devices.remove(device.id), RangeError)
    assert.equal(await devices.get(device.id), null)
    removeTelemetry = works
    await devices.remove(device.id)
    assert.deepEqual(await store.registry.removals.marked(), [])
  })

  it('is resumed at the next start', async () => {
    const { device } = await devices.register(plain('a'))
    await store.registry.removals.mark(device.id)
    assert.equal(await open().resumeRemovals(), 1)
    assert.deepEqual(telemetryRemoved, [device.id])
    assert.deepEqual(await store.registry.removals.marked(), [])
    assert.equal(await open().resumeRemovals(), 0)
  })
})
