import type { Selectable, Transaction, Updateable } from 'kysely'
import { sha256 } from '../core/access/secrets.ts'
import type { User } from '../core/access/user.ts'
import type { UserInsert, UserPatch, UserRepository } from '../core/access/user-repository.ts'
import { CoreError } from '../core/errors.ts'
import { type Meanings, type RegistryContext, guard, isId, isStorable, only } from './context.ts'
import type { Schema, UsersTable } from './schema.ts'
import { removeUser } from './user-removal.ts'

type Row = Selectable<UsersTable>
type Names = Partial<Pick<User, 'username' | 'email'>>

const TAKEN: Meanings = { users_username: 'username_taken', users_email: 'email_taken' }

export function userRepository(context: RegistryContext): UserRepository {
  const { db, engine, changes } = context
  const toUser = (row: Row) => userFrom(context, row)
  const users = () => db.selectFrom('users').selectAll()
  const count = async () => {
    const { total } = await db
      .selectFrom('users')
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow()
    return total
  }

  return {
    async insert(user) {
      const row = await guard(engine, () => insertUser(context, user), TAKEN)
      changes.publish({ kind: 'user-created', user: row.id })
      return toUser(row)
    },

    async byId(id) {
      if (!isId(id)) return null
      const row = await guard(engine, () => users().where('id', '=', id).executeTakeFirst())
      return row === undefined ? null : toUser(row)
    },

    async byPublicId(publicId) {
      const hash = sha256(publicId)
      const row = await guard(engine, () => users().where('public_id_hash', '=', hash).executeTakeFirst())
      return row === undefined ? null : toUser(row)
    },

    async byLogin(login) {
      if (!isStorable(login)) return null
      const found = users().where((eb) => {
        const byName = eb('username', '=', login)
        return login.includes('@') ? eb.or([byName, eb('email_key', '=', keyOf(login))]) : byName
      })
      const row = await guard(engine, () => found.executeTakeFirst())
      return row === undefined ? null : { user: toUser(row), passwordHash: row.password_hash }
    },

    list: ({ limit, offset }) =>
      guard(engine, async () => {
        const rows = await users().orderBy('id').limit(limit).offset(offset).execute()
        return { total: await count(), users: rows.map(toUser) }
      }),

    count: () => guard(engine, count),

    async update(id, decide) {
      if (!isId(id)) throw new CoreError('user_not_found')
      const { row, written } = await guard(engine, () => updateUser(context, id, decide), TAKEN)
      if (written) changes.publish({ kind: 'user-changed', user: id })
      return toUser(row)
    },

    async remove(id) {
      if (!isId(id)) throw new CoreError('user_not_found')
      const { marked, ownerless } = await guard(engine, () => removeUser(context, id))
      changes.publish({ kind: 'user-removed', user: id })
      for (const device of marked) changes.publish({ kind: 'device-removed', device })
      for (const entry of ownerless) changes.publish({ kind: 'device-changed', ...entry })
      return marked
    },
  }
}

/** Names are compared without case where an e-mail is concerned. Done here: SQLite's `lower` knows ASCII only. */
const keyOf = (name: string) => name.toLowerCase()

const sealContext = (hash: Uint8Array) => `users.public_id:${Buffer.from(hash).toString('hex')}`

function userFrom({ secrets }: RegistryContext, row: Row): User {
  return {
    id: row.id,
    publicId: secrets.open(row.public_id_sealed, sealContext(row.public_id_hash)),
    username: row.username,
    email: row.email,
    isActive: row.is_active === 1,
    isSuperuser: row.is_superuser === 1,
    // Shared model, section 1: the mark is shown as true for superusers too.
    isAdmin: row.is_admin === 1 || row.is_superuser === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    lastLogin: row.last_login,
  }
}

function insertUser(context: RegistryContext, user: UserInsert): Promise<Row> {
  const hash = sha256(user.publicId)
  const time = context.now()
  return context.db.transaction().execute(async (transaction) => {
    await context.engine.serialize(transaction, 'user-names')
    await refuseTaken(transaction, user, 0)
    const rows = await transaction
      .insertInto('users')
      .values({
        public_id_hash: hash,
        public_id_sealed: context.secrets.seal(user.publicId, sealContext(hash)),
        username: user.username,
        username_key: keyOf(user.username),
        email: user.email,
        email_key: keyOf(user.email),
        password_hash: user.passwordHash,
        is_active: 1,
        is_superuser: Number(user.isSuperuser),
        is_admin: 0,
        created_at: time,
        updated_at: time,
        last_login: null,
      })
      .returningAll()
      .execute()
    return only(rows)
  })
}

function updateUser(context: RegistryContext, id: number, decide: Parameters<UserRepository['update']>[1]) {
  return context.db.transaction().execute(async (transaction) => {
    await context.engine.serialize(transaction, 'user-names')
    const query = transaction.selectFrom('users').selectAll().where('id', '=', id)
    const row = await context.engine.locked(query).executeTakeFirst()
    if (row === undefined) throw new CoreError('user_not_found')
    const patch = decide(userFrom(context, row), row.password_hash)
    if (Object.keys(patch).length === 0) return { row, written: false }
    await refuseTaken(transaction, patch, id)
    const update = transaction.updateTable('users').set(columnsOf(patch, context.now())).where('id', '=', id)
    return { row: await update.returningAll().executeTakeFirstOrThrow(), written: true }
  })
}

function columnsOf(patch: UserPatch, now: number): Updateable<UsersTable> {
  const { username, email, passwordHash, isActive, isAdmin, lastLogin } = patch
  return {
    ...(username !== undefined && { username, username_key: keyOf(username) }),
    ...(email !== undefined && { email, email_key: keyOf(email) }),
    ...(passwordHash !== undefined && { password_hash: passwordHash }),
    ...(isActive !== undefined && { is_active: Number(isActive) }),
    ...(isAdmin !== undefined && { is_admin: Number(isAdmin) }),
    ...(lastLogin === undefined ? { updated_at: now } : { last_login: lastLogin }),
  }
}

/**
 * Shared model, section 1: a user name equal, without case, to another user's e-mail is taken, and the reverse.
 * No unique key can say that, so writers of names take turns (`serialize`).
 */
async function refuseTaken(transaction: Transaction<Schema>, names: Names, self: number): Promise<void> {
  const { username, email } = names
  const others = () => transaction.selectFrom('users').select('id').where('id', '<>', self).limit(1)
  const usernameTaken =
    username !== undefined &&
    (await others()
      .where((eb) => eb.or([eb('username', '=', username), eb('email_key', '=', keyOf(username))]))
      .executeTakeFirst()) !== undefined
  const emailTaken =
    email !== undefined &&
    (await others()
      .where((eb) => eb.or([eb('email_key', '=', keyOf(email)), eb('username_key', '=', keyOf(email))]))
      .executeTakeFirst()) !== undefined
  if (usernameTaken) throw new CoreError('username_taken', { emailTaken })
  if (emailTaken) throw new CoreError('email_taken')
}
