import { Kysely } from 'kysely'
import { createSecretBox } from '../core/access/secrets.ts'
import type { UserRepository } from '../core/access/user-repository.ts'
import { type ChangeFeed, createChangeFeed } from '../core/changes.ts'
import type { DeviceRemovals, DeviceRepository, DirectorySource } from '../core/devices/device-repository.ts'
import type { LabelRepository, MembershipRepository } from '../core/devices/label-repository.ts'
import type { RegistryContext } from './context.ts'
import { deviceRemovals } from './device-removals.ts'
import { deviceRepository } from './devices.ts'
import { directorySource } from './directory-source.ts'
import { engineFor } from './engines.ts'
import { labelRepository } from './labels.ts'
import { membershipRepository } from './memberships.ts'
import { migrate } from './migrations/index.ts'
import { createProbe } from './probe.ts'
import type { Schema } from './schema.ts'
import { verifyMasterKey } from './master-key.ts'
import { userRepository } from './users.ts'

export { WrongMasterKeyError } from './master-key.ts'
export { NewerRegistryError } from './migrations/index.ts'

export interface RegistryOptions {
  /** `sqlite:///absolute/path` (or `sqlite://relative/path`), or `postgresql://…`. */
  readonly url: string
  /** 32 bytes; encrypts what must be shown again. */
  readonly masterKey: Buffer
  /** Epoch milliseconds; for tests. */
  readonly now?: () => number
}

/** The relational store of everything but telemetry: one repository a subject, all over one database. */
export interface Registry {
  readonly users: UserRepository
  readonly devices: DeviceRepository
  readonly removals: DeviceRemovals
  readonly directorySource: DirectorySource
  readonly labels: LabelRepository
  readonly memberships: MembershipRepository
  readonly events: ChangeFeed
  /** Reads and writes; asks the disk at most once a second. @throws CoreError `storage_unavailable` */
  check(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens the store, creating or updating its tables.
 * @throws NewerRegistryError, WrongMasterKeyError; RangeError for a URL of neither kind.
 */
export async function openRegistry({ url, masterKey, now = Date.now }: RegistryOptions): Promise<Registry> {
  const engine = await engineFor(url)
  const db = new Kysely<Schema>({ dialect: engine.dialect })
  const secrets = createSecretBox(masterKey)
  const context: RegistryContext = { db, engine, changes: createChangeFeed(), secrets, now }
  try {
    await migrate(context)
    await verifyMasterKey(context)
  } catch (error) {
    await db.destroy()
    throw error
  }
  return {
    users: userRepository(context),
    devices: deviceRepository(context),
    removals: deviceRemovals(context),
    directorySource: directorySource(context),
    labels: labelRepository(context),
    memberships: membershipRepository(context),
    events: context.changes,
    check: createProbe(context),
    close: () => db.destroy(),
  }
}
