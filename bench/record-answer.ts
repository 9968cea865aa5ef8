import { once } from 'node:events'
import { connect } from 'node:net'
import type { RecordedAnswer } from './bare-server.ts'

/** Headers that node:http writes by itself on both sides. */
const BY_NODE = new Set(['date', 'connection', 'keep-alive'])

/** Posts one message over a raw socket. @returns the answer, byte for byte. */
export async function rawAnswer(port: number, key: string): Promise<string> {
  const body = '{"data":{"temperature":21.43,"humidity":48.1,"battery":3.304}}'
  const socket = connect(port, '127.0.0.1')
  socket.write(
    `POST /api/v1/telemetry HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n` +
      `X-API-Key: ${key}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  let answer = ''
  socket.setEncoding('latin1')
  socket.on('data', (part: string) => {
    answer += part
    // The connection is kept alive: all is there when the announced length is.
    const length = Number(/^content-length: (\d+)/im.exec(answer)?.[1] ?? Infinity)
    if (answer.length >= answer.indexOf('\r\n\r\n') + 4 + length) socket.destroy()
  })
  await once(socket, 'close')
  if (!answer.startsWith('HTTP/1.1 201 ')) throw new Error(`the message was not taken:\n${answer}`)
  return answer
}

/** Takes an answer apart, so that the bare server can give the same one. */
export function recorded(answer: string): RecordedAnswer {
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  const [start = '', ...lines] = head.split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const [name = '', value = ''] = line.split(/: (.*)/)
    if (!BY_NODE.has(name.toLowerCase())) headers[name] = value
  }
  const timeout = Number(/^keep-alive: timeout=(\d+)/im.exec(head)?.[1] ?? 5)
  return { status: Number(start.split(' ')[1]), headers, body, keepAliveTimeout: timeout * 1000 }
}

/** The answer with everything that changes from one to the next blotted out: what both servers must have in common. */
export function shape(answer: string): string {
  return answer
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'uuid')
    .replace(/\d/g, '0')
    .replace(/[A-Z][a-z]{2}\b/g, 'Xxx')
}
