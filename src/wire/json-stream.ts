import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { JSON_TYPE } from './headers.ts'

/** Below this an answer goes out whole, with its length; above it piece by piece. */
const WHOLE = 256 * 1024

/**
 * Sends a JSON text given in pieces. Short ones become an ordinary answer; long ones are streamed in constant
 * memory, as fast as the client reads. What fails before the first piece goes out is answered as an error.
 */
export async function sendPieces(reply: FastifyReply, pieces: AsyncIterable<string>): Promise<FastifyReply> {
  const source = pieces[Symbol.asyncIterator]()
  let head = ''
  for (let next = await source.next(); next.done !== true; next = await source.next()) {
    head += next.value
    if (head.length > WHOLE) {
      return reply
        .type(JSON_TYPE)
        .send(Readable.from(joined(head, source, reply), { objectMode: false, highWaterMark: WHOLE }))
    }
  }
  return reply.type(JSON_TYPE).send(head)
}

async function* joined(
  head: string,
  rest: AsyncIterator<string>,
  { request }: FastifyReply,
): AsyncGenerator<Buffer> {
  try {
    yield Buffer.from(head)
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
      yield Buffer.from(next.value)
    }
  } catch (error) {
    // The connection breaks off, so that the client can't take what came for the whole.
    request.server.noteFault(error, request)
    throw error
  } finally {
    await rest.return?.()
  }
}

/** Joins the members of a JSON array, a few hundred to a piece. */
export async function* arrayPieces<T>(
  items: AsyncIterable<T>,
  write: (item: T) => string,
): AsyncGenerator<string> {
  let piece = ''
  let first = true
  for await (const item of items) {
    piece += first ? write(item) : `,${write(item)}`
    first = false
    if (piece.length > 16_384) {
      yield piece
      piece = ''
    }
  }
  yield piece
}
