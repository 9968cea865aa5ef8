import assert from 'node:assert/strict'
import type { House } from '../house.ts'

export interface Person {
  readonly id: string
  readonly token: string
}

export interface KeyedDevice {
  readonly id: number
  readonly key: string
}

/** A house with people in every state that a credential can be in. */
export interface People {
  readonly operator: string
  readonly ana: Person
  /** Another user: for what is not his. */
  readonly ben: Person
  /** Deactivated. */
  readonly gone: Person
  /** Ana's. */
  readonly device: KeyedDevice
  /** Ben's. */
  readonly other: KeyedDevice
  /** Ana's, in maintenance. */
  readonly repaired: KeyedDevice
  /** Of the deactivated user. */
  readonly orphan: KeyedDevice
  /** Of a device that was deleted. */
  readonly deadKey: string
  /** Ana's group, with her device in it. */
  readonly group: number
}

export interface Call {
  readonly method: string
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
}

export async function call(
  house: House,
  { method, target, headers = {}, body }: Call,
): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(house.url + target, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body),
  })
  const text = await answer.text()
  return { status: answer.status, body: text === '' ? null : (JSON.parse(text) as unknown) }
}

async function must<T>(house: House, request: Call): Promise<T> {
  const { status, body } = await call(house, request)
  assert.ok(status < 300, `${request.method} ${request.target}: ${status} ${JSON.stringify(body)}`)
  return body as T
}

export async function addPerson(house: House, username: string): Promise<Person> {
  const password = 'correct horse'
  const account = { username, email: `${username}@example.org`, password }
  await must(house, { method: 'POST', target: '/api/v1/auth/register', body: account })
  const login = { method: 'POST', target: '/api/v1/auth/login', body: { username, password } }
  const { user, access_token: token } = await must<{ user: { user_id: string }; access_token: string }>(
    house,
    login,
  )
  return { id: user.user_id, token }
}

export async function addDevice(house: House, owner: Person, name: string): Promise<KeyedDevice> {
  const { device } = await must<{ device: { id: number; api_key: string } }>(house, {
    method: 'POST',
    target: '/api/v1/devices/register',
    headers: { 'x-user-id': owner.id },
    body: { name, device_type: 'weather' },
  })
  return { id: device.id, key: device.api_key }
}

export async function populate(house: House): Promise<People> {
  const operator = house.operatorToken
  const asOperator = { authorization: `admin ${operator}` }
  const ana = await addPerson(house, 'ana')
  const ben = await addPerson(house, 'ben')
  const gone = await addPerson(house, 'gone')
  const device = await addDevice(house, ana, 'station')
  const other = await addDevice(house, ben, 'station')
  const repaired = await addDevice(house, ana, 'repaired')
  const orphan = await addDevice(house, gone, 'orphan')
  const dead = await addDevice(house, ana, 'dead')
  const data = { data: { temperature: 1 } }
  await must(house, {
    method: 'POST',
    target: '/api/v1/telemetry',
    headers: { 'x-api-key': device.key },
    body: data,
  })
  await must(house, {
    method: 'PUT',
    target: `/api/v1/admin/devices/${repaired.id}/status`,
    headers: asOperator,
    body: { status: 'maintenance' },
  })
  await must(house, { method: 'DELETE', target: `/api/v1/admin/devices/${dead.id}`, headers: asOperator })
  await must(house, { method: 'PATCH', target: `/api/v1/users/${gone.id}/deactivate`, headers: asOperator })
  const { group } = await must<{ group: { id: number } }>(house, {
    method: 'POST',
    target: '/api/v1/groups',
    headers: { 'x-user-id': ana.id },
    body: { name: 'North' },
  })
  return { operator, ana, ben, gone, device, other, repaired, orphan, deadKey: dead.key, group: group.id }
}
