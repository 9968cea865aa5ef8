import { CoreError } from '../errors.ts'
import { createLogin } from './login.ts'
import { type LoginThrottle, createLoginThrottle } from './login-throttle.ts'
import { type Passwords, createPasswords } from './password.ts'
import { looksLikePublicId, randomPublicId } from './secrets.ts'
import type { NewUser, User, UserChanges, UserService } from './user.ts'
import { checkUserInput } from './user-input.ts'
import type { UserPatch, UserRepository } from './user-repository.ts'

export interface UserServiceOptions {
  readonly users: UserRepository
  /** Takes the devices that go with a user through the rest of their removal. */
  readonly finishRemovals: (devices: readonly number[]) => Promise<void>
  /** `closed`: users are made on the command line only. */
  readonly registration: 'open' | 'closed'
  readonly passwords?: Passwords
  readonly throttle?: LoginThrottle
  /** Epoch milliseconds; for tests. */
  readonly now?: () => number
}

export function createUserService(options: UserServiceOptions): UserService {
  const { users, finishRemovals, registration, now = Date.now } = options
  const { passwords = createPasswords(), throttle = createLoginThrottle({ now }) } = options

  return {
    async register(user) {
      if (registration === 'closed') throw new CoreError('registration_closed')
      return createUser({ users, passwords }, { ...user, isSuperuser: user.isSuperuser ?? false })
    },
    login: createLogin({ users, passwords, throttle, now }),
    byId: (id) => users.byId(id),
    byPublicId: async (publicId) => (looksLikePublicId(publicId) ? users.byPublicId(publicId) : null),
    list: (page) => users.list(page),
    async update(id, changes) {
      checkUserInput(changes)
      const { password, ...rest } = changes
      const patch = {
        ...rest,
        ...(password !== undefined && { passwordHash: await passwords.hash(password) }),
      }
      return users.update(id, (current) => refuseProtected(current, patch))
    },
    async setActive(id, active) {
      let changed = false
      const user = await users.update(id, (current) => {
        changed = current.isActive !== active
        return changed ? refuseProtected(current, { isActive: active }) : {}
      })
      return { user, changed }
    },
    async remove(id) {
      await finishRemovals(await users.remove(id))
    },
    count: () => users.count(),
  }
}

/** Makes a user whatever the registration setting says. @throws CoreError as `UserService.register` */
export async function createUser(
  { users, passwords }: { users: UserRepository; passwords: Passwords },
  { username, email, password, isSuperuser = false }: NewUser,
): Promise<User> {
  checkUserInput({ username, email, password })
  const passwordHash = await passwords.hash(password)
  return users.insert({ publicId: randomPublicId(), username, email, passwordHash, isSuperuser })
}

/** Shared model, section 1: a user who carries the protection mark can't be deactivated, unless the mark is taken in the same change. */
function refuseProtected(current: User, patch: UserPatch & Pick<UserChanges, 'isAdmin'>): UserPatch {
  const isProtected = current.isSuperuser || (patch.isAdmin ?? current.isAdmin)
  if (patch.isActive === false && isProtected) throw new CoreError('user_protected')
  return patch
}
