import type { UserService, UserTokens } from '../../core/access/user.ts'
import type { Family, HttpDialect } from '../../wire/dialect.ts'
import { errorAndMessage } from '../../wire/shared/several.ts'
import { loginDoor, registerPart } from './accounts.ts'

export interface ManagerServices {
  readonly users: Pick<UserService, 'login'>
  readonly tokens: Pick<UserTokens, 'issue'>
}

const UNDER_API = [
  'labels',
  'functions',
  'integrations',
  'flows',
  'storages',
  'storage',
  'search',
  'ingest',
  'dashboard',
  'maintenance',
  'openapi.json',
]

/** Paths that are the manager's alone. */
const MANAGER: Family = {
  prefixes: UNDER_API.map((name) => `/api/v1/${name}`),
  body: (fault) => ({ detail: errorAndMessage(fault).error }),
}

/** The Device Manager wire: so far its part of the shared account paths. */
export function createManager(services: ManagerServices): HttpDialect {
  return {
    name: 'manager',
    families: [MANAGER],
    headersOf: MANAGER,
    routes: () => undefined,
    shared: { register: registerPart, login: loginDoor(services) },
  }
}
