import type { People } from './people.ts'

/** Who may use a route: the contract's matrix, written down here a second time so that a change of the code shows. */
export interface Row {
  readonly who: 'P' | 'K' | 'K=' | 'U' | 'U=' | 'A'
  /** The path filled in for the people of the test. */
  readonly target: (people: People) => string
  /** For routes on something that somebody else may own: the same path for a thing that doesn't exist. */
  readonly missing?: (people: People) => string
  readonly body?: (people: People) => object
  readonly texts: Texts
  /** Status with good credentials. */
  readonly good: number
  /** The good request destroys what others need: asked last, in this order, once. */
  readonly destructive?: 1 | 2 | 3
}

export interface Texts {
  readonly absent?: object
  readonly unknown?: readonly [status: number, body: object]
  readonly foreign?: object
  readonly gone?: (id: string) => object
  /** Only the three calls that wake a device are refused in maintenance. */
  readonly maintenance?: object
}

const NEED_HEADER = { error: 'Authentication required', message: 'X-User-ID header required' }
const NEED_HEADER_IS = { error: 'Authentication required', message: 'X-User-ID header is required' }
const NOT_ACTIVE = { error: 'Authentication failed', message: 'Invalid user_id or user is not active' }
const noUser = (id: string) => ({ error: 'User not found', message: `No user found with ID: ${id}` })

const CALL: Texts = {
  absent: { error: 'API key required', message: 'Please provide API key in X-API-Key header' },
  unknown: [401, { error: 'Invalid API key', message: 'The provided API key is not valid' }],
  maintenance: { error: 'Device in maintenance', message: 'Device is currently in maintenance mode' },
}
const CREDENTIALS: Texts = {
  absent: { error: 'API key required', message: 'X-API-Key header is required' },
  unknown: [404, { error: 'Invalid API key', message: 'Device not found' }],
}
const TELEMETRY: Texts = {
  absent: { error: 'API key required' },
  unknown: [401, { error: 'Invalid API key' }],
  foreign: { error: 'Forbidden: device mismatch' },
}
const OWNER: Texts = {
  absent: NEED_HEADER_IS,
  unknown: [401, NOT_ACTIVE],
  foreign: { error: 'Forbidden', message: 'This device does not belong to the specified user' },
  gone: (id) => ({ error: 'Device not found', message: `No device found with ID: ${id}` }),
}
const GROUP: Texts = {
  absent: { error: 'X-User-ID header required' },
  unknown: [401, { error: 'Invalid user ID' }],
  foreign: { error: "Forbidden: group doesn't belong to user" },
  gone: () => ({ error: 'Group not found' }),
}
const account = (verb: string, absent: object = NEED_HEADER, gone = noUser): Texts => ({
  absent,
  unknown: [401, NOT_ACTIVE],
  foreign: { error: 'Forbidden', message: `You can only ${verb}` },
  gone,
})

const telemetry = ({ device }: People) => `/api/v1/telemetry/${device.id}`
const group = ({ group: id }: People) => `/api/v1/groups/${id}`
const noGroup = () => '/api/v1/groups/999999'
const admin = ({ device }: People) => `/api/v1/admin/devices/${device.id}`
const fixed = (path: string) => () => path
const range = () => ({ start_time: '2001-01-01', stop_time: '2001-01-02' })

export const ROWS: Readonly<Record<string, Row>> = {
  'POST /api/v1/devices/register': {
    who: 'U',
    target: fixed('/api/v1/devices/register'),
    body: () => ({ name: `d${Math.random()}`, device_type: 't' }),
    texts: { absent: NEED_HEADER_IS, unknown: [401, NOT_ACTIVE] },
    good: 201,
  },
  'GET /api/v1/devices/user/{user_id}': {
    who: 'U=',
    target: ({ ana }) => `/api/v1/devices/user/${ana.id}`,
    texts: account('view your own devices'),
    good: 200,
  },
  'GET /api/v1/devices/status': { who: 'K', target: fixed('/api/v1/devices/status'), texts: CALL, good: 200 },
  'PUT /api/v1/devices/config': {
    who: 'K',
    target: fixed('/api/v1/devices/config'),
    body: () => ({ location: 'here' }),
    texts: CALL,
    good: 200,
  },
  'GET /api/v1/devices/config': { who: 'K', target: fixed('/api/v1/devices/config'), texts: CALL, good: 200 },
  'GET /api/v1/devices/credentials': {
    who: 'K',
    target: fixed('/api/v1/devices/credentials'),
    texts: CREDENTIALS,
    good: 200,
  },
  'POST /api/v1/devices/heartbeat': {
    who: 'K',
    target: fixed('/api/v1/devices/heartbeat'),
    texts: CALL,
    good: 200,
  },
  'GET /api/v1/devices/{device_id}/status': {
    who: 'U',
    target: ({ device }) => `/api/v1/devices/${device.id}/status`,
    missing: fixed('/api/v1/devices/999999/status'),
    texts: OWNER,
    good: 200,
  },
  'GET /api/v1/devices/{device_id}/groups': {
    who: 'U',
    target: ({ device }) => `/api/v1/devices/${device.id}/groups`,
    missing: fixed('/api/v1/devices/999999/groups'),
    texts: {
      ...GROUP,
      foreign: { error: "Forbidden: device doesn't belong to user" },
      gone: () => ({ error: 'Device not found' }),
    },
    good: 200,
  },
  'POST /api/v1/telemetry': {
    who: 'K',
    target: fixed('/api/v1/telemetry'),
    body: () => ({ data: { t: 1 } }),
    texts: TELEMETRY,
    good: 201,
  },
  'GET /api/v1/telemetry/{device_id}': { who: 'K=', target: telemetry, texts: TELEMETRY, good: 200 },
  'GET /api/v1/telemetry/{device_id}/latest': {
    who: 'K=',
    target: (people) => `${telemetry(people)}/latest`,
    texts: TELEMETRY,
    good: 200,
  },
  'GET /api/v1/telemetry/{device_id}/aggregated': {
    who: 'K=',
    target: (people) => `${telemetry(people)}/aggregated`,
    texts: TELEMETRY,
    good: 200,
  },
  'DELETE /api/v1/telemetry/{device_id}': {
    who: 'K=',
    target: telemetry,
    body: range,
    texts: TELEMETRY,
    good: 200,
  },
  'GET /api/v1/telemetry/status': {
    who: 'P',
    target: fixed('/api/v1/telemetry/status'),
    texts: {},
    good: 200,
  },
  'GET /api/v1/telemetry/user/{user_id}': {
    who: 'U=',
    target: ({ ana }) => `/api/v1/telemetry/user/${ana.id}`,
    texts: account('view your own telemetry data'),
    good: 200,
  },
  'GET /api/v1/users/{user_id}': {
    who: 'U=',
    target: ({ ana }) => `/api/v1/users/${ana.id}`,
    texts: account('view your own profile', NEED_HEADER_IS, () => ({
      error: 'User not found',
      message: 'User not found',
    })),
    good: 200,
  },
  'GET /api/v1/users': { who: 'A', target: fixed('/api/v1/users'), texts: {}, good: 200 },
  'PUT /api/v1/users/{user_id}': {
    who: 'U=',
    target: ({ ana }) => `/api/v1/users/${ana.id}`,
    body: () => ({ username: 'ana' }),
    texts: account('update your own profile'),
    good: 200,
  },
  'PATCH /api/v1/users/{user_id}/deactivate': {
    who: 'A',
    target: ({ gone }) => `/api/v1/users/${gone.id}/deactivate`,
    texts: {},
    good: 200,
  },
  'PATCH /api/v1/users/{user_id}/activate': {
    who: 'A',
    target: ({ ana }) => `/api/v1/users/${ana.id}/activate`,
    texts: {},
    good: 200,
  },
  'DELETE /api/v1/users/{user_id}': {
    who: 'A',
    target: ({ ana }) => `/api/v1/users/${ana.id}`,
    texts: {},
    good: 200,
    destructive: 3,
  },
  'POST /api/v1/auth/register': {
    who: 'P',
    target: fixed('/api/v1/auth/register'),
    body: () => {
      const username = `u${Math.random()}`
      return { username, email: `${username}@example.org`, password: 'correct horse' }
    },
    texts: {},
    good: 201,
  },
  'POST /api/v1/auth/login': {
    who: 'P',
    target: fixed('/api/v1/auth/login'),
    body: () => ({ username: 'ana', password: 'correct horse' }),
    texts: {},
    good: 200,
  },
  'POST /api/v1/auth/logout': { who: 'P', target: fixed('/api/v1/auth/logout'), texts: {}, good: 200 },
  'POST /api/v1/groups': {
    who: 'U',
    target: fixed('/api/v1/groups'),
    body: () => ({ name: `g${Math.random()}` }),
    texts: { absent: GROUP.absent, unknown: GROUP.unknown } as Texts,
    good: 201,
  },
  'GET /api/v1/groups': {
    who: 'U',
    target: fixed('/api/v1/groups'),
    texts: { absent: GROUP.absent, unknown: GROUP.unknown } as Texts,
    good: 200,
  },
  'GET /api/v1/groups/{group_id}': { who: 'U', target: group, missing: noGroup, texts: GROUP, good: 200 },
  'PUT /api/v1/groups/{group_id}': {
    who: 'U',
    target: group,
    missing: noGroup,
    body: () => ({ description: 'changed' }),
    texts: GROUP,
    good: 200,
  },
  'DELETE /api/v1/groups/{group_id}': {
    who: 'U',
    target: group,
    missing: noGroup,
    texts: GROUP,
    good: 200,
    destructive: 1,
  },
  'POST /api/v1/groups/{group_id}/devices': {
    who: 'U',
    target: (people) => `${group(people)}/devices`,
    missing: () => `${noGroup()}/devices`,
    body: ({ device }) => ({ device_id: device.id }),
    texts: GROUP,
    good: 201,
  },
  'DELETE /api/v1/groups/{group_id}/devices/{device_id}': {
    who: 'U',
    target: (people) => `${group(people)}/devices/${people.device.id}`,
    missing: ({ device }) => `${noGroup()}/devices/${device.id}`,
    texts: GROUP,
    good: 200,
  },
  'GET /api/v1/groups/{group_id}/devices': {
    who: 'U',
    target: (people) => `${group(people)}/devices`,
    missing: () => `${noGroup()}/devices`,
    texts: GROUP,
    good: 200,
  },
  'POST /api/v1/groups/{group_id}/devices/bulk': {
    who: 'U',
    target: (people) => `${group(people)}/devices/bulk`,
    missing: () => `${noGroup()}/devices/bulk`,
    body: ({ device }) => ({ device_ids: [device.id] }),
    texts: GROUP,
    good: 201,
  },
  'GET /api/v1/admin/devices': { who: 'A', target: fixed('/api/v1/admin/devices'), texts: {}, good: 200 },
  'GET /api/v1/admin/devices/statuses': {
    who: 'A',
    target: fixed('/api/v1/admin/devices/statuses'),
    texts: {},
    good: 200,
  },
  'GET /api/v1/admin/devices/{device_id}': { who: 'A', target: admin, texts: {}, good: 200 },
  'PUT /api/v1/admin/devices/{device_id}': {
    who: 'A',
    target: admin,
    body: () => ({ location: 'there' }),
    texts: {},
    good: 200,
  },
  'PUT /api/v1/admin/devices/{device_id}/status': {
    who: 'A',
    target: (people) => `${admin(people)}/status`,
    body: () => ({ status: 'active' }),
    texts: {},
    good: 200,
  },
  'DELETE /api/v1/admin/devices/{device_id}': {
    who: 'A',
    target: admin,
    texts: {},
    good: 200,
    destructive: 2,
  },
  'GET /api/v1/admin/stats': { who: 'A', target: fixed('/api/v1/admin/stats'), texts: {}, good: 200 },
  'GET /health': { who: 'P', target: fixed('/health'), texts: {}, good: 200 },
  'GET /status': { who: 'P', target: fixed('/status'), texts: {}, good: 200 },
  'GET /': { who: 'P', target: fixed('/'), texts: {}, good: 200 },
}
