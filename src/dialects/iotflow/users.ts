import type { FastifyInstance } from 'fastify'
import type { User, UserService } from '../../core/access/user.ts'
import { CoreError } from '../../core/errors.ts'
import { queryPage } from '../../wire/query.ts'
import type { Access, Account, Auth } from './auth.ts'
import { type FaultWords, noUser, refusal, worded } from './refusals.ts'
import { userObject } from './reply.ts'
import { bodyReader, given, mount } from './route.ts'
import { UserAnswer, UserList, UserMessage, UserUpdate, UserUpdated } from './schema.ts'
import type { Iotflow } from './services.ts'

const readUpdate = bodyReader(UserUpdate, () => refusal(400, 'No data provided'))
type Update = ReturnType<typeof readUpdate>

const cannotDeactivate = () => refusal(403, 'Cannot deactivate admin', 'Admin users cannot be deactivated')

/** Matrix rows 17 to 22: accounts, for their owner and the operator. */
export function mountUsers(scope: FastifyInstance, { services }: Iotflow, auth: Auth): void {
  const { users } = services
  mount(scope, {
    method: 'GET',
    path: '/api/v1/users/:user_id',
    access: auth.account({
      missing: { error: 'Authentication required', message: 'X-User-ID header is required' },
      foreign: { error: 'Forbidden', message: 'You can only view your own profile' },
      gone: () => refusal(404, 'User not found', 'User not found'),
    }),
    about: { tag: 'users', summary: 'An account', answers: { 200: UserAnswer } },
    answer: ({ user }) => ({ status: 'success', user: userObject(user) }),
  })
  mount(scope, {
    method: 'GET',
    path: '/api/v1/users',
    access: auth.operator,
    about: { tag: 'users', summary: 'All accounts', answers: { 200: UserList } },
    async answer(_operator, request) {
      const page = queryPage(request, { default: 100, max: 1000 })
      const { total, users: found } = await users.list(page)
      return { status: 'success', users: found.map(userObject), meta: { total, ...page } }
    },
  })
  mountUpdate(scope, users, auth)
  mountActivation(scope, users, auth)
  mountRemoval(scope, users, auth)
}

function mountUpdate(scope: FastifyInstance, users: UserService, auth: Auth): void {
  mount(scope, {
    method: 'PUT',
    path: '/api/v1/users/:user_id',
    access: auth.account({
      missing: { error: 'Authentication required', message: 'X-User-ID header required' },
      foreign: { error: 'Forbidden', message: 'You can only update your own profile' },
      gone: noUser,
    }),
    about: { tag: 'users', summary: 'Change an account', body: UserUpdate, answers: { 200: UserUpdated } },
    async answer(account, request) {
      const wanted = readUpdate(request)
      try {
        const user = await update(users, account, wanted)
        return { status: 'success', message: 'User updated successfully', user: userObject(user) }
      } catch (error) {
        throw wordedUpdate(error, account.user, wanted)
      }
    },
  })
}

/** Power over `is_active` and `is_admin` is the operator's alone; from a user they are ignored. */
async function update(users: UserService, { user, operator }: Account, wanted: Update): Promise<User> {
  const { email, username, password } = wanted
  const active = operator ? (wanted.is_active ?? undefined) : undefined
  const isAdmin = operator ? (wanted.is_admin ?? undefined) : undefined
  // Looked at before anything is changed, so that a refusal leaves everything as it was.
  if (active === false && (user.isSuperuser || (isAdmin ?? user.isAdmin))) throw cannotDeactivate()
  const changed = await users.update(user.id, given({ email, username, password, isAdmin }))
  return active === undefined ? changed : (await users.setActive(user.id, active)).user
}

function wordedUpdate(error: unknown, { publicId }: User, { username, email }: Update): unknown {
  const words: FaultWords = {
    username_taken: () => refusal(409, 'Username already exists', `Username '${username}' is already in use`),
    email_taken: () => refusal(409, 'Email already exists', `Email '${email}' is already in use`),
    user_not_found: () => noUser(publicId),
    user_protected: cannotDeactivate,
  }
  return error instanceof CoreError ? worded(error, words) : error
}

/** The operator's access to the account of the path. */
function operatorOn(users: UserService, auth: Auth): Access<User> {
  return {
    who: 'A',
    async admit(request) {
      await auth.operator.admit(request)
      const { user_id: id = '' } = request.params as { user_id?: string }
      const user = await users.byPublicId(id)
      if (user === null) throw noUser(id)
      return user
    },
  }
}

function mountActivation(scope: FastifyInstance, users: UserService, auth: Auth): void {
  const turn = (active: boolean, words: { done: string; already: string; summary: string; path: string }) =>
    mount(scope, {
      method: 'PATCH',
      path: words.path,
      access: operatorOn(users, auth),
      about: { tag: 'users', summary: words.summary, answers: { 200: UserMessage } },
      words: { user_protected: cannotDeactivate },
      async answer(account) {
        const { user, changed } = await users.setActive(account.id, active)
        const outcome = changed ? words.done : words.already
        return { status: 'success', message: `User '${user.username}' ${outcome}` }
      },
    })
  turn(false, {
    path: '/api/v1/users/:user_id/deactivate',
    done: 'deactivated successfully',
    already: 'is already deactivated',
    summary: 'Deactivate an account',
  })
  turn(true, {
    path: '/api/v1/users/:user_id/activate',
    done: 'activated successfully',
    already: 'is already active',
    summary: 'Activate an account',
  })
}

function mountRemoval(scope: FastifyInstance, users: UserService, auth: Auth): void {
  mount(scope, {
    method: 'DELETE',
    path: '/api/v1/users/:user_id',
    access: operatorOn(users, auth),
    about: { tag: 'users', summary: 'Delete an account with all it owns', answers: { 200: UserMessage } },
    words: {
      user_protected: () => refusal(403, 'Cannot delete admin', 'Admin users cannot be deleted'),
    },
    async answer(user) {
      await users.remove(user.id)
      return { status: 'success', message: `User '${user.username}' deleted permanently` }
    },
  })
}
