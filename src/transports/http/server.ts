import { randomBytes } from 'node:crypto'
import type { Server } from 'node:http'
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RouteOptions,
} from 'fastify'
import type { DirectRoute, Family, HttpDialect } from '../../wire/dialect.ts'
import { JSON_TYPE, SECURITY_HEADERS } from '../../wire/headers.ts'
import { type CrossOrigin, createCrossOrigin } from './cross-origin.ts'
import { directly } from './direct.ts'
import { collectDocument, docs } from './docs.ts'
import { type FamilyOf, indexFamilies } from './families.ts'
import { type FaultLog, answerClientError, createErrorHandler, directFaults, faultNote } from './faults.ts'
import { DEFAULT_LIMITS, type SocketLimits, closeServer, listenOn, openServer } from './listeners.ts'
import { type PathTable, allowOf, createPathTable, pathOf } from './path-table.ts'

export interface HttpServerOptions {
  readonly host: string
  /** 0 lets the system choose. */
  readonly ports: readonly number[]
  readonly bodyLimit: number
  readonly corsOrigins: '*' | readonly string[]
  readonly log: FaultLog
  readonly maskPath: (path: string) => string
  readonly limits?: Partial<SocketLimits>
  /** Believe `X-Forwarded-For` of a proxy in front. Default false. */
  readonly trustProxy?: boolean
}

export interface HttpServer {
  readonly fastify: FastifyInstance
  /** Every path with its methods, as far as mounted. */
  readonly paths: PathTable
  /** Mounts dialects; all of them in one call, since the longest prefix wins over all. */
  mount(dialects: readonly HttpDialect[]): void
  /** Settles with the URLs. Rejects with the system's error; nothing listens then. */
  listen(): Promise<string[]>
  /** Stops accepting, finishes what is in flight, closes. */
  close(): Promise<void>
  /** Breaks all connections at once. */
  cut(): void
}

/** Paths that are served with and without a slash at the end, same owner and same answer (shared paths). */
const BOTH_FORMS = /^\/(?:(?:api\/v1|v1)\/.*[^/]|health|status|docs|redoc|api\/status)$/

/** Sockets, limits and routing for all HTTP dialects. It carries meaning, it does not know it. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const servers: Server[] = []
  const directRoutes = new Map<string, DirectRoute>()
  let closing = false
  const paths = createPathTable()
  const crossOrigin = createCrossOrigin(options.corsOrigins)
  const gate: Gate = { familyOf: indexFamilies([]), paths, crossOrigin }
  const faults = {
    familyOf: (path: string) => gate.familyOf(path),
    log: options.log,
    maskPath: options.maskPath,
  }
  const onFault = createErrorHandler(faults)
  const requestId = requestIds()
  const shortWay = {
    route: (target: string) => (closing ? undefined : directRoutes.get(target)),
    bodyLimit: options.bodyLimit,
    requestId,
    fail: directFaults(faults),
  }
  const app = fastify({
    logger: false,
    bodyLimit: options.bodyLimit,
    trustProxy: options.trustProxy ?? false,
    genReqId: requestId,
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => {
      decorate(gate, { request, reply, family: gate.familyOf(pathOf(request.raw.url ?? '/')) })
      onFault(error, request, reply)
    },
    clientErrorHandler: answerClientError,
    routerOptions: { maxParamLength: 512 },
    serverFactory: (general) => {
      const handler = directly(shortWay, general)
      for (const _ of options.ports) servers.push(openServer(handler, limits))
      const [first = openServer(handler, limits)] = servers
      for (const server of servers.slice(1)) server.on('clientError', answerClientError)
      return first
    },
  })
  app.setErrorHandler(onFault)
  app.decorate('noteFault', faultNote(faults))
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  readBodiesRaw(app)
  collectDocument(app)
  app.addHook('onRoute', routeTwins(gate))
  app.addHook('onRequest', (request, reply, done) => {
    if (request.is404) answerUnowned(gate, request, reply)
    else done()
  })
  return {
    fastify: app,
    paths,
    mount(dialects) {
      gate.familyOf = indexFamilies(dialects.flatMap(({ families }) => families))
      for (const dialect of [...dialects, docs]) {
        mountDialect(app, gate, dialect)
        if (dialect.direct !== undefined) directRoutes.set(dialect.direct.path, dialect.direct)
      }
    },
    async listen() {
      await app.ready()
      return listenAll(servers, options)
    },
    async close() {
      closing = true
      const closed = servers.map(closeServer)
      await Promise.all([...closed, app.close()])
    },
    cut: () => servers.forEach((server) => server.closeAllConnections()),
  }
}

interface Gate {
  familyOf: FamilyOf
  readonly paths: PathTable
  readonly crossOrigin: CrossOrigin
}

async function listenAll(servers: readonly Server[], { host, ports }: HttpServerOptions): Promise<string[]> {
  const urls: string[] = []
  try {
    for (const [index, server] of servers.entries())
      urls.push(await listenOn(server, host, ports[index] ?? 0))
    return urls
  } catch (error) {
    await Promise.all(servers.map(closeServer))
    throw error
  }
}

/** Unique over restarts, and as cheap as counting. */
function requestIds(): () => string {
  const prefix = randomBytes(6).toString('hex')
  let count = 0
  return () => `${prefix}-${(count++).toString(36)}`
}

/** Bodies reach the routes as they came: what they mean, and which content type a route insists on, is the dialect's. */
function readBodiesRaw(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
}

const shapeOf = (pattern: string): string => pattern.replaceAll(/:[^/]+/g, ':')

/** Enters routes into the path table, adds the form with a slash, and guards parameters against literals beside them. */
function routeTwins(gate: Gate) {
  return function (
    this: FastifyInstance,
    route: RouteOptions & { routePath: string; path: string; prefix: string },
  ) {
    const methods = Array.isArray(route.method) ? route.method : [route.method]
    for (const method of methods) gate.paths.add(method, route.url)
    if (BOTH_FORMS.test(route.url) && !methods.includes('HEAD')) {
      this.route({ ...route, url: `${route.url}/`, schema: { ...route.schema, hide: true } } as RouteOptions)
    }
    if (!route.url.includes(':')) return
    const shape = shapeOf(route.url)
    const guard = (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
      const owner = gate.paths.ownerOf(pathOf(request.raw.url ?? '/'))
      if (owner !== null && shapeOf(owner.pattern) === shape) done()
      else answerUnowned(gate, request, reply)
    }
    const own = route.onRequest === undefined ? [] : [route.onRequest].flat()
    route.onRequest = [guard, ...own]
  }
}

/** Preflights, 405 and 404: before authentication, and without a look at the body. */
function answerUnowned(gate: Gate, request: FastifyRequest, reply: FastifyReply): void {
  const path = pathOf(request.raw.url ?? '/')
  const family = gate.familyOf(path)
  decorate(gate, { request, reply, family })
  if (gate.crossOrigin.preflight(request, reply, family)) return
  const owner = gate.paths.ownerOf(path)
  if (owner !== null) reply.header('allow', allowOf(owner))
  const status = owner === null ? 404 : 405
  reply
    .code(status)
    .type(JSON_TYPE)
    .send(JSON.stringify(family.body({ status, method: request.method })))
}

function decorate(
  gate: Gate,
  { request, reply, family }: { request: FastifyRequest; reply: FastifyReply; family: Family },
): void {
  if (family.securityHeaders !== false) {
    const policy = reply.getHeader('content-security-policy')
    reply.headers(SECURITY_HEADERS).header('x-request-id', request.id)
    if (policy !== undefined) reply.header('content-security-policy', policy)
  }
  if (family.cors !== false) gate.crossOrigin.decorate(request, reply)
}

/** Gives a dialect its own scope, whose answers carry its family's headers. */
function mountDialect(app: FastifyInstance, gate: Gate, dialect: HttpDialect): void {
  app.register((scope, _options, done) => {
    const family = dialect.headersOf
    scope.addHook('onSend', async (request, reply) => decorate(gate, { request, reply, family }))
    dialect.routes(scope)
    done()
  })
}
