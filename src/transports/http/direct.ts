import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DirectRoute } from '../../wire/dialect.ts'
import { JSON_TYPE, SECURITY_HEADERS } from '../../wire/headers.ts'
import type { Handler } from './listeners.ts'

export interface DirectOptions {
  /** None: everything takes the general way. */
  readonly route: (target: string) => DirectRoute | undefined
  readonly bodyLimit: number
  readonly requestId: () => string
  /** Answers what the route threw. */
  readonly fail: (error: unknown, exchange: Exchange) => void
}

/** One request on the short way, as far as it is known. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly id: string
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

const HEADERS: readonly string[] = ['content-type', JSON_TYPE, ...Object.entries(SECURITY_HEADERS).flat()]

/**
 * The short way for routes whose cost matters: plain requests (exact target, a known and allowed length, no `Origin`)
 * skip the router and answer on the raw socket. Everything else takes the general way, with the same outcome.
 */
export function directly(options: DirectOptions, general: Handler): Handler {
  return (request, response) => {
    const route = options.route(request.url ?? '')
    if (route !== undefined && request.method === route.method && isPlain(request, options.bodyLimit)) {
      receive({ request, response, id: options.requestId() }, route, options)
    } else general(request, response)
  }
}

function isPlain({ headers }: IncomingMessage, bodyLimit: number): boolean {
  return headers.origin === undefined && Number(headers['content-length']) <= bodyLimit
}

function receive(exchange: Exchange, route: DirectRoute, options: DirectOptions): void {
  const { request } = exchange
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  // A client that goes away in the middle of its body reaches no end, and nobody waits for an answer.
  request.on('end', () => {
    // Copied, so that a message waiting for the disk doesn't hold the socket's whole read buffer.
    answer(exchange, { route, fail: options.fail }, Buffer.concat(chunks))
  })
}

function answer(
  exchange: Exchange,
  { route, fail }: { route: DirectRoute; fail: DirectOptions['fail'] },
  body: Buffer,
): void {
  try {
    route.answer(exchange.request.headers, body).then(
      (text) => write(exchange, { status: route.status, text }),
      (error: unknown) => fail(error, exchange),
    )
  } catch (error) {
    fail(error, exchange)
  }
}

/** Writes a JSON text with the headers of every answer and those given. */
export function write({ response, id }: Exchange, { status, text, headers }: Answer): void {
  const all = HEADERS.slice()
  all.push('x-request-id', id, 'content-length', String(Buffer.byteLength(text)))
  if (headers !== undefined) all.push(...Object.entries(headers).flat())
  response.writeHead(status, all)
  response.end(text)
}
