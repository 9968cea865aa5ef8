import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { TSchema } from 'typebox'
import type { User } from '../core/access/user.ts'
import type { StoreHealth } from '../core/health.ts'
import type { AccountFault } from './shared/account-fault.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Logs what went wrong after the answer had begun, when nobody can be told any more. */
    noteFault(error: unknown, request: FastifyRequest): void
  }
}

/** What goes wrong before or beside a dialect's own routes. `allow` and `method` are there on 405. */
export interface WireFault {
  readonly status: 400 | 404 | 405 | 408 | 413 | 414 | 415 | 431 | 500 | 503
  readonly method: string
}

/** The paths of one error shape. The longest prefix wins over all families of all dialects. */
export interface Family {
  /** Each covers itself and everything below it; `:name` stands for any one segment; one ending in `/` covers only what is below it. */
  readonly prefixes: readonly string[]
  /** Paths covered alone, without what is below them; both slash forms. */
  readonly exact?: readonly string[]
  readonly body: (fault: WireFault) => object
  /** False: no CORS headers and no preflight answer, whatever the request carries. Default true. */
  readonly cors?: boolean
  /** False: none of the security headers, no `X-Request-ID`. Default true. */
  readonly securityHeaders?: boolean
}

export interface HealthReport {
  readonly status: 'healthy' | 'degraded' | 'unhealthy'
  readonly now: number
  readonly startedAt: number
  readonly registry: StoreHealth
  readonly telemetry: StoreHealth
}

/** What a dialect adds to the paths that several own; the one handler of each path merges the parts. */
export interface SharedParts {
  /** Members of `GET /health`; a member `services` is merged, not replaced. */
  health?(report: HealthReport, detailed: boolean): object | Promise<object>
  /** Members of `GET /`; a member `endpoints` is merged, not replaced. */
  root?(): object
  /** Members of a registration's answers; the status belongs to the path. */
  register?: {
    /** The shape of the members that `registered` adds. */
    readonly answer: TSchema
    registered(user: User): object
    refused(fault: AccountFault): object
  }
  /** The answer to a login of the given media types (lower case), or to all that no other door takes. */
  login?: {
    readonly mediaTypes: readonly string[] | 'otherwise'
    /** The shape of the answer, for the document. */
    readonly answer: TSchema
    /** The shape of the request, of the JSON door. */
    readonly body?: TSchema
    open(request: FastifyRequest, reply: FastifyReply): Promise<object>
  }
}

/**
 * A route whose cost matters. Plain requests to it may skip the router; the dialect mounts it as an ordinary route too,
 * for all others and for the document.
 */
export interface DirectRoute {
  readonly method: string
  readonly path: string
  /** Of an answer that is not thrown. */
  readonly status: number
  /** The answer's JSON text. @throws Refusal */
  answer(headers: IncomingHttpHeaders, body: Buffer): Promise<string>
}

/** What a dialect hands to the HTTP transport. */
export interface HttpDialect {
  readonly name: string
  readonly families: readonly Family[]
  /** Which family's headers its own routes carry. */
  readonly headersOf: Family
  routes(scope: FastifyInstance): void
  readonly direct?: DirectRoute
  readonly shared?: SharedParts
}
