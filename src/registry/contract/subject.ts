import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import * as runner from 'node:test'
import { randomApiKey, randomPublicId } from '../../core/access/secrets.ts'
import type { User } from '../../core/access/user.ts'
import type { RegistryChange } from '../../core/changes.ts'
import type { Device, NewDevice } from '../../core/devices/device.ts'
import type { Label, NewLabel } from '../../core/devices/label.ts'
import { type ErrorCode, isCoreError } from '../../core/errors.ts'
import { type Registry, openRegistry } from '../index.ts'

/** An open registry with what the suite needs to fill it. Every call makes names of its own. */
export interface Subject {
  readonly url: string
  readonly masterKey: Buffer
  readonly registry: Registry
  /** Every change so far, in order. */
  readonly changes: RegistryChange[]
  /** What `now` answers next; one millisecond later at each reading. */
  readonly clock: { time: number }
  name(prefix?: string): string
  user(): Promise<User>
  device(values?: Partial<NewDevice>): Promise<Device & { apiKey: string }>
  label(values?: Partial<NewLabel>): Promise<Label>
}

/** A test of the suite; the runner itself waits for it. */
export const it = (name: string, run: () => Promise<void>): void => void runner.it(name, run)

/** A group of the suite's tests. */
export const describe = (name: string, tests: () => void): void => void runner.describe(name, tests)

const START = Date.UTC(2030, 0, 1)

export async function createSubject(url: string): Promise<Subject> {
  const masterKey = randomBytes(32)
  const clock = { time: START }
  const registry = await openRegistry({ url, masterKey, now: () => clock.time++ })
  const changes: RegistryChange[] = []
  registry.events.subscribe((change) => changes.push(change))
  let names = 0
  const name = (prefix = 'name') => `${prefix}-${(names += 1)}`
  return {
    url,
    masterKey,
    registry,
    changes,
    clock,
    name,
    user: () => {
      const username = name('user')
      const email = `${username}@example.org`
      return registry.users.insert({ ...newcomer(), username, email })
    },
    async device(values = {}) {
      const device = { ...plainDevice(name('device')), ...values }
      const [inserted] = await registry.devices.insert([{ ...device, apiKey: randomApiKey() }])
      assert(inserted)
      return { ...inserted.device, apiKey: inserted.apiKey }
    },
    label: (values = {}) => registry.labels.insert({ ...plainLabel(name('label')), ...values }),
  }
}

export const newcomer = () => ({
  publicId: randomPublicId(),
  passwordHash: '$argon2id$x',
  isSuperuser: false,
})

export const plainDevice = (name: string): NewDevice => ({
  home: 'iotflow',
  owner: null,
  name,
  deviceType: 'thermometer',
  lifecycle: 'inactive',
})

export const plainLabel = (name: string): NewLabel => ({
  home: 'iotflow',
  owner: null,
  name,
  description: null,
  color: null,
})

/** For `assert.rejects`. */
export const refusal = (code: ErrorCode) => (error: unknown) => {
  assert(isCoreError(error), `expected ${code}, got ${String(error)}`)
  assert.equal(error.code, code)
  return true
}

/** Runs calls at the same time; answers what was fulfilled and, as codes, what was refused. */
export async function contest<Call extends () => Promise<unknown>>(calls: readonly Call[]) {
  const settled = await Promise.allSettled(calls.map((call) => call()))
  const won: Awaited<ReturnType<Call>>[] = []
  const lost: string[] = []
  for (const outcome of settled) {
    if (outcome.status === 'fulfilled') won.push(outcome.value as Awaited<ReturnType<Call>>)
    else lost.push(isCoreError(outcome.reason) ? outcome.reason.code : String(outcome.reason))
  }
  return { won, lost: [...new Set(lost)].sort(), refused: lost.length }
}

export const times = <Result>(count: number, make: (index: number) => Result): Result[] =>
  Array.from({ length: count }, (_, index) => make(index))
