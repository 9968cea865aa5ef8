import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { User } from '../../core/access/user.ts'
import type { Label } from '../../core/devices/label.ts'
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

const EVERYTHING = { limit: Number.MAX_SAFE_INTEGER, offset: 0 }

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

/** A group, with its devices where the request asks for them. */
async function shown({ services }: Iotflow, group: Label, withDevices: boolean): Promise<object> {
  if (!withDevices) return groupObject(group)
  const { members } = await services.labels.members(group.id, {}, EVERYTHING)
  return {
    ...groupObject(group),
    devices: members.map(({ device }) => deviceObject(device, services.telemetry)),
  }
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
    async answer(user, request) {
      const page = queryPage(request, { default: 100, max: 1000 })
      const { total, labels: found } = await labels.list(user.id, page)
      const withDevices = queryFlag(request, 'include_devices')
      const groups: object[] = []
      for (const group of found) groups.push(await shown(iotflow, group, withDevices))
      return { status: 'success', groups, meta: { total, ...page } }
    },
  })
}

function mountGroup(scope: FastifyInstance, iotflow: Iotflow, auth: Auth): void {
  const { labels } = iotflow.services
  const path = '/api/v1/groups/:group_id'
  const access = ownGroup(iotflow, auth)
  const withDevices = (request: FastifyRequest) => queryFlag(request, 'include_devices', true)
  mount(scope, {
    method: 'GET',
    path,
    access,
    about: { tag: 'groups', summary: 'A group', answers: { 200: GroupAnswer } },
    answer: async ({ group }, request) => ({
      status: 'success',
      group: await shown(iotflow, group, withDevices(request)),
    }),
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
