import { CoreError, isCoreError } from '../errors.ts'
import { type Passwords, createPasswords } from './password.ts'
import type { NewUser, User } from './user.ts'
import type { UserRepository } from './user-repository.ts'
import { createUser } from './user-service.ts'

/** What making users outside the registration door needs. */
export interface HouseUsersOptions {
  readonly users: UserRepository
  readonly passwords?: Passwords
}

/**
 * Makes the demo user at start, an ordinary user with the e-mail `NAME@demo.invalid`. Null where somebody has the
 * name (or that e-mail) already: that user is left alone (shared model, section 1).
 * @throws CoreError `invalid_input`
 */
export async function ensureDemoUser(
  options: HouseUsersOptions,
  { username, password }: Pick<NewUser, 'username' | 'password'>,
): Promise<User | null> {
  const present = await options.users.byLogin(username)
  if (present !== null) return null
  return createUnlessTaken(options, { username, password, email: `${username}@demo.invalid` })
}

/**
 * Makes a superuser for the command line. Where the e-mail exists nothing is changed, `created` is false and `user`
 * is who has it.
 * @throws CoreError `invalid_input`, `username_taken`
 */
export async function createSuperuser(
  options: HouseUsersOptions,
  { email, username, password }: Pick<NewUser, 'email' | 'username' | 'password'>,
): Promise<{ created: boolean; user: User }> {
  const created = await createUnlessTaken(options, { email, username, password, isSuperuser: true })
  const user = created ?? (await options.users.byLogin(email))?.user
  if (user === undefined) throw new CoreError('username_taken', { emailTaken: false })
  return { created: created !== null, user }
}

async function createUnlessTaken(options: HouseUsersOptions, user: NewUser): Promise<User | null> {
  const { users, passwords = createPasswords() } = options
  try {
    return await createUser({ users, passwords }, user)
  } catch (error) {
    if (isCoreError(error, 'username_taken') || isCoreError(error, 'email_taken')) return null
    throw error
  }
}
