import { connect, type Socket } from 'node:net'

/** A TCP connection without any manners: what a broken or hostile client can send, byte for byte. */
export interface RawSocket {
  readonly socket: Socket
  send(text: string | Buffer): void
  /** Half closes: nothing more is sent, answers are still read. */
  finish(): void
  /** Everything that came until the server closed, or until `enough` says so. */
  read(enough?: (text: string) => boolean): Promise<string>
}

export async function openRaw(url: string): Promise<RawSocket> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
  let received = ''
  let ended = false
  const listeners = new Set<() => void>()
  const wake = () => listeners.forEach((listener) => listener())
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1')
    wake()
  })
  const end = () => {
    ended = true
    wake()
  }
  socket.on('end', end).on('close', end).on('error', end)
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return {
    socket,
    send: (text) => void socket.write(text),
    finish: () => void socket.end(),
    read: (enough = () => false) =>
      new Promise((resolve) => {
        const look = () => {
          if (!ended && !enough(received)) return
          listeners.delete(look)
          resolve(received)
        }
        listeners.add(look)
        look()
      }),
  }
}

/** The status and the JSON body of a single answer. */
export function parseAnswer(text: string): { status: number; head: string; body: unknown } {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const body = rest.join('\r\n\r\n')
  return {
    status: Number(head.split(' ', 2)[1]),
    head,
    body: body === '' ? null : (JSON.parse(body) as unknown),
  }
}
