import type { Kysely } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'
import type { Database, Engine } from '../engine.ts'
import { foundation } from './0001-foundation.ts'

// A step sees the tables of its own time, not today's.
type Step = (db: Kysely<unknown>, engine: Engine) => Promise<void>

/** In this order, for ever: a step that was released is never edited. */
const STEPS: Readonly<Record<string, Step>> = {
  '0001-foundation': foundation,
}

const TABLE = 'schema_migrations'

/** The registry was written by a newer version of this program. */
export class NewerRegistryError extends Error {
  override readonly name = 'NewerRegistryError'

  constructor(unknownStep: string) {
    super(
      `the registry was written by a newer version of this program (it has the unknown migration "${unknownStep}")`,
    )
  }
}

/** Brings the tables up to date, each step in a transaction. @throws NewerRegistryError */
export async function migrate(database: Database, engine: Engine): Promise<void> {
  const db = database.withTables<Record<typeof TABLE, { name: string }>>()
  await refuseNewer(db)
  const migrations: Record<string, Migration> = {}
  for (const [name, step] of Object.entries(STEPS))
    migrations[name] = { up: (target) => step(target, engine) }
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    migrationTableName: TABLE,
    migrationLockTableName: 'schema_migrations_lock',
  })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) throw error
}

async function refuseNewer(db: Kysely<Record<typeof TABLE, { name: string }>>): Promise<void> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some(({ name }) => name === TABLE)) return
  const rows = await db.selectFrom(TABLE).select('name').execute()
  const unknownStep = rows.find(({ name }) => !Object.hasOwn(STEPS, name))
  if (unknownStep !== undefined) throw new NewerRegistryError(unknownStep.name)
}
