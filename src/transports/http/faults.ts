import type { Duplex } from 'node:stream'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { isCoreError } from '../../core/errors.ts'
import { JSON_TYPE } from '../../wire/headers.ts'
import type { WireFault } from '../../wire/dialect.ts'
import { Refusal, UnknownPath } from '../../wire/refusal.ts'
import { type Exchange, write } from './direct.ts'
import type { FamilyOf } from './families.ts'
import { pathOf } from './path-table.ts'

/** The part of a pino logger that the transport needs. */
export interface FaultLog {
  error(fields: object, message: string): void
}

export interface FaultOptions {
  readonly familyOf: FamilyOf
  readonly log: FaultLog
  /** Hides what is secret in a path. */
  readonly maskPath: (path: string) => string
}

/** Seconds after which a busy server or a full disk may be asked again. */
const RETRY_AFTER = '1'

const STATUS_OF: Readonly<Record<string, WireFault['status']>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 413,
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 400,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 415,
  FST_ERR_BAD_URL: 400,
  FST_ERR_MAX_PARAM_LENGTH: 404,
}

/** Writes a fault into the log, with the id that its answer carries and nothing that is secret. */
export function faultNote({ log, maskPath }: FaultOptions) {
  return (error: unknown, { id, method, raw }: FastifyRequest): void => {
    const path = maskPath(pathOf(raw.url ?? '/'))
    log.error({ err: error, requestId: id, method, path }, 'request failed')
  }
}

/** Answers whatever a route throws, in the words of the route or of the path's family. */
export function createErrorHandler(options: FaultOptions) {
  const note = faultNote(options)
  const { familyOf } = options
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    if (error instanceof Refusal) {
      reply.code(error.status).headers(error.headers).type(JSON_TYPE).send(JSON.stringify(error.body))
      return
    }
    const path = pathOf(request.raw.url ?? '/')
    const status = statusOf(error, request)
    if (status === 500) note(error, request)
    if (status === 503) reply.header('retry-after', RETRY_AFTER)
    const send = () => {
      const body = familyOf(path).body({ status, method: request.method })
      reply.code(status).type(JSON_TYPE).send(JSON.stringify(body))
    }
    if (status === 413) afterUpload(request, send)
    else send()
  }
}

function statusOf(error: Error & { code?: string }, request: FastifyRequest): WireFault['status'] {
  if (error instanceof UnknownPath) return 404
  // The client went away in the middle of its body: nobody reads the answer, and it is no defect.
  if (request.raw.errored !== null || error.code === 'ECONNRESET') return 400
  if (isCoreError(error, 'overloaded') || isCoreError(error, 'storage_unavailable')) return 503
  return STATUS_OF[error.code ?? ''] ?? 500
}

/** The same for routes on the short way. */
export function directFaults({ familyOf, log }: FaultOptions) {
  return (error: unknown, exchange: Exchange): void => {
    if (error instanceof Refusal) {
      write(exchange, { status: error.status, text: JSON.stringify(error.body), headers: error.headers })
      return
    }
    const { id, request } = exchange
    const { method = '', url = '/' } = request
    log.error({ err: error, requestId: id, method, path: url }, 'request failed')
    write(exchange, { status: 500, text: JSON.stringify(familyOf(url).body({ status: 500, method })) })
  }
}

/** How long and how much of a refused body is read away, so that the client gets to read the answer. */
const LINGER = { bytes: 16 * 1_048_576, milliseconds: 2000 }

/**
 * Sends once the client has sent its too large body, or enough of it. Answering at once and closing would make
 * the client's system throw the answer away with the reset of the connection.
 */
function afterUpload(request: FastifyRequest, send: () => void): void {
  const { raw } = request
  let rest = LINGER.bytes
  const timer = setTimeout(finish, LINGER.milliseconds)
  const count = (chunk: Buffer) => {
    rest -= chunk.length
    if (rest < 0) finish()
  }
  function finish(): void {
    clearTimeout(timer)
    raw.off('data', count).off('end', finish).off('close', finish)
    send()
  }
  if (raw.readableEnded || raw.destroyed) {
    finish()
    return
  }
  raw.on('data', count).on('end', finish).on('close', finish).resume()
}

const CLIENT_STATUS: Readonly<Record<string, 400 | 408 | 431>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

const CLIENT_WORDS = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
} as const

/** Answers what is no HTTP request at all. Whose path it would have been is unknown, so the body suits every family. */
export function answerClientError(error: Error & { code?: string }, socket: Duplex): void {
  const status = CLIENT_STATUS[error.code ?? ''] ?? 400
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
    socket.destroy()
    return
  }
  const words = CLIENT_WORDS[status]
  const body = JSON.stringify({ error: words, message: 'The request could not be read', detail: words })
  socket.end(
    `HTTP/1.1 ${status} ${words}\r\nContent-Type: ${JSON_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  )
}

/** An answer is half written on this connection: anything added would corrupt it. */
function isAnswering(socket: Duplex & { _httpMessage?: { headersSent: boolean } | null }): boolean {
  return socket._httpMessage?.headersSent === true
}
