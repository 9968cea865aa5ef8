import type { FastifyInstance } from 'fastify'
import type { Device, DeviceRef } from '../../core/devices/device.ts'
import { isoTime } from '../../wire/instants.ts'
import { Refusal } from '../../wire/refusal.ts'
import type { Auth, KeyWords } from './auth.ts'
import { demandJson } from './devices.ts'
import type { Guards } from './rate-limits.ts'
import { badStatus, invalidJson, refusal } from './refusals.ts'
import { deviceObject, isOnline } from './reply.ts'
import { bodyReader, given, mount } from './route.ts'
import { Config, ConfigUpdate, ConfigUpdated, Credentials, DeviceStatus, Heartbeat } from './schema.ts'
import type { Iotflow } from './services.ts'

const CREDENTIAL_WORDS: KeyWords = {
  missing: { error: 'API key required', message: 'X-API-Key header is required' },
  unknown: { status: 404, body: { error: 'Invalid API key', message: 'Device not found' } },
}

const FIELDS = ['status', 'location', 'firmware_version', 'hardware_version']

const readConfig = bodyReader(ConfigUpdate, invalidJson, {
  required(body) {
    const known = FIELDS.some((field) => body[field] !== undefined && body[field] !== null)
    if (!known) throw refusal(400, 'Missing required fields', 'Required fields: status')
  },
  fault: (field) => (field === 'status' ? badStatus() : null),
})

/** Matrix rows 3 to 7: what a device asks and says about itself, with its key. */
export function mountDeviceSelf(scope: FastifyInstance, { services }: Iotflow, guards: Guards): void {
  const { auth, limits } = guards
  mountCalls(scope, services, guards)
  mountConfig(scope, services, auth)
  mount(scope, {
    method: 'GET',
    path: '/api/v1/devices/credentials',
    access: auth.key(CREDENTIAL_WORDS),
    about: { tag: 'device', summary: "The device's own credentials", answers: { 200: Credentials } },
    before: limits.credentials,
    async answer(device) {
      return {
        status: 'success',
        device_id: device.id,
        api_key: await services.devices.apiKey(device.id),
        name: device.name,
        // Never the owner's hex id: it would hand the account to whoever holds a device.
        device: {
          id: device.id,
          name: device.name,
          device_type: device.deviceType,
          user_id: device.owner === null ? null : String(device.owner),
          status: device.lifecycle,
        },
      }
    },
  })
}

/** The row behind a key; removed between the look-up and now counts as an unknown key. */
async function rowOf(services: Iotflow['services'], { id }: DeviceRef): Promise<Device> {
  const device = await services.devices.get(id)
  if (device !== null) return device
  throw new Refusal(401, { error: 'Invalid API key', message: 'The provided API key is not valid' })
}

function mountCalls(scope: FastifyInstance, services: Iotflow['services'], { auth, limits }: Guards): void {
  const { telemetry } = services
  mount(scope, {
    method: 'GET',
    path: '/api/v1/devices/status',
    access: auth.keyCall(),
    about: { tag: 'device', summary: "The device's own status", answers: { 200: DeviceStatus } },
    async answer(ref) {
      const device = await rowOf(services, ref)
      const object = deviceObject(device, telemetry)
      const online = isOnline(telemetry.lastSeen(device.id), Date.now())
      return {
        device_id: device.id,
        name: device.name,
        status: device.lifecycle,
        last_seen: object.last_seen,
        is_online: online,
        device: {
          ...object,
          is_online: online,
          telemetry_count: await telemetry.submissions(device.id),
          cached: false,
        },
      }
    },
  })
  mount(scope, {
    method: 'POST',
    path: '/api/v1/devices/heartbeat',
    access: auth.keyCall(),
    about: { tag: 'device', summary: 'I am alive', answers: { 200: Heartbeat } },
    before: limits.heartbeat,
    answer: ({ id }) => ({
      message: 'Heartbeat received',
      device_id: id,
      timestamp: isoTime(telemetry.lastSeen(id) ?? Date.now()),
      status: 'online',
    }),
  })
}

function mountConfig(scope: FastifyInstance, services: Iotflow['services'], auth: Auth): void {
  const { devices, telemetry } = services
  mount(scope, {
    method: 'PUT',
    path: '/api/v1/devices/config',
    access: auth.keyCall(),
    about: {
      tag: 'device',
      summary: 'The device reports its settings',
      body: ConfigUpdate,
      answers: { 200: ConfigUpdated },
    },
    async answer({ id }, request) {
      demandJson(request.headers['content-type'])
      const wanted = readConfig(request)
      const device = await devices.update(
        id,
        given({
          lifecycle: wanted.status,
          location: wanted.location,
          firmwareVersion: wanted.firmware_version,
          hardwareVersion: wanted.hardware_version,
        }),
      )
      return { message: 'Configuration updated', device: deviceObject(device, telemetry) }
    },
  })
  mount(scope, {
    method: 'GET',
    path: '/api/v1/devices/config',
    access: auth.keyCall(),
    about: { tag: 'device', summary: "The device's settings", answers: { 200: Config } },
    async answer(ref) {
      const device = await rowOf(services, ref)
      const object = deviceObject(device, telemetry)
      const { status, location, firmware_version, hardware_version } = object
      return {
        status: 'success',
        device_id: device.id,
        configuration: { status, location, firmware_version, hardware_version },
        device: object,
      }
    },
  })
}
