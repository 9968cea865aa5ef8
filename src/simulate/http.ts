import { Agent as PlainAgent, request as plainRequest } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'

export interface HttpAnswer {
  readonly status: number
  /** The parsed JSON body; null when it was empty or no JSON. */
  readonly body: unknown
}

export interface HttpCall {
  readonly method: string
  readonly path: string
  readonly headers?: OutgoingHttpHeaders
  /** Sent as JSON. */
  readonly body?: unknown
}

/** Keep-alive connections to one server. A call rejects when the outcome is unknown: no connection, cut, or timed out. */
export interface HttpClient {
  call(call: HttpCall): Promise<HttpAnswer>
  close(): void
}

export function httpClient(base: string, limits: { connections: number; timeoutMs: number }): HttpClient {
  const origin = new URL(base)
  const prefix = origin.pathname.replace(/\/$/, '')
  const secure = origin.protocol === 'https:'
  const options = { keepAlive: true, maxSockets: limits.connections, scheduling: 'fifo' } as const
  const agent = secure ? new SecureAgent(options) : new PlainAgent(options)
  const start = secure ? secureRequest : plainRequest

  return {
    call: ({ method, path, headers = {}, body }) =>
      new Promise((resolve, reject) => {
        const payload = body === undefined ? undefined : JSON.stringify(body)
        const described =
          payload === undefined
            ? headers
            : { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }
        const target = { agent, method, headers: described, timeout: limits.timeoutMs }
        const sent = start(new URL(prefix + path, origin), target, (response) => {
          readJson(response).then(
            (parsed) => resolve({ status: response.statusCode ?? 0, body: parsed }),
            reject,
          )
        })
        sent.on('timeout', () => sent.destroy(new Error(`no answer within ${limits.timeoutMs} ms`)))
        sent.on('error', reject)
        sent.end(payload)
      }),
    close: () => agent.destroy(),
  }
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part as Buffer)
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown
  } catch {
    return null
  }
}
