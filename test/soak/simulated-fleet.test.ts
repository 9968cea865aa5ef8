import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { residentMemory, startServer, temporaryFolder, type ServerProcess } from '../server-process.ts'

/** Hours are a soak, the few seconds of every test run show that it works. */
const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 6)
const DEVICES = process.env['SOAK_DEVICES'] ?? '100'
const RATE = process.env['SOAK_RATE'] ?? '400'
const MAIN = new URL('../../src/main.ts', import.meta.url).pathname
const MEBIBYTE = 2 ** 20

describe(`a simulated fleet for ${SECONDS} seconds (SOAK_SECONDS, SOAK_DEVICES, SOAK_RATE)`, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let server: ServerProcess

  before(async () => {
    folder = await temporaryFolder('soak')
    server = await startServer({ dataDir: folder.path })
  })
  after(async () => {
    await server?.end('SIGKILL')
    await folder?.remove()
  })

  it('finds everything that was acknowledged, and leaves the memory of the server flat', async () => {
    const simulation = simulate('--seconds', String(SECONDS))
    await pause((SECONDS * 1000) / 2)
    const halfway = await residentMemory(server.pid)
    const { code, output } = await simulation
    assert.equal(code, 0, output)
    assert.match(output, /everything that was acknowledged is there and right/)
    assert.match(output, / 0 missing, 0 wrong; 0 devices miscounted, 0 unreadable/)
    const growth = (await residentMemory(server.pid)) - halfway
    assert.ok(growth < 150 * MEBIBYTE, `grew by ${Math.round(growth / MEBIBYTE)} MB in the second half`)
  })

  it('says in one line that nobody answers, with exit code 1', async () => {
    await server.end('SIGTERM')
    const { code, output } = await simulate('--seconds', '1')
    assert.equal(code, 1)
    assert.match(output, /nothing listens at http:\/\/127\.0\.0\.1:\d+\n$/)
  })

  async function simulate(...flags: string[]): Promise<{ code: number | null; output: string }> {
    const fixed = [
      'simulate',
      '--dialect',
      'iotflow',
      '--url',
      server.url,
      '--devices',
      DEVICES,
      '--rate',
      RATE,
    ]
    const child = spawn(process.execPath, [MAIN, ...fixed, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part: Buffer) => (output += String(part)))
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, output }
  }
})
