/**
 * The closed list of what can go wrong in the core. A dialect chooses the status and the words of each;
 * a test walks this list and demands that every dialect answers every code.
 */
export const ERROR_CODES = [
  'invalid_input', // details.field, details.reason
  'too_large', // details.limit, details.what: more than a limit of one message allows
  'unauthenticated', // no credential, or an unknown one
  'forbidden', // a good credential for something else
  'login_failed', // unknown name or wrong password, indistinguishable
  'login_throttled', // details.retryAfter, seconds
  'user_inactive',
  'user_protected', // an admin user can't be deactivated or deleted
  'user_not_found',
  'username_taken', // details.emailTaken: true when the e-mail is taken as well
  'email_taken',
  'registration_closed',
  'device_not_found',
  'device_name_taken',
  'identity_taken',
  'device_maintenance',
  'label_not_found',
  'label_name_taken',
  'already_member',
  'not_member',
  'overloaded', // a bounded queue is full: try again later
  'storage_unavailable', // the disk refuses: nothing was stored
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>

/** An error a caller can answer. Anything else that is thrown is a defect and becomes a 500. */
export class CoreError extends Error {
  override readonly name = 'CoreError'
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(code, options)
    this.code = code
    this.details = details
  }
}

export function isCoreError(error: unknown, code?: ErrorCode): error is CoreError {
  return error instanceof CoreError && (code === undefined || error.code === code)
}
