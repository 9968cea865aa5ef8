import type { FastifyReply, FastifyRequest } from 'fastify'
import type { User } from '../../core/access/user.ts'
import { isCoreError } from '../../core/errors.ts'
import { isObject } from '../../wire/json-body.ts'
import { BrokenForm, parseForm } from '../../wire/form-body.ts'
import { Refusal } from '../../wire/refusal.ts'
import type { AccountFault, MemberProblem } from '../../wire/shared/account-fault.ts'
import type { ManagerServices } from './index.ts'
import { userObject, validationItem } from './reply.ts'
import { LoginAnswer, UserObject } from './schema.ts'

const TAKEN_NAME = 'A user with this username already exists'
const TAKEN_EMAIL = 'A user with this email already exists'

/** The manager's members of a registration's answers (contract sections 2.2 and 3.1). */
export const registerPart = {
  answer: UserObject,
  registered: (user: User) => userObject(user),
  refused(fault: AccountFault): object {
    switch (fault.kind) {
      case 'broken_json':
        return {
          detail: [
            validationItem('json_invalid', ['body', fault.offset], {
              msg: 'JSON decode error',
              input: {},
              ctx: { error: fault.reason },
            }),
          ],
        }
      case 'no_data':
        return { detail: itemsForNothing(fault) }
      case 'missing':
      case 'invalid':
        return { detail: fault.problems.map((problem) => itemFor(problem, fault.input)) }
      case 'username_taken':
        return { detail: fault.emailTaken ? TAKEN_EMAIL : TAKEN_NAME }
      case 'email_taken':
        return { detail: TAKEN_EMAIL }
      case 'closed':
        return { detail: 'Registration is closed' }
    }
  },
}

/** No members at all: because there is no body, because it is no object, or because it is an empty one. */
function itemsForNothing({ input, problems }: AccountFault & { kind: 'no_data' }): object[] {
  if (input === undefined)
    return [validationItem('missing', ['body'], { msg: 'Field required', input: null })]
  if (isObject(input)) return problems.map((problem) => itemFor(problem, input))
  const msg = 'Input should be a valid dictionary or object to extract fields from'
  return [validationItem('model_attributes_type', ['body'], { msg, input })]
}

function itemFor({ member, kind, input, reason = '' }: MemberProblem, body: unknown): object {
  const at = ['body', member]
  switch (kind) {
    case 'absent':
      return input === null
        ? validationItem('string_type', at, { msg: 'Input should be a valid string', input })
        : validationItem('missing', at, { msg: 'Field required', input: body ?? {} })
    case 'empty':
      return validationItem('string_too_short', at, {
        msg: 'String should have at least 1 character',
        input,
        ctx: { min_length: 1 },
      })
    case 'not_text':
      return validationItem('string_type', at, { msg: 'Input should be a valid string', input })
    case 'refused': {
      const email = member === 'email'
      const msg = email ? `value is not a valid email address: ${reason}` : `Value error, ${reason}`
      return validationItem('value_error', at, { msg, input, ctx: email ? { reason } : { error: {} } })
    }
  }
}

/** The form door of the login: OAuth2 password clients (contract section 3.2). */
export function loginDoor({ users, tokens }: ManagerServices) {
  return {
    answer: LoginAnswer,
    mediaTypes: ['application/x-www-form-urlencoded', 'multipart/form-data'],
    async open(request: FastifyRequest, reply: FastifyReply): Promise<object> {
      const { username, password } = credentialsIn(formOf(request))
      try {
        const user = await users.login({ login: username, password, address: request.ip })
        const { token } = await tokens.issue(user, String(user.id))
        reply.header('cache-control', 'no-store')
        return {
          access_token: token,
          token_type: 'bearer',
          mfa_required: false,
          user: userObject(user),
        }
      } catch (error) {
        throw refusalOf(error)
      }
    },
  }
}

function formOf(request: FastifyRequest): Map<string, string> {
  try {
    return parseForm(request.headers['content-type'] ?? '', request.body)
  } catch (error) {
    if (!(error instanceof BrokenForm)) throw error
    throw new Refusal(400, { detail: 'There was an error parsing the body' })
  }
}

/** An empty field of a form counts as a missing one. */
function credentialsIn(form: ReadonlyMap<string, string>): { username: string; password: string } {
  const [username = '', password = '', grant = ''] = ['username', 'password', 'grant_type'].map((name) =>
    form.get(name),
  )
  const items: object[] = []
  if (grant !== '' && grant !== 'password') {
    items.push(
      validationItem('string_pattern_mismatch', ['body', 'grant_type'], {
        msg: "String should match pattern '^password$'",
        input: grant,
        ctx: { pattern: '^password$' },
      }),
    )
  }
  for (const [name, value] of Object.entries({ username, password })) {
    if (value !== '') continue
    items.push(validationItem('missing', ['body', name], { msg: 'Field required', input: null }))
  }
  if (items.length > 0) throw new Refusal(422, { detail: items })
  return { username, password }
}

function refusalOf(error: unknown): unknown {
  if (isCoreError(error, 'login_failed')) {
    return new Refusal(401, { detail: 'Incorrect email/username or password' })
  }
  if (isCoreError(error, 'user_inactive')) return new Refusal(401, { detail: 'Inactive user' })
  if (isCoreError(error, 'login_throttled')) {
    const retryAfter = String(error.details['retryAfter'])
    return new Refusal(429, { detail: 'Too many failed logins' }, { 'retry-after': retryAfter })
  }
  return error
}
