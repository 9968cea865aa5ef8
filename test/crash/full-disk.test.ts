import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Fleet } from '../../src/simulate/fleet.ts'
import { iotflow } from '../../src/simulate/iotflow.ts'
import { startServer, type ServerProcess } from '../server-process.ts'
import { plainDevice, type PlainDevice } from './plain-device.ts'
import { smallDisk, type SmallDisk } from './small-disk.ts'
import { witness, type Witness } from './witness.ts'

const DEVICES = 10
const mounted = await smallDisk(48)
const skip = typeof mounted === 'string' ? mounted : false
if (skip) process.stderr.write(`\n*** SKIPPED: the full-disk test: ${skip} ***\n\n`)

describe('a server whose disk is full', { skip }, () => {
  const disk = mounted as SmallDisk
  let server: ServerProcess
  let fleet: Fleet
  let memory: Witness
  let device: PlainDevice

  before(async () => {
    server = await startServer({ dataDir: disk.path })
    fleet = await iotflow.connect({ url: server.url, devices: DEVICES, seed: 1, connections: DEVICES })
    memory = witness(fleet, DEVICES, 1)
    device = await plainDevice(server.url)
    await sendFor(300)
  })
  after(async () => {
    fleet?.close()
    await server?.end('SIGKILL')
    await disk.remove()
  })

  const sendFor = (milliseconds: number): Promise<void> => memory.sendUntil(AbortSignal.timeout(milliseconds))

  const until = async (wanted: 'acknowledged' | 'later', withinMs: number): Promise<void> => {
    const end = performance.now() + withinMs
    let answer: unknown = null
    while (answer !== wanted && performance.now() < end) {
      // The write-ahead log has room of its own, several megabytes, that a full disk leaves it.
      if (wanted === 'later') await sendFor(200)
      answer = await memory.sendOne(0)
      if (answer !== wanted) await pause(20)
    }
    assert.equal(answer, wanted, `no report was answered with "${wanted}" within ${withinMs} ms`)
  }

  it('refuses with 503 in the shape of the contract, and says so on /health', async () => {
    await disk.fill()
    await until('later', 10_000)
    const refused = await device.post(server.url, { temperature: 20 })
    assert.equal(refused.status, 503)
    assert.equal(typeof refused.body['error'], 'string')
    assert.equal(refused.body['stored_in_cassandra'], undefined)
    const health = await (await fetch(`${server.url}/health`)).json()
    assert.notEqual((health as { status: string }).status, 'healthy')
  })

  it('has lost nothing and stored nothing of what it refused', async () => {
    await memory.verify({ withoutCounts: true })
  })

  it('goes on by itself when there is space again', async () => {
    await disk.makeRoom()
    await until('acknowledged', 10_000)
    await sendFor(300)
    const health = await (await fetch(`${server.url}/health`)).json()
    assert.equal((health as { status: string }).status, 'healthy')
    await memory.verify()
  })

  it('survives a kill while the disk is full', async () => {
    await disk.fill()
    await until('later', 10_000)
    await server.end('SIGKILL')
    await disk.makeRoom()
    server = await startServer({ dataDir: disk.path, port: server.port })
    await sendFor(300)
    await memory.verify()
  })

  it('says in one line why it can not start on a full disk, and starts when there is space', async () => {
    await server.end('SIGTERM')
    await disk.fill()
    await assert.rejects(startServer({ dataDir: disk.path }), ({ message }: Error) => {
      assert.match(message, /^the server ended while starting:\n[^\n]*(disk is full|no space)[^\n]*\n+$/i)
      return true
    })
    await disk.makeRoom()
    server = await startServer({ dataDir: disk.path, port: server.port })
    await memory.verify()
  })
})
