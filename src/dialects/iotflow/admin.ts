import type { FastifyInstance } from 'fastify'
import type { Device, DeviceService } from '../../core/devices/device.ts'
import { isoTime } from '../../wire/instants.ts'
import { arrayPieces, sendPieces } from '../../wire/json-stream.ts'
import { queryPage } from '../../wire/query.ts'
import type { Access, Auth } from './auth.ts'
import { badStatus, noDevice, refusal, validationError } from './refusals.ts'
import { deviceObject, isOnline } from './reply.ts'
import { bodyReader, given, idIn, isBlank, mount } from './route.ts'
import {
  AdminDevice,
  AdminStats,
  AdminUpdate,
  AdminUpdated,
  AllDevices,
  DeviceDeleted,
  DeviceStatuses,
  StatusChange,
  StatusChanged,
} from './schema.ts'
import type { Iotflow } from './services.ts'
import { onlineCount } from './vitals.ts'

const missingStatus = () => refusal(400, 'Missing status', 'Status field is required')

const readStatus = bodyReader(StatusChange, missingStatus, {
  required({ status }) {
    if (isBlank(status)) throw missingStatus()
  },
  fault: badStatus,
})

const readUpdate = bodyReader(AdminUpdate, () => refusal(400, 'No data provided'), {
  required({ name, device_type: type }) {
    if (typeof name === 'string' && isBlank(name)) throw validationError('name must not be blank')
    if (typeof type === 'string' && isBlank(type)) throw validationError('device_type must not be blank')
  },
  fault: (field) => (field === 'status' ? badStatus() : null),
})

/** Matrix rows 35 to 40 and 44: the operator's view of all devices, of every home. */
export function mountAdmin(scope: FastifyInstance, iotflow: Iotflow, auth: Auth): void {
  mountLists(scope, iotflow, auth)
  mountDevice(scope, iotflow, auth)
  mountStatus(scope, iotflow, auth)
  mountStats(scope, iotflow, auth)
}

/** The operator, and the integer id of the path. */
function operatorOn(auth: Auth): Access<number> {
  return {
    who: 'A',
    async admit(request) {
      const id = idIn(request, 'device_id')
      await auth.operator.admit(request)
      return id
    },
  }
}

async function known(devices: DeviceService, id: number): Promise<Device> {
  const device = await devices.get(id)
  if (device === null) throw noDevice(id)
  return device
}

function mountLists(scope: FastifyInstance, { services }: Iotflow, auth: Auth): void {
  const { devices, telemetry } = services
  mount(scope, {
    method: 'GET',
    path: '/api/v1/admin/devices',
    access: auth.operator,
    about: { tag: 'operator', summary: 'All devices, streamed', answers: { 200: AllDevices } },
    answer: (_operator, _request, reply) =>
      sendPieces(
        reply,
        allDevices(devices, (device) => JSON.stringify(deviceObject(device, telemetry))),
      ),
  })
  mount(scope, {
    method: 'GET',
    path: '/api/v1/admin/devices/statuses',
    access: auth.operator,
    about: { tag: 'operator', summary: 'Status of all devices', answers: { 200: DeviceStatuses } },
    async answer(_operator, request) {
      const page = queryPage(request, { default: 100, max: 1000 })
      const { total, devices: found } = await devices.list({}, page)
      const now = Date.now()
      return {
        status: 'success',
        devices: found.map(({ id, name, deviceType, lifecycle }) => ({
          id,
          name,
          device_type: deviceType,
          status: lifecycle,
          is_online: isOnline(telemetry.lastSeen(id), now),
        })),
        meta: { total, ...page },
      }
    },
  })
}

async function* allDevices(
  devices: DeviceService,
  write: (device: Device) => string,
): AsyncGenerator<string> {
  let count = 0
  yield '{"status":"success","devices":['
  yield* arrayPieces(devices.stream({}), (device) => {
    count += 1
    return write(device)
  })
  yield `],"total_devices":${count}}`
}

function mountDevice(scope: FastifyInstance, { services }: Iotflow, auth: Auth): void {
  const { devices, telemetry } = services
  const path = '/api/v1/admin/devices/:device_id'
  const access = operatorOn(auth)
  mount(scope, {
    method: 'GET',
    path,
    access,
    about: { tag: 'operator', summary: 'A device, with its key', answers: { 200: AdminDevice } },
    async answer(id) {
      const device = await known(devices, id)
      const api_key = await devices.apiKey(id)
      return { status: 'success', device: { ...deviceObject(device, telemetry), api_key } }
    },
  })
  mount(scope, {
    method: 'PUT',
    path,
    access,
    about: { tag: 'operator', summary: 'Change a device', body: AdminUpdate, answers: { 200: AdminUpdated } },
    async answer(id, request) {
      const wanted = readUpdate(request)
      await known(devices, id)
      const changes = given({
        name: wanted.name,
        description: wanted.description,
        deviceType: wanted.device_type,
        lifecycle: wanted.status,
        location: wanted.location,
        firmwareVersion: wanted.firmware_version,
        hardwareVersion: wanted.hardware_version,
      })
      const device = await devices.update(id, changes)
      return {
        status: 'success',
        message: 'Device updated successfully',
        device: deviceObject(device, telemetry),
      }
    },
  })
  mount(scope, {
    method: 'DELETE',
    path,
    access,
    about: {
      tag: 'operator',
      summary: 'Delete a device with all it reported',
      answers: { 200: DeviceDeleted },
    },
    async answer(id) {
      await known(devices, id)
      await devices.remove(id)
      return { status: 'success', message: 'Device deleted successfully', device_id: id }
    },
  })
}

function mountStatus(scope: FastifyInstance, { services }: Iotflow, auth: Auth): void {
  const { devices } = services
  mount(scope, {
    method: 'PUT',
    path: '/api/v1/admin/devices/:device_id/status',
    access: operatorOn(auth),
    about: {
      tag: 'operator',
      summary: "Change a device's status",
      body: StatusChange,
      answers: { 200: StatusChanged },
    },
    async answer(id, request) {
      const { status } = readStatus(request)
      const before = await known(devices, id)
      const { lifecycle } = await devices.update(id, { lifecycle: status })
      return {
        status: 'success',
        message: 'Device status updated',
        device_id: id,
        old_status: before.lifecycle,
        new_status: lifecycle,
      }
    },
  })
}

function mountStats(scope: FastifyInstance, { services }: Iotflow, auth: Auth): void {
  const { devices, telemetry, users } = services
  mount(scope, {
    method: 'GET',
    path: '/api/v1/admin/stats',
    access: auth.operator,
    about: { tag: 'operator', summary: 'Counts over the whole registry', answers: { 200: AdminStats } },
    async answer() {
      const now = Date.now()
      const { total, byLifecycle } = await devices.counts()
      const online = onlineCount(services, now)
      return {
        status: 'success',
        timestamp: isoTime(now),
        total_devices: total,
        active_devices: byLifecycle.active,
        total_users: await users.count(),
        telemetry_records: await telemetry.submissions(),
        device_stats: { total, ...byLifecycle, online, offline: byLifecycle.active - online },
      }
    },
  })
}
