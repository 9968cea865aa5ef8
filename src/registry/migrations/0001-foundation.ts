import { type Kysely, type CreateTableBuilder, sql } from 'kysely'
import type { Engine } from '../engine.ts'
import type { Schema } from '../schema.ts'

/** Users, devices with what they are known and proved by, labels, settings. */
export async function foundation(db: Kysely<Schema>, engine: Engine): Promise<void> {
  await createUsers(db, engine)
  await createDevices(db, engine)
  await createLabels(db, engine)
  await db.schema
    .createTable('settings')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute()
}

const table = (db: Kysely<Schema>, engine: Engine, name: string) =>
  db.schema.createTable(name).addColumn('id', engine.types.integer, (column) => engine.risingId(column))

function required<Table extends string, Column extends string>(
  builder: CreateTableBuilder<Table, Column>,
  engine: Engine,
  columns: { text?: readonly string[]; integer?: readonly string[]; bytes?: readonly string[] },
): CreateTableBuilder<Table, string> {
  let next: CreateTableBuilder<Table, string> = builder
  for (const name of columns.text ?? []) next = next.addColumn(name, 'text', (column) => column.notNull())
  for (const name of columns.integer ?? [])
    next = next.addColumn(name, engine.types.integer, (column) => column.notNull())
  for (const name of columns.bytes ?? [])
    next = next.addColumn(name, engine.types.bytes, (column) => column.notNull())
  return next
}

async function createUsers(db: Kysely<Schema>, engine: Engine): Promise<void> {
  await required(table(db, engine, 'users'), engine, {
    text: ['username', 'username_key', 'email', 'email_key', 'password_hash'],
    integer: ['is_active', 'is_superuser', 'is_admin', 'created_at', 'updated_at'],
    bytes: ['public_id_hash', 'public_id_sealed'],
  })
    .addColumn('last_login', engine.types.integer)
    .execute()
  await sql`create unique index users_public_id on users (public_id_hash)`.execute(db)
  await sql`create unique index users_username on users (username)`.execute(db)
  await sql`create unique index users_email on users (email_key)`.execute(db)
  await sql`create index users_username_key on users (username_key)`.execute(db)
}

async function createDevices(db: Kysely<Schema>, engine: Engine): Promise<void> {
  const { integer, bytes } = engine.types
  await required(table(db, engine, 'devices'), engine, {
    text: [
      'home',
      'name',
      'device_type',
      'description',
      'location',
      'firmware_version',
      'hardware_version',
      'lifecycle',
    ],
    integer: ['removing', 'revision', 'created_at', 'updated_at'],
  })
    .addColumn('owner', integer, (column) => column.references('users.id'))
    .execute()
  // A name is free again as soon as its device is being removed: nobody can see that device any more.
  await sql`create unique index devices_owner_name on devices (owner, name)
    where home = 'iotflow' and removing = 0`.execute(db)
  await sql`create index devices_owner on devices (owner, removing, id)`.execute(db)
  // Partial, so that a walk in ascending id never takes an index on the mark and sorts.
  await sql`create index devices_lifecycle on devices (lifecycle) where removing = 0`.execute(db)
  await sql`create index devices_marked on devices (id) where removing = 1`.execute(db)

  const ofDevice = (name: string) =>
    table(db, engine, name).addColumn('device', integer, (column) =>
      column.notNull().references('devices.id').onDelete('cascade'),
    )
  await required(ofDevice('identities'), engine, { text: ['kind', 'value'] }).execute()
  await sql`create unique index identities_kind_value on identities (kind, value)`.execute(db)
  await sql`create index identities_device on identities (device)`.execute(db)

  await required(ofDevice('credentials'), engine, {
    text: ['kind'],
    integer: ['created_at'],
    bytes: ['sha256'],
  })
    .addColumn('sealed', bytes)
    .execute()
  await sql`create unique index credentials_sha256 on credentials (sha256)`.execute(db)
  await sql`create unique index credentials_device_kind on credentials (device, kind)`.execute(db)
}

async function createLabels(db: Kysely<Schema>, engine: Engine): Promise<void> {
  const { integer } = engine.types
  await required(table(db, engine, 'labels'), engine, {
    text: ['home', 'name'],
    integer: ['created_at', 'updated_at'],
  })
    .addColumn('owner', integer, (column) => column.references('users.id').onDelete('cascade'))
    .addColumn('description', 'text')
    .addColumn('color', 'text')
    .execute()
  // Ids begin at 1, so 0 stands for "no owner", which counts as one owner here.
  await sql`create unique index labels_owner_name on labels (coalesce(owner, 0), name)`.execute(db)
  await sql`create unique index labels_manager_name on labels (name) where home = 'manager'`.execute(db)

  await table(db, engine, 'memberships')
    .addColumn('label', integer, (column) => column.notNull().references('labels.id').onDelete('cascade'))
    .addColumn('device', integer, (column) => column.notNull().references('devices.id').onDelete('cascade'))
    .addColumn('added_at', integer, (column) => column.notNull())
    .execute()
  await sql`create unique index memberships_label_device on memberships (label, device)`.execute(db)
  await sql`create index memberships_device on memberships (device)`.execute(db)
}
