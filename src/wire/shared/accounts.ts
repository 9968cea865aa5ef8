import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { User, UserService } from '../../core/access/user.ts'
import { type CoreError, isCoreError } from '../../core/errors.ts'
import Type from 'typebox'
import type { SharedParts } from '../dialect.ts'
import { BrokenJson, isObject, parseJson } from '../json-body.ts'
import { Refusal } from '../refusal.ts'
import type { AccountFault, MemberProblem } from './account-fault.ts'

const MEMBERS = ['username', 'email', 'password'] as const

const STATUS: Readonly<Record<AccountFault['kind'], number>> = {
  broken_json: 400,
  no_data: 400,
  missing: 400,
  invalid: 400,
  username_taken: 409,
  email_taken: 409,
  closed: 403,
}

/** `POST /api/v1/auth/register`: one user, told to every dialect in its own members. */
export function mountRegister(
  scope: FastifyInstance,
  parts: readonly SharedParts[],
  users: Pick<UserService, 'register'>,
): void {
  const voices = parts.flatMap(({ register }) => (register === undefined ? [] : [register]))
  const refuse = (fault: AccountFault) =>
    new Refusal(
      STATUS[fault.kind],
      Object.assign({}, ...voices.map((voice) => voice.refused(fault))) as object,
    )
  const register = async (request: FastifyRequest, reply: FastifyReply) => {
    const outcome = await registerFrom(request.body, users)
    if ('kind' in outcome) throw refuse(outcome)
    return reply
      .code(201)
      .send(Object.assign({}, ...voices.map((voice) => voice.registered(outcome))) as object)
  }
  const answer = Type.Intersect(voices.map(({ answer: shape }) => shape))
  const schema = { ...REGISTER_DOCS, response: { 201: answer } }
  scope.post('/api/v1/auth/register', { schema }, register)
}

const REGISTER_DOCS = {
  tags: ['auth'],
  summary: 'Register a user',
  body: Type.Object({
    username: Type.String({ minLength: 1, maxLength: 80 }),
    email: Type.String({ format: 'email', maxLength: 120 }),
    password: Type.String({ minLength: 1, maxLength: 1024 }),
  }),
}

async function registerFrom(
  body: unknown,
  users: Pick<UserService, 'register'>,
): Promise<User | AccountFault> {
  let input: unknown
  try {
    input = parseJson(body)
  } catch (error) {
    if (!(error instanceof BrokenJson)) throw error
    return { kind: 'broken_json', reason: error.message, offset: error.offset }
  }
  const given = isObject(input) ? input : {}
  const problems = MEMBERS.flatMap((member) => problemOf(member, given[member]))
  if (problems.length > 0) return { kind: worst(given, problems), problems, input }
  const [username, email, password] = MEMBERS.map((member) => String(given[member])) as [
    string,
    string,
    string,
  ]
  try {
    return await users.register({ username, email, password })
  } catch (error) {
    return faultOf(error, { username, email, input })
  }
}

function problemOf(member: string, value: unknown): MemberProblem[] {
  if (value === undefined || value === null) return [{ member, kind: 'absent', input: value }]
  if (typeof value !== 'string') return [{ member, kind: 'not_text', input: value }]
  return value === '' ? [{ member, kind: 'empty', input: value }] : []
}

function worst(given: object, problems: readonly MemberProblem[]): 'no_data' | 'missing' | 'invalid' {
  if (Object.keys(given).length === 0) return 'no_data'
  return problems.some(({ kind }) => kind === 'absent' || kind === 'empty') ? 'missing' : 'invalid'
}

function faultOf(error: unknown, given: { username: string; email: string; input: unknown }): AccountFault {
  const { username, email, input } = given
  if (isCoreError(error, 'username_taken')) {
    return { kind: 'username_taken', username, email, emailTaken: error.details['emailTaken'] === true }
  }
  if (isCoreError(error, 'email_taken')) return { kind: 'email_taken', username, email }
  if (isCoreError(error, 'registration_closed')) return { kind: 'closed' }
  if (isCoreError(error, 'invalid_input')) return invalid(error, input)
  throw error
}

function invalid({ details }: CoreError, input: unknown): AccountFault {
  const member = String(details['field'])
  const value = (input as Record<string, unknown>)[member]
  return {
    kind: 'invalid',
    problems: [{ member, kind: 'refused', input: value, reason: String(details['reason']) }],
    input,
  }
}

/** `POST /api/v1/auth/login`: which door opens is decided by the content type alone. */
export function mountLogin(scope: FastifyInstance, parts: readonly SharedParts[]): void {
  const doors = parts.flatMap(({ login }) => (login === undefined ? [] : [login]))
  const body = doors.find((door) => door.body !== undefined)?.body
  const schema = {
    tags: ['auth'],
    summary: 'Log in: JSON, or a form for OAuth2 password clients',
    ...(body === undefined ? {} : { body }),
    response: { 200: Type.Union(doors.map(({ answer }) => answer)) },
  }
  scope.post('/api/v1/auth/login', { schema }, (request, reply) => {
    const [type = ''] = (request.headers['content-type'] ?? '').toLowerCase().split(';')
    const mediaType = type.trim()
    const door =
      doors.find(({ mediaTypes }) => mediaTypes !== 'otherwise' && mediaTypes.includes(mediaType)) ??
      doors.find(({ mediaTypes }) => mediaTypes === 'otherwise')
    if (door === undefined) throw new Refusal(415, { error: 'Invalid content type' })
    return door.open(request, reply)
  })
}
