import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Family } from '../../wire/dialect.ts'

const METHODS = 'GET, POST, PUT, PATCH, DELETE, OPTIONS'
const REQUEST_HEADERS = 'Content-Type, Authorization, X-API-Key, X-User-ID'
const EXPOSED = 'X-Request-ID, X-RateLimit-Limit, X-RateLimit-Remaining'

/** CORS as the contracts ask: the caller's origin echoed when it is allowed, nothing when a request names none. */
export interface CrossOrigin {
  /** Adds the headers of an ordinary answer. Only for requests that carry `Origin`. */
  decorate(request: FastifyRequest, reply: FastifyReply): void
  /** True when the request was a preflight and has been answered. */
  preflight(request: FastifyRequest, reply: FastifyReply, family: Family): boolean
}

export function createCrossOrigin(origins: '*' | readonly string[]): CrossOrigin {
  const allowed = (origin: string) => origins === '*' || origins.includes(origin)

  function decorate(request: FastifyRequest, reply: FastifyReply): void {
    const { origin } = request.headers
    if (origin === undefined) return
    const vary = reply.getHeader('vary')
    reply.header('vary', vary === undefined || vary === 'Origin' ? 'Origin' : `${String(vary)}, Origin`)
    if (!allowed(origin)) return
    reply
      .header('access-control-allow-origin', origin)
      .header('access-control-allow-credentials', 'true')
      .header('access-control-expose-headers', EXPOSED)
  }

  function preflight(request: FastifyRequest, reply: FastifyReply, family: Family): boolean {
    const { origin, 'access-control-request-method': wanted } = request.headers
    if (request.method !== 'OPTIONS' || origin === undefined || wanted === undefined) return false
    if (family.cors === false) return false
    reply.header('vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers')
    if (allowed(origin)) {
      reply
        .header('access-control-allow-origin', origin)
        .header('access-control-allow-credentials', 'true')
        .header('access-control-allow-methods', METHODS)
        .header(
          'access-control-allow-headers',
          request.headers['access-control-request-headers'] ?? REQUEST_HEADERS,
        )
        .header('access-control-max-age', '600')
    }
    reply.code(200).send('')
    return true
  }

  return { decorate, preflight }
}
