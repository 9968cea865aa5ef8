import type { FastifyRequest } from 'fastify'
import type { User } from '../../core/access/user.ts'
import type { DeviceRef } from '../../core/devices/device.ts'
import { isCoreError } from '../../core/errors.ts'
import { bearerToken, headerText } from '../../wire/credentials.ts'
import { pathId } from '../../wire/query.ts'
import { Refusal, UnknownPath } from '../../wire/refusal.ts'
import { refusal } from './refusals.ts'
import type { Iotflow } from './services.ts'

/**
 * Who may use a route, in the letters of the contract's matrix: public, device key, key of the path's device,
 * user, the user of the path or the operator, operator.
 */
export type Who = 'P' | 'K' | 'K=' | 'U' | 'U=' | 'A'

/** Turns a request's credentials into a principal, or refuses in the route's words. */
export interface Access<P> {
  readonly who: Who
  admit(request: FastifyRequest): P | Promise<P>
}

/** The owner of the path's account, or the operator acting on it. */
export interface Account {
  readonly user: User
  readonly operator: boolean
}

export interface KeyWords {
  readonly missing: Refusal['body']
  readonly unknown: { readonly status: 401 | 404; readonly body: Refusal['body'] }
}

export interface UserWords {
  readonly missing: Refusal['body']
  readonly unknown: Refusal['body']
}

export interface AccountWords {
  readonly missing: Refusal['body']
  readonly foreign: Refusal['body']
  readonly gone: (id: string) => Refusal
}

export const UNKNOWN_USER = {
  error: 'Authentication failed',
  message: 'Invalid user_id or user is not active',
} as const

export const anybody: Access<null> = { who: 'P', admit: () => null }

export interface Auth {
  readonly operator: Access<null>
  key(words: KeyWords): Access<DeviceRef>
  /** Status, config and heartbeat: a valid key wakes the device, is refused in maintenance, and moves `last_seen`. */
  keyCall(): Access<DeviceRef>
  /** The key of the device that the path names by `device_id`. */
  ownKey(): Access<DeviceRef>
  user(words: UserWords): Access<User>
  /** For paths with `user_id`. */
  account(words: AccountWords): Access<Account>
}

export const TELEMETRY_KEY: KeyWords = {
  missing: { error: 'API key required' },
  unknown: { status: 401, body: { error: 'Invalid API key' } },
}

const CALL_KEY: KeyWords = {
  missing: { error: 'API key required', message: 'Please provide API key in X-API-Key header' },
  unknown: { status: 401, body: { error: 'Invalid API key', message: 'The provided API key is not valid' } },
}

export function createAuth({ services, options }: Iotflow): Auth {
  const { users, tokens, operator, directory } = services

  /** Contract section 2: exactly `admin`, one space, the token. */
  function operatorHeader(request: FastifyRequest): 'good' | 'wrong' | 'absent' {
    const header = request.headers.authorization
    if (header === undefined || !header.startsWith('admin ')) return 'absent'
    return operator.matches(header.slice(6), 'iotflow') ? 'good' : 'wrong'
  }

  function deviceOf(request: FastifyRequest, words: KeyWords): DeviceRef {
    const key = headerText(request, 'x-api-key')
    if (key === undefined || key === '') throw new Refusal(401, words.missing)
    const device = directory.byApiKey(key)
    if (device === null) throw new Refusal(words.unknown.status, words.unknown.body)
    return device
  }

  function userIdHeader(request: FastifyRequest): string | undefined {
    const id = options.userIdHeader ? headerText(request, 'x-user-id') : undefined
    return id === '' ? undefined : id
  }

  /** A bad token counts as no credential (shared paths). */
  async function bearer(request: FastifyRequest): Promise<User | null> {
    const token = bearerToken(request)
    const id = token === null ? null : await tokens.verify(token)
    return id === null ? null : await users.byId(id)
  }

  async function account(request: FastifyRequest, words: AccountWords): Promise<Account> {
    const { user_id: id = '' } = request.params as { user_id?: string }
    if (operatorHeader(request) === 'good') {
      const user = await users.byPublicId(id)
      if (user === null) throw words.gone(id)
      return { user, operator: true }
    }
    const presented = userIdHeader(request) ?? (await bearer(request))?.publicId
    if (presented === undefined) throw new Refusal(401, words.missing)
    if (presented !== id) throw new Refusal(403, words.foreign)
    const user = await users.byPublicId(id)
    if (user === null) throw words.gone(id)
    if (!user.isActive) throw new Refusal(401, UNKNOWN_USER)
    return { user, operator: false }
  }

  return {
    operator: {
      who: 'A',
      admit(request) {
        const header = operatorHeader(request)
        if (header === 'absent') throw refusal(401, 'Admin token required')
        if (header === 'wrong') throw refusal(403, 'Invalid admin token')
        return null
      },
    },
    key: (words) => ({ who: 'K', admit: (request) => deviceOf(request, words) }),
    keyCall: () => ({
      who: 'K',
      admit: (request) => answerCall(services, deviceOf(request, CALL_KEY)),
    }),
    ownKey: () => ({
      who: 'K=',
      admit(request) {
        const id = pathId((request.params as { device_id?: string }).device_id)
        if (id === null) throw new UnknownPath()
        const device = deviceOf(request, TELEMETRY_KEY)
        if (device.id !== id) throw refusal(403, 'Forbidden: device mismatch')
        return device
      },
    }),
    user: (words) => ({
      who: 'U',
      async admit(request) {
        const id = userIdHeader(request)
        const user = id === undefined ? await bearer(request) : await users.byPublicId(id)
        if (user === null && id === undefined) throw new Refusal(401, words.missing)
        if (user === null || !user.isActive) throw new Refusal(401, words.unknown)
        return user
      },
    }),
    account: (words) => ({ who: 'U=', admit: (request) => account(request, words) }),
  }
}

/** What a key call does to its device, in the contract's order (section 2). */
async function answerCall(services: Iotflow['services'], device: DeviceRef): Promise<DeviceRef> {
  await wake(services, device)
  const now = services.directory.get(device.id) ?? device
  if (now.lifecycle === 'maintenance') {
    throw refusal(403, 'Device in maintenance', 'Device is currently in maintenance mode')
  }
  const time = Date.now()
  await services.ingest({
    device: device.id,
    dialect: 'iotflow',
    kind: 'presence',
    time,
    received: time,
    body: NOTHING,
    readings: [],
  })
  return now
}

const NOTHING = new Uint8Array(0)

/** An inactive device that proves itself becomes active. Removed or changed meanwhile, it is left alone. */
export async function wake(
  { directory, devices }: Pick<Iotflow['services'], 'directory' | 'devices'>,
  { id }: DeviceRef,
): Promise<void> {
  if (directory.get(id)?.lifecycle !== 'inactive') return
  try {
    await devices.update(id, { lifecycle: 'active' }, 'inactive')
  } catch (error) {
    // A registry that refuses is no reason to refuse what is on disk already: the next call tries again.
    if (!isCoreError(error, 'device_not_found') && !isCoreError(error, 'storage_unavailable')) throw error
  }
}
