import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, realpathSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { openDataDir } from '../src/data-dir.ts'
import { cleanEnvironment, scratch } from './command-run.ts'

const MAIN = join(import.meta.dirname, '../src/main.ts')

interface Running {
  readonly output: () => string
  readonly url: string
  readonly kill: (signal: NodeJS.Signals) => void
  readonly ended: Promise<[code: number | null, signal: NodeJS.Signals | null]>
}

/** `sensorium` without a word, as a newcomer starts it, until it has said all it has to say. */
async function start(dataDir: string, settings: Record<string, string> = {}): Promise<Running> {
  const child = spawn(process.execPath, [MAIN], {
    cwd: scratch(),
    env: cleanEnvironment({ PORT: '0', LOG_LEVEL: 'warn', DATA_DIR: dataDir, ...settings }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => (output += part.toString()))
  const ended = once(child, 'exit') as Running['ended']
  const waiting = AbortSignal.timeout(15_000)
  while (!output.includes('Everything it answers')) {
    if (child.exitCode !== null || waiting.aborted) {
      child.kill('SIGKILL')
      throw new Error(`did not start:\n${output}`)
    }
    await pause(20)
  }
  const url = /http:\/\/[\d.]+:\d+/.exec(output)?.[0] ?? ''
  return { output: () => output, url, kill: (signal) => child.kill(signal), ended }
}

const tokenLine = (output: string): string => /operator token +(.*)/.exec(output)?.[1] ?? ''

describe('npm start', () => {
  it('says where it listens, where the data are, the token once, and a first reading that works', async () => {
    const dataDir = join(scratch(), 'data')
    const first = await start(dataDir)
    const path = realpathSync(dataDir)
    assert.match(first.output(), /^Sensorium listens on http:\/\/127\.0\.0\.1:\d+$/m)
    assert.match(first.output(), new RegExp(`data +${path}$`, 'm'))
    const token = readFileSync(join(dataDir, 'keys/operator.token'), 'utf8').trim()
    assert.ok(tokenLine(first.output()).startsWith(`${token} `))
    const stats = await fetch(`${first.url}/api/v1/admin/stats`, {
      headers: { authorization: `admin ${token}` },
    })
    assert.equal(stats.status, 200)

    const lines = first.output().split('\n')
    const from = lines.findIndex((line) => line.startsWith('Send a first reading'))
    const to = lines.findIndex((line) => line.startsWith('Everything it answers'))
    const answer = execFileSync('bash', ['-euo', 'pipefail', '-c', lines.slice(from + 1, to).join('\n')], {
      encoding: 'utf8',
    })
    assert.match(answer, /"message":"Telemetry data stored successfully"/)

    first.kill('SIGTERM')
    assert.deepEqual(await first.ended, [0, null])

    const second = await start(dataDir)
    assert.equal(tokenLine(second.output()), `in ${join(path, 'keys/operator.token')}`)
    assert.doesNotMatch(second.output(), new RegExp(token))
    second.kill('SIGINT')
    assert.deepEqual(await second.ended, [0, null])
  })

  it('shows no token that was given to it', async () => {
    const server = await start(join(scratch(), 'data'), { ADMIN_TOKEN: 'a-token-of-my-own' })
    assert.equal(tokenLine(server.output()), 'as given in ADMIN_TOKEN')
    assert.doesNotMatch(server.output(), /a-token-of-my-own/)
    server.kill('SIGTERM')
    await server.ended
  })

  it('listens on several ports', async () => {
    const server = await start(join(scratch(), 'data'), { PORT: '0,0' })
    const urls = [...server.output().matchAll(/http:\/\/127\.0\.0\.1:\d+(?= and |$)/gm)].map(([url]) => url)
    assert.equal(new Set(urls.slice(0, 2)).size, 2)
    for (const url of urls.slice(0, 2)) assert.equal((await fetch(`${url}/health`)).status, 200)
    server.kill('SIGTERM')
    await server.ended
  })
})

describe('a signal', () => {
  /** A request whose body never ends keeps the server from closing for a while. */
  async function holdOpen(url: string): Promise<() => void> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.on('error', () => {})
    await once(socket, 'connect')
    socket.write(
      'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n' +
        'Content-Length: 100\r\nExpect: 100-continue\r\n\r\n{',
    )
    // The server has the request in hand: before that its connection counts as idle.
    await once(socket, 'data')
    return () => socket.destroy()
  }

  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    it(`${signal} twice cuts`, async () => {
      const server = await start(join(scratch(), 'data'))
      const release = await holdOpen(server.url)
      server.kill(signal)
      await pause(400)
      server.kill(signal)
      const [given] = await server.ended
      release()
      assert.equal(given, code)
    })
  }

  it('that comes twice for one key press counts once', async () => {
    const server = await start(join(scratch(), 'data'))
    server.kill('SIGINT')
    server.kill('SIGINT')
    assert.deepEqual(await server.ended, [0, null])
  })
})

it('SIGTERM to npm reaches the server, which closes in order', async () => {
  const dataDir = join(scratch(), 'data')
  const npm = spawn('npm', ['start', '--silent'], {
    cwd: join(import.meta.dirname, '..'),
    env: cleanEnvironment({ PORT: '0', LOG_LEVEL: 'warn', DATA_DIR: dataDir }),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  const said = once(npm.stdout, 'end')
  npm.stdout.on('data', (part: Buffer) => {
    output += part.toString()
    if (output.includes('Everything it answers') && !npm.killed) npm.kill('SIGTERM')
  })
  // The pipe ends when the last process that writes to it has ended: npm, the shell, the server.
  await said
  assert.match(output, /SIGTERM: finishing what is accepted/)
  openDataDir(dataDir).close()
})
