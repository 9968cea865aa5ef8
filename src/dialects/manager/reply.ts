import type { User } from '../../core/access/user.ts'
import { isoTime } from '../../wire/instants.ts'

/** The manager's User: never the hex id, which is a credential on another wire (contract section 3.1). */
export function userObject(user: User) {
  return {
    id: user.id,
    email: user.email,
    username: user.username,
    is_active: user.isActive,
    is_superuser: user.isSuperuser,
    created_at: isoTime(user.createdAt),
    updated_at: isoTime(user.updatedAt),
  }
}

export interface ItemWords {
  readonly msg: string
  readonly input: unknown
  readonly ctx?: object
}

/** One item of a `detail` array (contract section 2.2). */
export function validationItem(type: string, loc: readonly (string | number)[], words: ItemWords) {
  return { type, loc, ...words }
}
