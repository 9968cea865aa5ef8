import type { FastifyInstance } from 'fastify'
import type { User } from '../../core/access/user.ts'
import type { Device } from '../../core/devices/device.ts'
import type { Label } from '../../core/devices/label.ts'
import { arrayPieces, sendPieces } from '../../wire/json-stream.ts'
import { queryFlag, queryPage } from '../../wire/query.ts'
import type { Access, Auth, UserWords } from './auth.ts'
import { refusal, validationError } from './refusals.ts'
import { deviceObject, groupObject } from './reply.ts'
import { bodyReader, given, idIn, isBlank, mount } from './route.ts'
import { GroupAnswer, GroupChanged, GroupCreation, GroupList, GroupMessage, GroupUpdate } from './schema.ts'
import type { Iotflow } from './services.ts'

const GROUP_USER: UserWords = {
  missing: { error: 'X-User-ID header required' },
  unknown: { error: 'Invalid user ID' },
}

const emptyBody = () => refusal(400, 'Request body required')

const readCreation = bodyReader(GroupCreation, emptyBody, {
  required(body) {
    if (isBlank(body['name'])) throw refusal(400, 'Group name is required')
  },
})

const readUpdate = bodyReader(GroupUpdate, emptyBody, {
  required({ name }) {
    if (typeof name === 'string' && isBlank(name)) throw validationError('name must not be blank')
  },
})

/** A user's own group, named by `group_id` in the path. Missing is decided before foreign. */
export function ownGroup({ services }: Iotflow, auth: Auth): Access<{ group: Label; user: User }> {
  const access = auth.user(GROUP_USER)
  return {
    who: 'U',
    async admit(request) {
      const id = idIn(request, 'group_id')
      const user = await access.admit(request)
      const group = await services.labels.get(id)
      if (group === null) throw refusal(404, 'Group not found')
      if (group.owner !== user.id) throw refusal(403, "Forbidden: group doesn't belong to user")
      return { group, user }
    },
  }
}

/** Matrix rows 26 to 30: groups of one's own devices. */
export function mountGroups(scope: FastifyInstance, iotflow: Iotflow, auth: Auth): void {
  mountCollection(scope, iotflow, auth)
  mountGroup(scope, iotflow, auth)
}

/** Devices of a group read at a time. */
const STEP = 500

/** A group as JSON text, with its devices where the request asks for them; never all of them in memory. */
async function* groupText({ services }: Iotflow, group: Label, withDevices: boolean): AsyncGenerator<string> {
  const plain = JSON.stringify(groupObject(group))
  if (!withDevices) {
    yield plain
    return
  }
  yield `${plain.slice(0, -1)},"devices":[`
  yield* arrayPieces(membersOf(services, group), (device) =>
    JSON.stringify(deviceObject(device, services.telemetry)),
  )
  yield ']}'
}

async function* membersOf({ labels }: Iotflow['services'], group: Label): AsyncGenerator<Device> {
  for (let offset = 0; ; offset += STEP) {
    const { members } = await labels.members(group.id, {}, { limit: STEP, offset })
    for (const { device } of members) yield device
    if (members.length < STEP) return
  }
}

async function* groupsText(
  iotflow: Iotflow,
  { groups, withDevices }: { groups: readonly Label[]; withDevices: boolean },
  meta: object,
): AsyncGenerator<string> {
  yield '{"status":"success","groups":['
  for (const [index, group] of groups.entries()) {
    if (index > 0) yield ','
    yield* groupText(iotflow, group, withDevices)
  }
  yield `],"meta":${JSON.stringify(meta)}}`
}

async function* groupAnswer(iotflow: Iotflow, group: Label, withDevices: boolean): AsyncGenerator<string> {
  yield '{"status":"success","group":'
  yield* groupText(iotflow, group, withDevices)
  yield '}'
}

function mountCollection(scope: FastifyInstance, iotflow: Iotflow, auth: Auth): void {
  const { labels } = iotflow.services
  mount(scope, {
    method: 'POST',
    path: '/api/v1/groups',
    access: auth.user(GROUP_USER),
    about: { tag: 'groups', summary: 'Make a group', body: GroupCreation, answers: { 201: GroupChanged } },
    async answer(user, request, reply) {
      const { name, description = null, color = null } = readCreation(request)
      const group = await labels.create({ home: 'iotflow', owner: user.id, name, description, color })
      reply.code(201)
      return { status: 'success', message: 'Group created successfully', group: groupObject(group) }
    },
  })
  mount(scope, {
    method: 'GET',
    path: '/api/v1/groups',
    access: auth.user(GROUP_USER),
    about: { tag: 'groups', summary: "One's own groups", answers: { 200: GroupList } },
    async answer(user, request, reply) {
      const page = queryPage(request, { default: 100, max: 1000 })
      const { total, labels: groups } = await labels.list(user.id, page)
      const withDevices = queryFlag(request, 'include_devices')
      return sendPieces(reply, groupsText(iotflow, { groups, withDevices }, { total, ...page }))
    },
  })
}

function mountGroup(scope: FastifyInstance, iotflow: Iotflow, auth: Auth): void {
  const { labels } = iotflow.services
  const path = '/api/v1/groups/:group_id'
  const access = ownGroup(iotflow, auth)
  mount(scope, {
    method: 'GET',
    path,
    access,
    about: { tag: 'groups', summary: 'A group', answers: { 200: GroupAnswer } },
    answer: ({ group }, request, reply) =>
      sendPieces(reply, groupAnswer(iotflow, group, queryFlag(request, 'include_devices', true))),
  })
  mount(scope, {
    method: 'PUT',
    path,
    access,
    about: { tag: 'groups', summary: 'Change a group', body: GroupUpdate, answers: { 200: GroupChanged } },
    async answer({ group }, request) {
      const changed = await labels.update(group.id, given(readUpdate(request)))
      return { status: 'success', message: 'Group updated successfully', group: groupObject(changed) }
    },
  })
  mount(scope, {
    method: 'DELETE',
    path,
    access,
    about: { tag: 'groups', summary: 'Delete a group; its devices stay', answers: { 200: GroupMessage } },
    async answer({ group }) {
      await labels.remove(group.id)
      return { status: 'success', message: `Group '${group.name}' deleted successfully` }
    },
  })
}
