import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * The yardstick: a bare node:http server that parses the same JSON body and answers the same bytes, and does nothing
 * else. Argument: a file with the answer to give, recorded from the real server. Prints its port.
 */
export interface RecordedAnswer {
  readonly status: number
  /** All headers but those that node:http adds by itself. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Milliseconds; it stands in the `Keep-Alive` header, so both servers must agree. */
  readonly keepAliveTimeout: number
}

const answer = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as RecordedAnswer

const server = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const text = parts.length === 1 ? String(parts[0]) : Buffer.concat(parts).toString('utf8')
    const { data } = JSON.parse(text) as { data?: unknown }
    if (data === undefined) throw new Error('a request without data')
    response.writeHead(answer.status, answer.headers)
    response.end(answer.body)
  })
})
server.keepAliveTimeout = answer.keepAliveTimeout
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
process.once('SIGTERM', () => process.exit(0))
