import type { CoreError, ErrorCode, ErrorDetails } from '../../core/errors.ts'
import { isoTime } from '../../wire/instants.ts'
import { Refusal } from '../../wire/refusal.ts'

/** How one route words a core error where it differs from the rest. */
export type FaultWords = Partial<Record<ErrorCode, (details: ErrorDetails) => Refusal>>

/** `{"error", "message"}`, or `error` alone, as the contract has it route by route. */
export function refusal(status: number, error: string, message?: string): Refusal {
  return new Refusal(status, message === undefined ? { error } : { error, message })
}

export const invalidJson = () => refusal(400, 'Invalid JSON', 'Request body must contain valid JSON')
export const validationError = (message: string) => refusal(400, 'Validation Error', message)
export const noUser = (id: string) => refusal(404, 'User not found', `No user found with ID: ${id}`)
export const noDevice = (id: number | string) =>
  refusal(404, 'Device not found', `No device found with ID: ${id}`)
export const badStatus = () =>
  refusal(400, 'Invalid status', 'Status must be active, inactive, or maintenance')

/** Contract section 1; the path is shown as asked, so only paths without secrets are given to it. */
export function tooManyRequests(path: string, retryAfter: number): Refusal {
  const body = {
    error: 'Rate Limit Exceeded',
    message: 'Too many requests',
    timestamp: isoTime(Date.now()),
    path,
  }
  return new Refusal(429, body, { 'retry-after': String(Math.max(1, Math.ceil(retryAfter))) })
}

const busy = (message: string) =>
  new Refusal(503, { error: 'Service Unavailable', message }, { 'retry-after': '1' })

/** Every core error in iotflow's words. Routes with words of their own pass them as `FaultWords`. */
const WORDS: Readonly<Record<ErrorCode, (details: ErrorDetails) => Refusal>> = {
  invalid_input: ({ field, reason }) => validationError(`${String(field)}: ${String(reason)}`),
  too_large: ({ what, limit }) =>
    validationError(`Too many ${String(what)}: at most ${String(limit)} are taken`),
  unauthenticated: () => refusal(401, 'Authentication failed', 'Invalid user_id or user is not active'),
  forbidden: () => refusal(403, 'Forbidden', 'You can not access this resource'),
  login_failed: () => refusal(401, 'Authentication failed', 'Invalid username or password'),
  login_throttled: ({ retryAfter }) => tooManyRequests('/api/v1/auth/login', Number(retryAfter)),
  user_inactive: () => refusal(401, 'Account inactive', 'This account has been deactivated'),
  user_protected: () => refusal(403, 'Cannot deactivate admin', 'Admin users cannot be deactivated'),
  user_not_found: () => refusal(404, 'User not found', 'User not found'),
  username_taken: () => refusal(409, 'Username already exists', 'Username is already in use'),
  email_taken: () => refusal(409, 'Email already exists', 'Email is already in use'),
  registration_closed: () => refusal(403, 'Registration closed', 'New users are added by the operator'),
  device_not_found: () => refusal(404, 'Device not found', 'Device not found'),
  device_name_taken: () =>
    refusal(409, 'Device name already exists', 'Please choose a different device name'),
  identity_taken: () => refusal(409, 'Identity already exists', 'Another device has this identity'),
  device_maintenance: () => refusal(403, 'Device in maintenance', 'Device is currently in maintenance mode'),
  label_not_found: () => refusal(404, 'Group not found'),
  label_name_taken: () => refusal(409, 'Group with this name already exists'),
  already_member: () => refusal(409, 'Device already in group'),
  not_member: () => refusal(404, 'Device not in group'),
  overloaded: () => busy('The server is busy, try again'),
  storage_unavailable: () => busy('Storage is unavailable, nothing was stored'),
}

/** A core error in this wire's words. */
export function worded(error: CoreError, own: FaultWords = {}): Refusal {
  return (own[error.code] ?? WORDS[error.code])(error.details)
}
