import type { FastifyInstance } from 'fastify'
import type { OperatorTokens } from '../core/access/user.ts'
import type { Metrics } from './metrics.ts'

export interface MetricsRouteOptions {
  readonly metrics: Metrics
  readonly operator: OperatorTokens
  /** Exposed servers show their figures to the operator only (shared model, public reads). */
  readonly exposed: boolean
}

/** `GET /metrics` for Prometheus. */
export function mountMetrics(server: FastifyInstance, options: MetricsRouteOptions): void {
  const { metrics, operator, exposed } = options
  server.get('/metrics', async (request, reply) => {
    const bearer = /^bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
    if (exposed && (bearer === undefined || !operator.matches(bearer, 'any'))) {
      return reply.code(401).header('www-authenticate', 'Bearer').send({ error: 'Unauthorized' })
    }
    return reply.header('content-type', metrics.contentType).send(await metrics.text())
  })
}
