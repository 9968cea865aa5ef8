import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface SocketLimits {
  /** Open connections of one port; more are dropped as they come. */
  readonly maxConnections: number
  /** Milliseconds until a request's headers must be complete. */
  readonly headersTimeout: number
  /** Milliseconds until a whole request must be there. */
  readonly requestTimeout: number
  /** Milliseconds an idle connection is kept. */
  readonly keepAliveTimeout: number
  /** Bytes of all headers of one request. */
  readonly maxHeaderSize: number
}

/** Made against slow and greedy clients; a modem on a slow link needs a few seconds for a request. */
export const DEFAULT_LIMITS: SocketLimits = {
  maxConnections: 10_000,
  headersTimeout: 15_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 72_000,
  maxHeaderSize: 16_384,
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

const MEDIA_TYPE = /^ *[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+ *(?:;|$)/

const SLASH = 47

/**
 * Bodies are read whatever they are called, so a name that is none must not stop them; and a target in absolute form,
 * as for a proxy, names the same path (RFC 9112, section 3.2.2).
 */
function tolerant(handler: Handler): Handler {
  return (request, response) => {
    const target = request.url ?? ''
    if (target.charCodeAt(0) !== SLASH) request.url = target.replace(/^https?:\/\/[^/?#]*/i, '') || '/'
    const type = request.headers['content-type']
    if (type !== undefined && type !== 'application/json' && !MEDIA_TYPE.test(type)) {
      request.headers['content-type'] = 'application/octet-stream'
    }
    handler(request, response)
  }
}

/** One more HTTP server; small modems leave `Host` away, so it isn't demanded. */
export function openServer(handler: Handler, limits: SocketLimits): Server {
  const listener = tolerant(handler)
  const server = createServer(
    {
      headersTimeout: limits.headersTimeout,
      requestTimeout: limits.requestTimeout,
      keepAliveTimeout: limits.keepAliveTimeout,
      maxHeaderSize: limits.maxHeaderSize,
      connectionsCheckingInterval: Math.min(5000, Math.max(100, limits.headersTimeout / 4)),
      requireHostHeader: false,
      noDelay: true,
    },
    listener,
  )
  server.maxConnections = limits.maxConnections
  // An `Expect` that nobody knows is ignored: Node's own 417 has no body that a client could read.
  server.on('checkExpectation', listener)
  // Small stacks close their side once the request is out. Node would then close the connection before the answer.
  Object.assign(server, { httpAllowHalfOpen: true })
  return server
}

/** Settles with the URL it listens on. Rejects with the system's own error (`EADDRINUSE`, `EACCES`, …). */
export function listenOn(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off('error', reject)
      resolve(urlOf(server.address() as AddressInfo))
    })
  })
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

/** How often connections that became idle meanwhile are looked for, in milliseconds. */
const REAP = 20

/** Stops accepting, lets requests in flight finish, closes connections as they become idle. */
export function closeServer(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve()
  return new Promise((resolve) => {
    const reaper = setInterval(() => server.closeIdleConnections(), REAP)
    server.close(() => {
      clearInterval(reaper)
      resolve()
    })
    server.closeIdleConnections()
  })
}
