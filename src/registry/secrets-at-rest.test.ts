import assert from 'node:assert/strict'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, it } from 'node:test'
import { inspect } from 'node:util'
import { type TemporaryRegistry, temporaryRegistry } from '../../test/temporary-registry.ts'
import { createUserService } from '../core/access/user-service.ts'
import { createDeviceService } from '../core/devices/device-service.ts'

const PASSWORD = 'correct horse battery staple'
let store: TemporaryRegistry

beforeEach(async () => {
  store = await temporaryRegistry()
})
afterEach(() => store.remove())

async function fill() {
  const devices = createDeviceService({ ...store.registry, removeTelemetry: async () => {} })
  const { finishRemovals } = devices
  const users = createUserService({ users: store.registry.users, finishRemovals, registration: 'open' })
  const user = await users.register({ username: 'anna', email: 'anna@example.org', password: PASSWORD })
  const values = {
    home: 'iotflow',
    owner: user.id,
    name: 'pump',
    deviceType: 't',
    lifecycle: 'active',
  } as const
  const { apiKey, device } = await devices.register(values)
  const { passwordHash = '' } = (await store.registry.users.byLogin('anna')) ?? {}
  return { users, devices, user, device, apiKey, values, passwordHash }
}

const files = () => readdirSync(store.folder).map((name) => join(store.folder, name))

it('keeps no password, API key or public id in clear in any file', async () => {
  const { user, apiKey } = await fill()
  const bytes = Buffer.concat(files().map((path) => readFileSync(path)))
  assert(bytes.includes('anna@example.org'), 'the search must be able to find something')
  const secrets = [PASSWORD, apiKey, user.publicId, store.masterKey.toString('latin1')]
  for (const secret of secrets) {
    for (const form of [
      secret,
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('hex'),
    ]) {
      assert(!bytes.includes(form), 'a secret stands in a file')
    }
  }
  assert(!bytes.includes(Buffer.from(user.publicId, 'hex')), 'a public id stands in a file as bytes')
})

it('makes files that only their owner can read', async () => {
  await fill()
  for (const path of files()) assert.equal(statSync(path).mode & 0o077, 0, path)
})

it('shows no secret in an error', async () => {
  const { users, devices, user, apiKey, values, passwordHash } = await fill()
  const insert = store.registry.users.insert({
    publicId: user.publicId,
    username: 'other',
    email: 'other@example.org',
    passwordHash,
    isSuperuser: false,
  })
  const attempts = [
    insert,
    users.register({ username: 'anna', email: 'anna@example.org', password: PASSWORD }),
    users.register({ username: '', email: 'x', password: PASSWORD }),
    users.login({ login: 'anna', password: `${PASSWORD}!`, address: '192.0.2.1' }),
    users.update(user.id, { email: 'nowhere', password: PASSWORD }),
    devices.register(values),
    store.registry.devices.insert([{ ...values, name: 'other', apiKey }]),
  ]
  const errors = (await Promise.allSettled(attempts)).map((outcome) => {
    assert.equal(outcome.status, 'rejected')
    return outcome.reason as unknown
  })
  assert.equal(errors.length, attempts.length)
  const shown = errors
    .map(
      (error) =>
        `${String(error)} ${JSON.stringify(error)} ${inspect(error, { depth: 10, showHidden: true })}`,
    )
    .join('\n')
  assert(shown.includes('username_taken'))
  for (const secret of [PASSWORD, apiKey, user.publicId, passwordHash]) assert(!shown.includes(secret))
})
