import type { Page } from '../devices/device.ts'
import type { User } from './user.ts'

export interface UserInsert {
  readonly publicId: string
  readonly username: string
  readonly email: string
  readonly passwordHash: string
  readonly isSuperuser: boolean
}

/** What is written; absent members stay. An empty patch writes nothing. */
export type UserPatch = Partial<{
  username: string
  email: string
  passwordHash: string
  isActive: boolean
  isAdmin: boolean
  lastLogin: number
}>

/**
 * Users at rest. The public id is found by its SHA-256 and kept encrypted; that is the implementation's matter.
 * Names are decided by unique keys and inside the writing transaction, so concurrent calls can't both win.
 */
export interface UserRepository {
  /** @throws CoreError `username_taken` {emailTaken}, `email_taken` */
  insert(user: UserInsert): Promise<User>
  byId(id: number): Promise<User | null>
  byPublicId(publicId: string): Promise<User | null>
  /** By user name (with case), or by e-mail (without case) where the login holds an `@`. */
  byLogin(login: string): Promise<{ user: User; passwordHash: string } | null>
  list(page: Page): Promise<{ total: number; users: User[] }>
  count(): Promise<number>
  /**
   * Reads the user, lets `decide` choose (it may throw) and writes, in one transaction.
   * `updatedAt` moves unless the patch holds `lastLogin`: signing in is no change of the user.
   * @throws CoreError `user_not_found`, `username_taken`, `email_taken`
   */
  update(id: number, decide: (current: User, passwordHash: string) => UserPatch): Promise<User>
  /**
   * One transaction: the row and the labels go, devices of home iotflow and manager are marked for removal, the
   * others become ownerless. Answers the marked devices.
   * @throws CoreError `user_not_found`, `user_protected`
   */
  remove(id: number): Promise<number[]>
}
