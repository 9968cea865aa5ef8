import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { openRaw, parseAnswer } from '../../../test/raw-socket.ts'
import type { HttpDialect } from '../../wire/dialect.ts'
import { SEVERAL } from '../../wire/shared/several.ts'
import type { SocketLimits } from './listeners.ts'
import { type HttpServer, createHttpServer } from './server.ts'

/** A wire with a route that answers what it gets, one that takes its time, and one with a defect. */
function dialect(gate: Promise<unknown>): HttpDialect {
  return {
    name: 'test',
    families: [
      {
        prefixes: ['/small'],
        body: ({ status }) => ({ small: status }),
        cors: false,
        securityHeaders: false,
      },
    ],
    headersOf: SEVERAL,
    routes(scope) {
      scope.post('/api/v1/echo', (request) => ({ length: (request.body as Buffer | undefined)?.length ?? 0 }))
      scope.get('/api/v1/slow', async () => {
        await gate
        return { slow: true }
      })
      scope.get('/api/v1/broken/:secret', () => {
        throw new Error('a defect')
      })
    },
  }
}

const opened: HttpServer[] = []
afterEach(async () => {
  for (const server of opened.splice(0)) {
    server.cut()
    await server.close()
  }
})

interface Opened {
  readonly server: HttpServer
  readonly url: string
  readonly urls: string[]
  readonly logged: object[]
}

async function open(
  limits: Partial<SocketLimits> = {},
  gate: Promise<unknown> = Promise.resolve(),
): Promise<Opened> {
  const logged: object[] = []
  const server = createHttpServer({
    host: '127.0.0.1',
    ports: [0, 0],
    bodyLimit: 1000,
    corsOrigins: ['https://app.example.org'],
    log: { error: (fields) => logged.push(fields) },
    maskPath: (path) => path.replace(/[0-9]{5}/, '***'),
    limits,
  })
  opened.push(server)
  server.mount([
    dialect(gate),
    { name: 'shared', families: [SEVERAL], headersOf: SEVERAL, routes: () => undefined },
  ])
  const urls = await server.listen()
  return { server, url: urls[0] ?? '', urls, logged }
}

const REQUEST = 'POST /api/v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab'

describe('the HTTP server', () => {
  it('listens on every port, and refuses to start on one that is taken', async () => {
    const { urls } = await open()
    assert.equal(new Set(urls).size, 2)
    for (const url of urls) assert.equal((await fetch(`${url}/nothing`)).status, 404)
    const taken = Number(new URL(urls[1] ?? '').port)
    const second = createHttpServer({
      host: '127.0.0.1',
      ports: [0, taken],
      bodyLimit: 1000,
      corsOrigins: '*',
      log: { error: () => undefined },
      maskPath: (path) => path,
    })
    await assert.rejects(second.listen(), { code: 'EADDRINUSE' })
    await second.close()
  })

  it('hides a defect, and logs it with the request id and without what is secret in the path', async () => {
    const { url, logged } = await open()
    const answer = await fetch(`${url}/api/v1/broken/12345?token=67890`)
    assert.equal(answer.status, 500)
    assert.deepEqual(await answer.json(), {
      error: 'Internal Server Error',
      message: 'An unexpected error occurred',
      detail: 'Internal Server Error',
    })
    const { err, ...line } = logged[0] as { err: Error }
    assert.equal(err.message, 'a defect')
    const requestId = answer.headers.get('x-request-id')
    assert.deepEqual(line, { requestId, method: 'GET', path: '/api/v1/broken/***' })
  })

  it('answers in the words of the path, with the headers that its family has', async () => {
    const { url } = await open()
    const origin = { origin: 'https://app.example.org' }
    const small = await fetch(`${url}/small/x`, { headers: origin })
    assert.deepEqual(await small.json(), { small: 404 })
    const names = [...small.headers.keys()].filter((name) => /^(x-|access|vary|content-sec)/.test(name))
    assert.deepEqual(names, [])
    const preflight = { ...origin, 'access-control-request-method': 'PUT' }
    const refused = await fetch(`${url}/small/x`, { method: 'OPTIONS', headers: preflight })
    assert.equal(refused.status, 404)
    const allowed = await fetch(`${url}/api/v1/x`, { method: 'OPTIONS', headers: preflight })
    assert.equal(allowed.status, 200)
    assert.equal(allowed.headers.get('access-control-allow-origin'), origin.origin)
  })

  it('gives origins that are not named nothing', async () => {
    const { url } = await open()
    const headers = { origin: 'https://evil.example.org' }
    const answer = await fetch(`${url}/api/v1/echo`, { method: 'POST', headers })
    assert.equal(answer.headers.get('access-control-allow-origin'), null)
    assert.equal(answer.headers.get('vary'), 'Origin')
    const method = { 'access-control-request-method': 'PUT' }
    const preflight = await fetch(`${url}/api/v1/echo`, {
      method: 'OPTIONS',
      headers: { ...headers, ...method },
    })
    assert.equal(preflight.status, 200)
    assert.equal(preflight.headers.get('access-control-allow-origin'), null)
  })

  it('answers a client that has half closed, and one that names no host', async () => {
    const { url } = await open({}, new Promise((resolve) => setTimeout(resolve, 100)))
    const raw = await openRaw(url)
    raw.send('POST /api/v1/echo HTTP/1.1\r\nContent-Length: 2\r\n\r\nab')
    raw.finish()
    assert.deepEqual(parseAnswer(await raw.read()).body, { length: 2 })
    const expecting = await openRaw(url)
    expecting.send('POST /api/v1/echo HTTP/1.1\r\nExpect: nonsense\r\nContent-Length: 1\r\n\r\na')
    expecting.finish()
    assert.deepEqual(parseAnswer(await expecting.read()).body, { length: 1 })
    const slow = await openRaw(url)
    slow.send('GET /api/v1/slow HTTP/1.1\r\n\r\n')
    slow.finish()
    assert.deepEqual(parseAnswer(await slow.read()).body, { slow: true })
  })

  it('answers pipelined requests in their order', async () => {
    const { url } = await open()
    const raw = await openRaw(url)
    const bodies = Array.from({ length: 50 }, (_, n) => 'x'.repeat(n))
    raw.send(
      bodies
        .map(
          (body) => `POST /api/v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        )
        .join(''),
    )
    const text = await raw.read((got) => got.split('{"length"').length > 50)
    const lengths = [...text.matchAll(/\{"length":(\d+)\}/g)].map(([, length]) => Number(length))
    assert.deepEqual(
      lengths,
      bodies.map((body) => body.length),
    )
    raw.socket.destroy()
  })

  it('gives slow headers and slow bodies a 408', async () => {
    const { url } = await open({ headersTimeout: 150, requestTimeout: 300 })
    const head = await openRaw(url)
    head.send('GET /api/v1/slow HTTP/1.1\r\nHost: x\r\nX-Slow: ')
    assert.equal(parseAnswer(await head.read()).status, 408)
    const body = await openRaw(url)
    body.send('POST /api/v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\na')
    const { status, body: said } = parseAnswer(await body.read())
    assert.equal(status, 408)
    assert.equal((said as { error: string }).error, 'Request Timeout')
  })

  it('refuses a flood of headers with a 431, and what is no HTTP with a 400', async () => {
    const { url } = await open()
    const flood = await openRaw(url)
    flood.send(`GET / HTTP/1.1\r\nHost: x\r\n${'X-Flood: yes\r\n'.repeat(5000)}\r\n`)
    assert.equal(parseAnswer(await flood.read()).status, 431)
    const long = await openRaw(url)
    long.send(`GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`)
    assert.ok([414, 431].includes(parseAnswer(await long.read()).status))
    const garbage = ['\x16\x03\x01\x02\x00', 'HELLO\r\n\r\n', 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n']
    const heads = ['Content-Length: -1', 'Content-Length: ten', 'Content-Length: 1\r\nContent-Length: 2']
    heads.push(
      'Content-Length: 2\r\nTransfer-Encoding: chunked',
      'Transfer-Encoding: nonsense',
      'Bad Name: x',
    )
    garbage.push(...heads.map((line) => `POST /api/v1/echo HTTP/1.1\r\nHost: x\r\n${line}\r\n\r\n`))
    for (const bytes of garbage) {
      const raw = await openRaw(url)
      raw.send(bytes)
      raw.finish()
      const text = await raw.read()
      const { status, body } = parseAnswer(text)
      assert.equal(status, 400, `${JSON.stringify(bytes)} got ${text}`)
      assert.deepEqual(Object.keys(body as object), ['error', 'message', 'detail'])
    }
  })

  it('refuses a body above the limit with a 413 that the client gets to read', async () => {
    const { url } = await open()
    for (const body of ['x'.repeat(1001), 'x'.repeat(3_000_000)]) {
      const declared = await fetch(`${url}/api/v1/echo`, { method: 'POST', body })
      assert.equal(declared.status, 413)
      assert.equal(((await declared.json()) as { error: string }).error, 'Payload Too Large')
      const stream = new Blob([body]).stream()
      const chunked = await fetch(`${url}/api/v1/echo`, {
        method: 'POST',
        body: stream,
        duplex: 'half',
      } as RequestInit)
      assert.equal(chunked.status, 413)
      await chunked.arrayBuffer()
    }
    const fits = await fetch(`${url}/api/v1/echo`, { method: 'POST', body: 'x'.repeat(1000) })
    assert.deepEqual(await fits.json(), { length: 1000 })
  })

  it('survives clients that leave in the middle', async () => {
    const { url, logged } = await open()
    for (let n = 0; n < 100; n += 1) {
      const raw = await openRaw(url)
      raw.send(REQUEST.slice(0, 20 + n))
      raw.socket.destroy()
    }
    assert.equal((await fetch(`${url}/api/v1/echo`, { method: 'POST', body: 'ok' })).status, 200)
    assert.deepEqual(logged, [])
  })

  it('drops connections above its limit, and serves the others', async () => {
    const { url } = await open({ maxConnections: 3 })
    const raws = await Promise.all([openRaw(url), openRaw(url), openRaw(url)])
    const late = await openRaw(url)
    assert.equal(await late.read(), '')
    for (const raw of raws) {
      raw.send(REQUEST)
      assert.match(await raw.read((text) => text.includes('}')), /\{"length":2\}/)
      raw.socket.destroy()
    }
  })

  it('finishes what is in flight when it closes, takes nothing new, and does not wait for idle connections', async () => {
    let release = () => {}
    const gate = new Promise<void>((resolve) => (release = resolve))
    const { server, url } = await open({}, gate)
    const idle = await openRaw(url)
    idle.send(REQUEST)
    await idle.read((text) => text.includes('}'))
    const answer = fetch(`${url}/api/v1/slow`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const closed = server.close()
    await new Promise((resolve) => setTimeout(resolve, 50))
    await assert.rejects(fetch(`${url}/api/v1/echo`, { method: 'POST' }))
    release()
    assert.deepEqual(await (await answer).json(), { slow: true })
    await closed
  })

  it('can be cut short', async () => {
    const { server, url } = await open({}, new Promise(() => undefined))
    const answer = fetch(`${url}/api/v1/slow`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const closed = server.close()
    server.cut()
    await assert.rejects(answer)
    await closed
  })
})
