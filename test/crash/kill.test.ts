import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { iotflow } from '../../src/simulate/iotflow.ts'
import type { Fleet } from '../../src/simulate/fleet.ts'
import { between, randomStream } from '../../src/simulate/random.ts'
import {
  endProcess,
  spawnServer,
  startServer,
  temporaryFolder,
  type ServerProcess,
} from '../server-process.ts'
import { compactions } from '../metrics-page.ts'
import { witness, type Witness } from './witness.ts'

const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 20)
const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000)
const DEVICES = 40
/** Compaction back to back, so that a good part of the kills falls into one. */
const BUSY_COMPACTION = { COMPACT_POINTS: '1000' }

describe(`a server killed ${ROUNDS} times under load (CRASH_SEED=${SEED})`, () => {
  const random = randomStream(SEED)
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let server: ServerProcess
  let fleet: Fleet
  let memory: Witness
  let compacted = 0

  before(async () => {
    folder = await temporaryFolder('crash')
    server = await startServer({ dataDir: folder.path, env: BUSY_COMPACTION })
    fleet = await iotflow.connect({ url: server.url, devices: DEVICES, seed: SEED, connections: DEVICES })
    memory = witness(fleet, DEVICES, SEED)
  })
  after(async () => {
    fleet?.close()
    await server?.end('SIGKILL')
    await folder?.remove()
  })

  for (let round = 1; round <= ROUNDS; round += 1) {
    it(`round ${round}: everything acknowledged is there, once, with its value`, async () => {
      await killUnderLoad()
      if (round % 2 === 0) await killWhileStarting()
      server = await startServer({ dataDir: folder.path, port: server.port, env: BUSY_COMPACTION })
      await memory.verify()
    })
  }

  it('a fair amount was promised meanwhile, and compaction ran all the time', () => {
    assert.ok(memory.acknowledged() > ROUNDS * 100, `${memory.acknowledged()} reports were acknowledged`)
    assert.ok(compacted >= ROUNDS, `${compacted} compactions were finished before a kill`)
  })

  async function killUnderLoad(): Promise<void> {
    const stop = new AbortController()
    const sending = memory.sendUntil(stop.signal)
    await pause(between(random, 100, 1500))
    compacted += await compactions(server.url)
    await server.end('SIGKILL')
    stop.abort()
    await sending
  }

  async function killWhileStarting(): Promise<void> {
    const { child } = spawnServer({ dataDir: folder.path, port: server.port, env: BUSY_COMPACTION })
    await pause(between(random, 50, 900))
    await endProcess(child, 'SIGKILL')
  }
})
