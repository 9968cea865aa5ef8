import type { RegistryContext } from './context.ts'

const NAME = 'master_key_check'

/** The registry's secrets were encrypted under another key. */
export class WrongMasterKeyError extends Error {
  override readonly name = 'WrongMasterKeyError'

  constructor() {
    super('the master key does not belong to this registry: restore the key file that was made with it')
  }
}

/** Says at the start what would otherwise fail at the first secret. @throws WrongMasterKeyError */
export async function verifyMasterKey({ db, secrets }: RegistryContext): Promise<void> {
  const fresh = secrets.seal(NAME, NAME).toString('base64')
  await db
    .insertInto('settings')
    .values({ name: NAME, value: fresh })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
  const { value } = await db
    .selectFrom('settings')
    .select('value')
    .where('name', '=', NAME)
    .executeTakeFirstOrThrow()
  try {
    secrets.open(Buffer.from(value, 'base64'), NAME)
  } catch {
    throw new WrongMasterKeyError()
  }
}
