import type { FastifyInstance } from 'fastify'
import type { User } from '../../core/access/user.ts'
import type { Device } from '../../core/devices/device.ts'
import { isoTime } from '../../wire/instants.ts'
import { queryPage, queryText } from '../../wire/query.ts'
import { Refusal } from '../../wire/refusal.ts'
import { type Access, type Auth, UNKNOWN_USER, type UserWords } from './auth.ts'
import type { Guards } from './rate-limits.ts'
import { invalidJson, noDevice, noUser, refusal } from './refusals.ts'
import { deviceObject, isOnline } from './reply.ts'
import { type BodyRules, bodyReader, idIn, isBlank, mount } from './route.ts'
import {
  DeviceGroups,
  DeviceRegistered,
  DeviceRegistration,
  OwnedDeviceStatus,
  UserDevices,
} from './schema.ts'
import type { Iotflow } from './services.ts'

const USER_WORDS: UserWords = {
  missing: { error: 'Authentication required', message: 'X-User-ID header is required' },
  unknown: UNKNOWN_USER,
}

const required: NonNullable<BodyRules['required']> = (body) => {
  const missing = ['name', 'device_type'].filter((name) => isBlank(body[name]))
  if (missing.length > 0) {
    throw refusal(400, 'Missing required fields', `Required fields: ${missing.join(', ')}`)
  }
}

const readRegistration = bodyReader(DeviceRegistration, invalidJson, { trim: true, required })

/** Two routes insist on their content type (contract section 1). */
export function demandJson(contentType: string | undefined): void {
  if (/^\s*application\/(?:json|[\w.+-]+\+json)\s*(?:;|$)/i.test(contentType ?? '')) return
  throw refusal(400, 'Invalid content type', 'Content-Type must be application/json')
}

/** Matrix rows 1, 2, 8 and 9: devices as their owner meets them. */
export function mountDevices(scope: FastifyInstance, { services }: Iotflow, guards: Guards): void {
  mountRegistration(scope, services, guards)
  mountUserDevices(scope, services, guards.auth)
  mountOwnedDevice(scope, services, guards.auth)
}

function mountRegistration(
  scope: FastifyInstance,
  services: Iotflow['services'],
  { auth, limits }: Guards,
): void {
  const { devices, telemetry } = services
  const user = auth.user(USER_WORDS)
  // A request wrong in both ways is a 400: the body comes before the user here.
  const access: Access<{ owner: User; wanted: ReturnType<typeof readRegistration> }> = {
    who: 'U',
    async admit(request) {
      demandJson(request.headers['content-type'])
      const wanted = readRegistration(request)
      return { wanted, owner: await user.admit(request) }
    },
  }
  mount(scope, {
    method: 'POST',
    path: '/api/v1/devices/register',
    access,
    about: {
      tag: 'devices',
      summary: 'Register a device',
      body: DeviceRegistration,
      answers: { 201: DeviceRegistered },
    },
    before: limits.registration,
    words: { user_not_found: () => new Refusal(401, UNKNOWN_USER) },
    async answer({ owner, wanted }, _request, reply) {
      const { device, apiKey } = await devices.register({
        home: 'iotflow',
        owner: owner.id,
        name: wanted.name,
        deviceType: wanted.device_type,
        description: wanted.description ?? '',
        location: wanted.location ?? '',
        firmwareVersion: wanted.firmware_version ?? '',
        hardwareVersion: wanted.hardware_version ?? '',
        lifecycle: 'inactive',
      })
      reply.code(201)
      return {
        message: 'Device registered successfully',
        device: {
          ...deviceObject(device, telemetry),
          api_key: apiKey,
          owner: { username: owner.username, email: owner.email },
        },
      }
    },
  })
}

function mountUserDevices(scope: FastifyInstance, services: Iotflow['services'], auth: Auth): void {
  mount(scope, {
    method: 'GET',
    path: '/api/v1/devices/user/:user_id',
    access: auth.account({
      missing: { error: 'Authentication required', message: 'X-User-ID header required' },
      foreign: { error: 'Forbidden', message: 'You can only view your own devices' },
      gone: noUser,
    }),
    about: { tag: 'devices', summary: "A user's devices", answers: { 200: UserDevices } },
    async answer({ user }, request) {
      const page = queryPage(request, { default: 100, max: 1000 })
      const lifecycle = queryText(request, 'status')
      const { total, devices } = await services.devices.list(
        { owner: user.id, ...(lifecycle === undefined ? {} : { lifecycle }) },
        page,
      )
      return {
        status: 'success',
        user_id: user.publicId,
        username: user.username,
        total_devices: total,
        devices: devices.map((device) => deviceObject(device, services.telemetry)),
        meta: { ...page, returned: devices.length },
      }
    },
  })
}

interface OwnedDeviceWords extends UserWords {
  readonly gone: (id: number) => Refusal
  readonly foreign: () => Refusal
}

/** The user's own device, named by `device_id` in the path. Missing is decided before foreign. */
function ownedDevice(services: Iotflow['services'], auth: Auth, words: OwnedDeviceWords): Access<Device> {
  const user = auth.user(words)
  return {
    who: 'U',
    async admit(request) {
      const id = idIn(request, 'device_id')
      const { id: userId } = await user.admit(request)
      const device = await services.devices.get(id)
      if (device === null) throw words.gone(id)
      if (device.owner !== userId) throw words.foreign()
      return device
    },
  }
}

function mountOwnedDevice(scope: FastifyInstance, services: Iotflow['services'], auth: Auth): void {
  const { devices, labels, telemetry } = services
  mount(scope, {
    method: 'GET',
    path: '/api/v1/devices/:device_id/status',
    access: ownedDevice(services, auth, {
      ...USER_WORDS,
      gone: noDevice,
      foreign: () => refusal(403, 'Forbidden', 'This device does not belong to the specified user'),
    }),
    about: { tag: 'devices', summary: "One's own device, with its key", answers: { 200: OwnedDeviceStatus } },
    async answer(device) {
      return {
        status: 'success',
        device: {
          ...deviceObject(device, telemetry),
          api_key: await devices.apiKey(device.id),
          is_online: isOnline(telemetry.lastSeen(device.id), Date.now()),
        },
      }
    },
  })
  mount(scope, {
    method: 'GET',
    path: '/api/v1/devices/:device_id/groups',
    access: ownedDevice(services, auth, {
      missing: { error: 'X-User-ID header required' },
      unknown: { error: 'Invalid user ID' },
      gone: () => refusal(404, 'Device not found'),
      foreign: () => refusal(403, "Forbidden: device doesn't belong to user"),
    }),
    about: { tag: 'groups', summary: 'Groups that a device is in', answers: { 200: DeviceGroups } },
    async answer(device) {
      const memberships = (await labels.labelsOf(device.id)).filter(
        ({ label }) => label.owner === device.owner,
      )
      return {
        status: 'success',
        device_id: device.id,
        device_name: device.name,
        groups: memberships.map(({ label, addedAt }) => ({
          id: label.id,
          name: label.name,
          color: label.color,
          added_at: isoTime(addedAt),
        })),
        total_groups: memberships.length,
      }
    },
  })
}
