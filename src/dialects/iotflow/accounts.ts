import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { User } from '../../core/access/user.ts'
import { CoreError } from '../../core/errors.ts'
import type { AccountFault, MemberProblem } from '../../wire/shared/account-fault.ts'
import { anybody } from './auth.ts'
import { refusal, worded } from './refusals.ts'
import { userObject } from './reply.ts'
import { mount, objectBody } from './route.ts'
import { LoginAnswer, LoginBody, LogoutAnswer, Registered } from './schema.ts'
import type { Iotflow } from './services.ts'

/** iotflow's members of a registration's answers (contract section 4). */
export const registerPart = {
  answer: Registered,
  registered: (user: User) => ({
    status: 'success',
    message: 'User registered successfully',
    user: userObject(user),
  }),
  refused(fault: AccountFault): object {
    switch (fault.kind) {
      case 'broken_json':
        return { error: 'Invalid JSON', message: 'Request body must contain valid JSON' }
      case 'no_data':
        return { error: 'No data provided' }
      case 'missing':
        return { error: 'Missing required fields', message: 'username, email, and password are required' }
      case 'invalid':
        return { error: 'Validation Error', message: fault.problems.map(inWords).join('; ') }
      case 'username_taken':
        return {
          error: 'Username already exists',
          message: `User with username '${fault.username}' already exists`,
        }
      case 'email_taken':
        return { error: 'Email already exists', message: `User with email '${fault.email}' already exists` }
      case 'closed':
        return { error: 'Registration closed', message: 'New users are added by the operator' }
    }
  },
}

const inWords = ({ member, kind, reason }: MemberProblem): string =>
  kind === 'refused' ? `${member}: ${reason ?? 'not valid'}` : `${member} must be a string`

/** The JSON door of the login: any content type that no form door takes. */
export function loginDoor({ services }: Iotflow) {
  return {
    mediaTypes: 'otherwise' as const,
    body: LoginBody,
    answer: LoginAnswer,
    async open(request: FastifyRequest): Promise<object> {
      const { username, password } = objectBody(request, () => refusal(400, 'No data provided'))
      if (
        typeof username !== 'string' ||
        typeof password !== 'string' ||
        username === '' ||
        password === ''
      ) {
        throw refusal(400, 'Missing credentials', 'username and password are required')
      }
      try {
        const user = await services.users.login({ login: username, password, address: request.ip })
        const { token, expiresIn } = await services.tokens.issue(user, String(user.id))
        return {
          status: 'success',
          message: 'Login successful',
          user: userObject(user),
          access_token: token,
          token_type: 'bearer',
          expires_in: expiresIn,
        }
      } catch (error) {
        throw error instanceof CoreError ? worded(error) : error
      }
    },
  }
}

/** Matrix row 25: nothing to forget, since the id is the credential. */
export function mountLogout(scope: FastifyInstance): void {
  mount(scope, {
    method: 'POST',
    path: '/api/v1/auth/logout',
    access: anybody,
    about: { tag: 'auth', summary: 'Log out', answers: { 200: LogoutAnswer } },
    answer: () => ({ status: 'success', message: 'Logout successful' }),
  })
}
