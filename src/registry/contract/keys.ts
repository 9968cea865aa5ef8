import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before } from 'node:test'
import { type Insertable, Kysely } from 'kysely'
import type { Database, Engine } from '../engine.ts'
import { engineFor } from '../engines.ts'
import { type Schema, UNIQUE_KEYS, type UniqueKey } from '../schema.ts'
import { type Subject, times, it } from './subject.ts'

const CONTESTANTS = 12

type Table = 'users' | 'devices' | 'identities' | 'credentials' | 'labels' | 'memberships'

/** A row that collides with its like in one key only; the index makes everything else its own. */
interface Collision {
  readonly table: Table
  readonly row: (
    index: number,
    ids: { user: number; device: number; label: number },
  ) => Insertable<Schema[Table]>
}

const user = (index: number, own: object) => ({
  public_id_hash: randomBytes(32),
  public_id_sealed: randomBytes(8),
  username: `key-${index}`,
  username_key: `key-${index}`,
  email: `key-${index}@example.org`,
  email_key: `key-${index}@example.org`,
  password_hash: 'x',
  is_active: 1,
  is_superuser: 0,
  is_admin: 0,
  created_at: 0,
  updated_at: 0,
  last_login: null,
  ...own,
})

const device = (owner: number, name: string) => ({
  home: 'iotflow',
  owner,
  name,
  device_type: '',
  description: '',
  location: '',
  firmware_version: '',
  hardware_version: '',
  lifecycle: 'active',
  removing: 0,
  revision: 1,
  created_at: 0,
  updated_at: 0,
})

const credential = (own: { device: number; kind: string; sha256?: Buffer }) => ({
  sha256: randomBytes(32),
  sealed: null,
  created_at: 0,
  ...own,
})

const label = (own: { home: string; owner: number | null; name: string }) => ({
  description: null,
  color: null,
  created_at: 0,
  updated_at: 0,
  ...own,
})

const COLLISIONS: Record<UniqueKey, Collision> = {
  users_public_id: { table: 'users', row: (index) => user(index, { public_id_hash: Buffer.alloc(32, 1) }) },
  users_username: { table: 'users', row: (index) => user(1000 + index, { username: 'key' }) },
  users_email: { table: 'users', row: (index) => user(2000 + index, { email_key: 'key@example.org' }) },
  devices_owner_name: { table: 'devices', row: (_, ids) => device(ids.user, 'key') },
  identities_kind_value: {
    table: 'identities',
    row: (_, ids) => ({ device: ids.device, kind: 'text', value: 'key' }),
  },
  credentials_sha256: {
    table: 'credentials',
    row: (index, ids) =>
      credential({ device: ids.device, kind: `kind-${index}`, sha256: Buffer.alloc(32, 2) }),
  },
  credentials_device_kind: {
    table: 'credentials',
    row: (_, ids) => credential({ device: ids.device, kind: 'key' }),
  },
  labels_owner_name: {
    table: 'labels',
    row: (_, ids) => label({ home: 'iotflow', owner: ids.user, name: 'key' }),
  },
  labels_manager_name: {
    table: 'labels',
    row: (index, ids) =>
      label({ home: 'manager', owner: index % 2 === 0 ? ids.user : null, name: 'manager key' }),
  },
  memberships_label_device: {
    table: 'memberships',
    row: (_, ids) => ({ label: ids.label, device: ids.device, added_at: 0 }),
  },
}

export function keysContract(subject: () => Subject): void {
  let engine: Engine
  let db: Database
  before(async () => {
    engine = await engineFor(subject().url)
    db = new Kysely<Schema>({ dialect: engine.dialect })
  })
  after(() => db.destroy())

  const keys = Object.keys(UNIQUE_KEYS) as UniqueKey[]
  for (const key of keys) {
    it(`${key}: of many rows at once one is stored, the others name the key`, async () => {
      const { user: newUser, device: newDevice, label: newLabel } = subject()
      const [one, two, three] = [await newUser(), await newDevice(), await newLabel()]
      const ids = { user: one.id, device: two.id, label: three.id }
      const { table, row } = COLLISIONS[key]
      const inserts = times(CONTESTANTS, (index) => db.insertInto(table).values(row(index, ids)).execute())
      const settled = await Promise.allSettled(inserts)
      const faults = settled.flatMap((outcome) =>
        outcome.status === 'rejected' ? [engine.classify(outcome.reason)] : [],
      )
      assert.equal(faults.length, CONTESTANTS - 1)
      const expected = key === 'labels_manager_name' ? ['labels_manager_name', 'labels_owner_name'] : [key]
      for (const fault of faults) assert(fault.kind === 'unique' && expected.includes(fault.key), fault.kind)
    })
  }
}
