import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { Health } from '../../core/health.ts'
import type { HealthReport, SharedParts } from '../dialect.ts'
import { isoTime } from '../instants.ts'
import { queryFlag } from '../query.ts'
import { isObject } from '../json-body.ts'

/** How long an answer about the stores holds, in milliseconds: a public path must not be a lever on the disk. */
const FRESH = 250

/** Asks the stores, and sums up: one that fails makes `degraded`, more make `unhealthy` (iotflow contract, section 10). */
export function healthReports(health: Health): () => Promise<HealthReport> {
  let asked = Number.NEGATIVE_INFINITY
  let answer: Promise<HealthReport> | null = null
  return () => {
    if (answer === null || performance.now() - asked > FRESH) {
      asked = performance.now()
      answer = ask(health)
    }
    return answer
  }
}

async function ask(health: Health): Promise<HealthReport> {
  const { registry, telemetry } = await health.check()
  const failing = [registry, telemetry].filter(({ healthy }) => !healthy).length
  const status = (['healthy', 'degraded', 'unhealthy'] as const)[failing] ?? 'unhealthy'
  return { status, now: Date.now(), startedAt: health.startedAt, registry, telemetry }
}

/** Adds the members of `part`; one level down for a member that both have as an object. */
function merge(whole: Record<string, unknown>, part: object, nested: string): void {
  const { [nested]: inner, ...rest } = part as Record<string, unknown>
  Object.assign(whole, rest)
  if (isObject(inner)) whole[nested] = { ...(whole[nested] as object | undefined), ...inner }
}

const HEALTH_DOCS = {
  tags: ['health'],
  summary: 'How the server is',
  querystring: Type.Object({ detailed: Type.Optional(Type.Boolean()) }),
  response: {
    200: Type.Object({
      status: Type.Enum(['healthy', 'degraded', 'unhealthy']),
      timestamp: Type.String({ format: 'date-time' }),
      service: Type.String(),
      services: Type.Record(Type.String(), Type.String()),
      message: Type.String(),
      version: Type.String(),
    }),
  },
}

const ROOT_DOCS = {
  tags: ['health'],
  summary: 'What this server is',
  response: {
    200: Type.Object({
      name: Type.String(),
      version: Type.String(),
      endpoints: Type.Record(Type.String(), Type.String()),
    }),
  },
}

/** `GET /health`: one body for all dialects, HTTP 200 whatever it says. */
export function mountHealth(
  scope: FastifyInstance,
  parts: readonly SharedParts[],
  report: () => Promise<HealthReport>,
): void {
  scope.get('/health', { schema: HEALTH_DOCS }, async (request) => {
    const found = await report()
    const detailed = queryFlag(request, 'detailed')
    const works = (healthy: boolean) => (healthy ? 'available' : 'unavailable')
    const body: Record<string, unknown> = {
      status: found.status,
      timestamp: isoTime(found.now),
      service: 'sensorium',
      services: {
        mqtt: 'unavailable',
        database: works(found.registry.healthy && found.telemetry.healthy),
        weather: 'available',
      },
    }
    for (const part of parts) merge(body, (await part.health?.(found, detailed)) ?? {}, 'services')
    return body
  })
}

/** `GET /`: what this server is and where to look next. */
export function mountRoot(scope: FastifyInstance, parts: readonly SharedParts[]): void {
  scope.get('/', { schema: ROOT_DOCS }, (_request, reply) => {
    const body: Record<string, unknown> = { status: 'ok' }
    for (const part of parts) merge(body, part.root?.() ?? {}, 'endpoints')
    return reply.header('vary', 'Accept').send(body)
  })
}
