import type { UserService } from '../../core/access/user.ts'
import type { HealthReport, HttpDialect } from '../dialect.ts'
import { mountLogin, mountRegister } from './accounts.ts'
import { mountHealth, mountRoot } from './health.ts'
import { SEVERAL } from './several.ts'

export interface SharedPathServices {
  readonly users: Pick<UserService, 'register'>
  readonly report: () => Promise<HealthReport>
}

/**
 * The paths that several dialects own: one handler each, built from what the dialects contribute.
 * Mounted beside them like one more dialect.
 */
export function createSharedPaths(
  dialects: readonly HttpDialect[],
  services: SharedPathServices,
): HttpDialect {
  const parts = dialects.flatMap(({ shared }) => (shared === undefined ? [] : [shared]))
  return {
    name: 'shared',
    families: [SEVERAL],
    headersOf: SEVERAL,
    routes(scope) {
      mountHealth(scope, parts, services.report)
      mountRoot(scope, parts)
      mountRegister(scope, parts, services.users)
      mountLogin(scope, parts)
    },
  }
}
