import type { Family, HttpDialect } from '../../wire/dialect.ts'
import { errorAndMessage } from '../../wire/shared/several.ts'
import { loginDoor, mountLogout, registerPart } from './accounts.ts'
import { mountAdmin } from './admin.ts'
import { createAuth } from './auth.ts'
import { mountDeviceSelf } from './device-self.ts'
import { mountDevices } from './devices.ts'
import { mountGroupMembers } from './group-members.ts'
import { mountGroups } from './groups.ts'
import { createRateLimits } from './rate-limits.ts'
import type { Iotflow } from './services.ts'
import { mountTelemetryOverviews } from './telemetry-account.ts'
import { mountAggregation } from './telemetry-aggregate.ts'
import { mountTelemetryDelete } from './telemetry-delete.ts'
import { mountTelemetryReads } from './telemetry-read.ts'
import { mountSubmission, submission } from './telemetry-submit.ts'
import { mountUsers } from './users.ts'
import { healthMembers, mountStatus, rootMembers } from './vitals.ts'

/** Paths that are iotflow's alone. */
const IOTFLOW: Family = {
  prefixes: ['/status', '/api/v1/telemetry', '/api/v1/users', '/api/v1/groups', '/api/v1/admin'],
  body: errorAndMessage,
}

/** The IoTFlow wire: devices report over HTTP with a key, users and the operator look after them. */
export function createIotflow(iotflow: Iotflow): HttpDialect {
  const { services, options } = iotflow
  const direct = submission(iotflow)
  return {
    name: 'iotflow',
    families: [IOTFLOW],
    headersOf: IOTFLOW,
    routes(scope) {
      const auth = createAuth(iotflow)
      const guards = { auth, limits: createRateLimits(options.rateLimits) }
      mountDevices(scope, iotflow, guards)
      mountDeviceSelf(scope, iotflow, guards)
      mountSubmission(scope, direct)
      mountTelemetryReads(scope, iotflow, auth)
      mountAggregation(scope, iotflow, auth)
      mountTelemetryDelete(scope, iotflow, auth)
      mountTelemetryOverviews(scope, iotflow, auth)
      mountUsers(scope, iotflow, auth)
      mountGroups(scope, iotflow, auth)
      mountGroupMembers(scope, iotflow, auth)
      mountAdmin(scope, iotflow, auth)
      mountLogout(scope)
      mountStatus(scope, iotflow)
    },
    direct,
    shared: {
      health: healthMembers(services),
      root: rootMembers,
      register: registerPart,
      login: loginDoor(iotflow),
    },
  }
}
