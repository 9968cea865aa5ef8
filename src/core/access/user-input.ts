import { CoreError } from '../errors.ts'
import { checkText } from '../text.ts'

const USERNAME_MAX = 80
const EMAIL_MAX = 120
/** Bytes in UTF-8; argon2 takes more, a login door shouldn't. */
const PASSWORD_MAX = 1024

/** local@domain, the domain with a dot; no blanks, control characters or second `@`, no empty part. */
const EMAIL = /^[^\s@\p{Cc}]+@[^\s@.\p{Cc}]+(\.[^\s@.\p{Cc}]+)+$/u

/** Shared model, section 1. @throws CoreError `invalid_input` {field, reason} */
export function checkUserInput(input: Partial<Record<'username' | 'email' | 'password', string>>): void {
  const { username, email, password } = input
  if (username !== undefined) checkText('username', username, { min: 1, max: USERNAME_MAX })
  if (email !== undefined) {
    checkText('email', email, { min: 1, max: EMAIL_MAX })
    if (!EMAIL.test(email))
      throw new CoreError('invalid_input', { field: 'email', reason: 'must be an e-mail address' })
  }
  if (password !== undefined) checkPassword(password)
}

function checkPassword(password: string): void {
  const reason = isPossiblePassword(password) ? null : `must have 1 to ${PASSWORD_MAX} bytes`
  if (reason !== null) throw new CoreError('invalid_input', { field: 'password', reason })
}

/** False for what no user can have as a password: checked before any hashing. */
export const isPossiblePassword = (password: string): boolean =>
  password !== '' && password.length <= PASSWORD_MAX && Buffer.byteLength(password) <= PASSWORD_MAX
