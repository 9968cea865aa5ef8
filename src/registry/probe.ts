import { type RegistryContext, guard } from './context.ts'

const NAME = 'probe'
/** The probe's route is public: more askers than one a second share an answer. Milliseconds. */
const FRESH = 1000

/** Answers a function that writes a row and reads it back, and throws where that fails. */
export function createProbe({ db, engine, now }: RegistryContext): () => Promise<void> {
  let running: Promise<void> | null = null
  let ended = Number.POSITIVE_INFINITY

  async function probe(): Promise<void> {
    const value = String(now())
    await db
      .insertInto('settings')
      .values({ name: NAME, value })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
      .execute()
    await db.selectFrom('settings').select('value').where('name', '=', NAME).executeTakeFirstOrThrow()
  }

  return () => {
    if (running === null || performance.now() - ended > FRESH) {
      // A probe that hangs stays the only one.
      ended = Number.POSITIVE_INFINITY
      running = guard(engine, probe).finally(() => (ended = performance.now()))
    }
    return running
  }
}
