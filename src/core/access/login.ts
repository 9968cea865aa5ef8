import { CoreError, isCoreError } from '../errors.ts'
import type { LoginThrottle } from './login-throttle.ts'
import type { Passwords } from './password.ts'
import type { User } from './user.ts'
import { isPossiblePassword } from './user-input.ts'
import type { UserPatch, UserRepository } from './user-repository.ts'

export interface LoginOptions {
  readonly users: UserRepository
  readonly passwords: Passwords
  readonly throttle: LoginThrottle
  readonly now: () => number
}

export interface LoginAttempt {
  readonly login: string
  readonly password: string
  readonly address: string
}

/** The one login door behind all dialects' doors; `UserService.login` says what it answers. */
export function createLogin({ users, passwords, throttle, now }: LoginOptions) {
  return async function login(attempt: LoginAttempt): Promise<User> {
    const found = await users.byLogin(attempt.login)
    // A user's name and e-mail share a counter, and so do all spellings of a name nobody has.
    const who = found === null ? `name ${attempt.login.toLowerCase()}` : `user ${found.user.id}`
    const key = `${attempt.address} ${who}`
    throttle.check(key)
    const password = isPossiblePassword(attempt.password) ? attempt.password : null
    // Checked again when it is this attempt's turn: many may have been waiting together.
    const admit = () => throttle.begin(key)
    const verdict = await passwords.verify(found?.passwordHash ?? null, password ?? '-', admit)
    if (found === null || password === null || !verdict.matches) throw new CoreError('login_failed')
    throttle.succeeded(key)
    const renewed = verdict.outdated ? await passwords.hash(password) : found.passwordHash
    const user = await signIn(found.user.id, found.passwordHash, renewed)
    return user ?? login(attempt)
  }

  /** Null when the hash that was checked is no longer the user's: another login renewed it, or he changed it. */
  async function signIn(id: number, checked: string, renewed: string): Promise<User | null> {
    let current = true
    const decide = (user: User, stored: string): UserPatch => {
      current = stored === checked
      if (!current) return {}
      if (!user.isActive) throw new CoreError('user_inactive')
      return { lastLogin: now(), ...(renewed !== checked && { passwordHash: renewed }) }
    }
    try {
      const user = await users.update(id, decide)
      return current ? user : null
    } catch (error) {
      throw isCoreError(error, 'user_not_found') ? new CoreError('login_failed') : error
    }
  }
}
