import type { Page } from '../devices/device.ts'

/** One row for every login door and every dialect. Times are epoch milliseconds. */
export interface User {
  readonly id: number
  /** 32 lower-case hex digits; iotflow's `user_id`. A password in all but name: never logged, shown to its owner and the operator only. */
  readonly publicId: string
  readonly username: string
  readonly email: string
  readonly isActive: boolean
  readonly isSuperuser: boolean
  readonly isAdmin: boolean
  readonly createdAt: number
  readonly updatedAt: number
  readonly lastLogin: number | null
}

export interface NewUser {
  readonly username: string
  readonly email: string
  readonly password: string
  readonly isSuperuser?: boolean
}

export type UserChanges = Partial<{
  username: string
  email: string
  password: string
  isActive: boolean
  isAdmin: boolean
}>

/** Limits of shared-model section 1: user name 1 to 80 characters, e-mail up to 120 with an address's shape, password 1 to 1024 bytes. */
export interface UserService {
  /**
   * @throws CoreError `invalid_input` {field, reason}, `username_taken` {emailTaken}, `email_taken`, `registration_closed`.
   * A user name equal (without case) to another user's e-mail counts as taken, and the reverse.
   */
  register(user: NewUser): Promise<User>
  /**
   * Checks a password and moves `lastLogin`. One counter of failures per (address, login) for all doors together; a success clears it.
   * @throws CoreError `login_failed`, `user_inactive` (only after a correct password), `login_throttled` {retryAfter}
   */
  login(credentials: { login: string; password: string; address: string }): Promise<User>
  byId(id: number): Promise<User | null>
  byPublicId(publicId: string): Promise<User | null>
  /** By ascending id. */
  list(page: Page): Promise<{ total: number; users: User[] }>
  /** @throws CoreError `user_not_found`, `invalid_input`, `username_taken`, `email_taken`. One's own current value is no conflict. */
  update(id: number, changes: UserChanges): Promise<User>
  /** @throws CoreError `user_not_found`, `user_protected` (deactivating an admin) */
  setActive(id: number, active: boolean): Promise<{ user: User; changed: boolean }>
  /**
   * Removes the user, his labels and his devices of home iotflow and manager; his other devices become ownerless.
   * @throws CoreError `user_not_found`, `user_protected`
   */
  remove(id: number): Promise<void>
  count(): Promise<number>
}

/** Signs and reads users' bearer tokens: JWT, HS256. */
export interface UserTokens {
  /** `sub` is the dialect's choice of text; `uid`, `iat` and `jti` are always there and `uid` decides. */
  issue(user: User, subject: string): Promise<{ token: string; expiresIn: number }>
  /** The integer user id, or null when the token is malformed, expired, or signed by something else. */
  verify(token: string): Promise<number | null>
}

/** Compares a presented operator's token in constant time. */
export interface OperatorTokens {
  /** True for `ADMIN_TOKEN`, and for the dialect's own alias where one is set to something else. */
  matches(token: string, dialect: 'iotflow' | 'nbiot' | 'any'): boolean
}
