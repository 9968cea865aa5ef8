import type { Transaction } from 'kysely'
import type { RegistryContext } from '../context.ts'
import type { Engine } from '../engine.ts'
import type { Schema } from '../schema.ts'
import { foundation } from './0001-foundation.ts'

// A step that reads or writes rows names the columns of its own time (`$extendTables`), not today's.
type Step = (db: Transaction<Schema>, engine: Engine) => Promise<void>

/** In this order, for ever: a step that was released is never edited. */
const STEPS: Readonly<Record<string, Step>> = {
  '0001-foundation': foundation,
}

type Applied = {
  schema_migrations: { name: string; applied_at: number }
}

/** The registry was written by a newer version of this program. */
export class NewerRegistryError extends Error {
  override readonly name = 'NewerRegistryError'

  constructor(step: string) {
    super(`the registry was written by a newer version of this program (it has the migration "${step}")`)
  }
}

/**
 * Brings the tables up to date in one transaction; whoever opens the store at the same time waits for it.
 * @throws NewerRegistryError; nothing was changed then
 */
export function migrate({ db, engine, now }: Pick<RegistryContext, 'db' | 'engine' | 'now'>): Promise<void> {
  return db.transaction().execute(async (transaction) => {
    await engine.serialize(transaction, 'migrations')
    const ours = transaction.$extendTables<Applied>()
    await ours.schema
      .createTable('schema_migrations')
      .ifNotExists()
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('applied_at', engine.types.integer, (column) => column.notNull())
      .execute()
    const applied = await ours.selectFrom('schema_migrations').select('name').execute()
    const unknownStep = applied.find(({ name }) => !Object.hasOwn(STEPS, name))
    if (unknownStep !== undefined) throw new NewerRegistryError(unknownStep.name)
    for (const [name, step] of Object.entries(STEPS)) {
      if (applied.some((done) => done.name === name)) continue
      await step(transaction, engine)
      await ours.insertInto('schema_migrations').values({ name, applied_at: now() }).execute()
    }
  })
}
