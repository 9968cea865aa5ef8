import * as runner from 'node:test'
import { devicesContract } from './contract/devices.ts'
import { type Subject, createSubject, describe } from './contract/subject.ts'
import { keysContract } from './contract/keys.ts'
import { labelsContract } from './contract/labels.ts'
import { racesContract } from './contract/races.ts'
import { removalContract } from './contract/removal.ts'
import { storeContract } from './contract/store.ts'
import { usersContract } from './contract/users.ts'

export interface Implementation {
  readonly name: string
  /** Answers the URL of an empty store of its own. */
  freshUrl(): Promise<string>
  /** Runs after the last test. */
  dispose(): Promise<void>
  /** Why it can't be tested here. */
  readonly skip?: string
}

/** What every engine's registry must do; a difference between two engines is a bug of one. */
export function registryContract(implementation: Implementation): void {
  const skip = implementation.skip ?? false
  void runner.describe(`registry on ${implementation.name}`, { skip }, () => {
    let subject: Subject | null = null
    runner.before(async () => {
      subject = await createSubject(await implementation.freshUrl())
    })
    runner.after(async () => {
      await subject?.registry.close()
      await implementation.dispose()
    })
    const current = () => {
      if (subject === null) throw new Error('the registry is not open')
      return subject
    }
    describe('users', () => usersContract(current))
    describe('devices', () => devicesContract(current))
    describe('removal', () => removalContract(current))
    describe('labels', () => labelsContract(current))
    describe('unique keys', () => keysContract(current))
    describe('concurrent calls', () => racesContract(current))
    describe('store', () => storeContract(implementation.freshUrl))
  })
}
