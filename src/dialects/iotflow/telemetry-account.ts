import type { FastifyInstance } from 'fastify'
import { isoTime } from '../../wire/instants.ts'
import { queryCount } from '../../wire/query.ts'
import { type Auth, anybody } from './auth.ts'
import { noUser } from './refusals.ts'
import { mount } from './route.ts'
import { TelemetryStatus, UserTelemetry } from './schema.ts'
import type { Iotflow } from './services.ts'
import { RangeQueryShape, rangeOf } from './telemetry-read.ts'

/** The parts that a telemetry store had in the original; here one store plays them all. */
const ROLES = {
  cassandra: 'Time-series telemetry storage',
  redis: 'Caching layer',
  mongodb: 'Event logging and analytics',
  postgres: 'User and device management',
} as const

/** Matrix rows 15 and 16: the store's state, and all of a user's measurements. */
export function mountTelemetryOverviews(scope: FastifyInstance, iotflow: Iotflow, auth: Auth): void {
  const { services } = iotflow
  mount(scope, {
    method: 'GET',
    path: '/api/v1/telemetry/status',
    access: anybody,
    about: { tag: 'telemetry', summary: 'How the store is', answers: { 200: TelemetryStatus } },
    async answer() {
      const { registry, telemetry } = await services.report()
      const available = registry.healthy && telemetry.healthy
      return {
        status: available ? 'healthy' : 'unavailable',
        databases: Object.fromEntries(
          Object.entries(ROLES).map(([name, role]) => [name, { available, role }]),
        ),
        total_devices: services.directory.size,
        backend: 'Polyglot Persistence',
      }
    },
  })
  mountUserTelemetry(scope, iotflow, auth)
}

function mountUserTelemetry(scope: FastifyInstance, { services }: Iotflow, auth: Auth): void {
  const { directory, telemetry } = services
  mount(scope, {
    method: 'GET',
    path: '/api/v1/telemetry/user/:user_id',
    access: auth.account({
      missing: { error: 'Authentication required', message: 'X-User-ID header required' },
      foreign: { error: 'Forbidden', message: 'You can only view your own telemetry data' },
      gone: noUser,
    }),
    about: {
      tag: 'telemetry',
      summary: "Measurements of all of a user's devices, newest first",
      query: RangeQueryShape,
      answers: { 200: UserTelemetry },
    },
    async answer({ user }, request) {
      const { range, start, end } = rangeOf(request, '-24h')
      const limit = queryCount(request, 'limit', { default: 100, max: 1000 })
      const devices = directory.ownedBy(user.id)
      const names = new Map(devices.map(({ id, name }) => [id, name]))
      const selector = { devices: devices.map(({ id }) => id) }
      // No devices at all must not become "any device".
      const nothing = devices.length === 0 || range.from > range.to
      const counts = nothing ? [] : await telemetry.statistics(selector, range)
      const { points } =
        nothing || limit === 0
          ? { points: [] }
          : await telemetry.range({ ...selector, range, order: 'newest', limit })
      return {
        status: 'success',
        user_id: user.publicId,
        telemetry: points.map((point) => ({
          device_id: point.device,
          device_name: names.get(point.device) ?? '',
          timestamp: isoTime(point.time),
          measurement_name: point.metric,
          value: point.value,
          unit: point.unit ?? null,
        })),
        count: points.length,
        total_count: counts.reduce((sum, { count }) => sum + count, 0),
        limit,
        start_time: start,
        end_time: end,
      }
    },
  })
}
