import type { FastifyInstance } from 'fastify'
import { isoTime } from '../../wire/instants.ts'
import { queryPage, queryText } from '../../wire/query.ts'
import type { Auth } from './auth.ts'
import { ownGroup } from './groups.ts'
import { refusal, validationError } from './refusals.ts'
import { deviceObject } from './reply.ts'
import { idIn, mount, objectBody } from './route.ts'
import { BulkAdded, BulkAddition, GroupMessage, MemberAdded, MemberAddition, MemberList } from './schema.ts'
import type { Iotflow } from './services.ts'

const isId = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0

/** Matrix rows 31 to 34: which devices a group holds. */
export function mountGroupMembers(scope: FastifyInstance, iotflow: Iotflow, auth: Auth): void {
  mountSingle(scope, iotflow, auth)
  mountList(scope, iotflow, auth)
  mountBulk(scope, iotflow, auth)
}

function mountSingle(scope: FastifyInstance, iotflow: Iotflow, auth: Auth): void {
  const { devices, labels } = iotflow.services
  const access = ownGroup(iotflow, auth)
  mount(scope, {
    method: 'POST',
    path: '/api/v1/groups/:group_id/devices',
    access,
    about: {
      tag: 'groups',
      summary: 'Put a device into a group',
      body: MemberAddition,
      answers: { 201: MemberAdded },
    },
    words: { device_not_found: () => refusal(404, 'Device not found') },
    async answer({ group, user }, request, reply) {
      const { device_id: id } = objectBody(request, () => refusal(400, 'device_id is required'))
      if (id === undefined || id === null) throw refusal(400, 'device_id is required')
      if (typeof id !== 'number' || !Number.isInteger(id)) throw validationError('device_id must be integer')
      const device = isId(id) ? await devices.get(id) : null
      if (device === null) throw refusal(404, 'Device not found')
      if (device.owner !== user.id) throw refusal(403, "Forbidden: device doesn't belong to user")
      const { id: membership, addedAt } = await labels.addDevice(group.id, device.id)
      reply.code(201)
      return {
        status: 'success',
        message: 'Device added to group successfully',
        membership: {
          id: membership,
          group_id: group.id,
          device_id: device.id,
          added_at: isoTime(addedAt),
        },
      }
    },
  })
  mount(scope, {
    method: 'DELETE',
    path: '/api/v1/groups/:group_id/devices/:device_id',
    access: {
      who: 'U',
      async admit(request) {
        const device = idIn(request, 'device_id')
        return { ...(await access.admit(request)), device }
      },
    },
    about: { tag: 'groups', summary: 'Take a device out of a group', answers: { 200: GroupMessage } },
    async answer({ group, device }) {
      await labels.removeDevice(group.id, device)
      return { status: 'success', message: 'Device removed from group successfully' }
    },
  })
}

function mountList(scope: FastifyInstance, iotflow: Iotflow, auth: Auth): void {
  const { labels, telemetry } = iotflow.services
  mount(scope, {
    method: 'GET',
    path: '/api/v1/groups/:group_id/devices',
    access: ownGroup(iotflow, auth),
    about: { tag: 'groups', summary: 'Devices of a group', answers: { 200: MemberList } },
    async answer({ group }, request) {
      const page = queryPage(request, { default: 100, max: 1000 })
      const lifecycle = queryText(request, 'status')
      const deviceType = queryText(request, 'device_type')
      const { total, members } = await labels.members(
        group.id,
        {
          ...(lifecycle === undefined ? {} : { lifecycle }),
          ...(deviceType === undefined ? {} : { deviceType }),
        },
        page,
      )
      return {
        status: 'success',
        group_id: group.id,
        group_name: group.name,
        devices: members.map(({ device, addedAt }) => ({
          ...deviceObject(device, telemetry),
          added_to_group_at: isoTime(addedAt),
        })),
        meta: { total, ...page },
      }
    },
  })
}

function mountBulk(scope: FastifyInstance, iotflow: Iotflow, auth: Auth): void {
  const { directory, labels } = iotflow.services
  mount(scope, {
    method: 'POST',
    path: '/api/v1/groups/:group_id/devices/bulk',
    access: ownGroup(iotflow, auth),
    about: {
      tag: 'groups',
      summary: 'Put many devices into a group',
      body: BulkAddition,
      answers: { 201: BulkAdded },
    },
    async answer({ group, user }, request, reply) {
      const missing = () => refusal(400, 'device_ids array is required')
      const { device_ids: wanted } = objectBody(request, missing)
      if (wanted === undefined || wanted === null) throw missing()
      if (!Array.isArray(wanted)) throw refusal(400, 'device_ids must be an array')
      const own = new Set(wanted.filter((id) => isId(id) && directory.get(id)?.owner === user.id))
      const added = await labels.addDevices(group.id, [...own])
      const skipped = withoutFirst(wanted, new Set(added))
      reply.code(201)
      return {
        status: 'success',
        message: `${added.length} devices added to group`,
        added: added.length,
        skipped: skipped.length,
        details: { added_device_ids: added, skipped_device_ids: skipped },
      }
    },
  })
}

/** What is left of the request when the first mention of every added device is taken out. */
function withoutFirst(wanted: readonly unknown[], added: ReadonlySet<number>): unknown[] {
  const met = new Set<unknown>()
  return wanted.filter((id) => {
    const first = added.has(id as number) && !met.has(id)
    met.add(id)
    return !first
  })
}
