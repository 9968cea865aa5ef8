import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Fleet } from '../../src/simulate/fleet.ts'
import { iotflow } from '../../src/simulate/iotflow.ts'
import { between, randomStream } from '../../src/simulate/random.ts'
import { startServer, temporaryFolder, type ServerProcess } from '../server-process.ts'
import { witness, type Witness } from './witness.ts'
import { type WriteAheadLog, cutLog, tearLastPage, telemetryLog } from './write-ahead-log.ts'

const DEVICES = 10
const SEED = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000)

describe(`files damaged while the server is down (CRASH_SEED=${SEED})`, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let server: ServerProcess
  let fleet: Fleet
  let memory: Witness

  before(async () => {
    folder = await temporaryFolder('damage')
    server = await startServer({ dataDir: folder.path })
    fleet = await iotflow.connect({ url: server.url, devices: DEVICES, seed: SEED, connections: DEVICES })
    memory = witness(fleet, DEVICES, SEED)
  })
  after(async () => {
    fleet?.close()
    await server?.end('SIGKILL')
    await folder?.remove()
  })

  const sendFor = (milliseconds: number): Promise<void> => memory.sendUntil(AbortSignal.timeout(milliseconds))
  const restart = async (): Promise<void> => {
    server = await startServer({ dataDir: folder.path, port: server.port })
  }

  /** Sends, remembers where the log ends, and sends on; once more where the log began anew meanwhile. */
  async function sendWithinOneLog(): Promise<{ kept: WriteAheadLog; mark: number }> {
    for (let attempt = 1; ; attempt += 1) {
      await sendFor(100)
      const [kept, mark] = [await telemetryLog(folder.path), memory.mark()]
      await sendFor(200)
      const { salt } = await telemetryLog(folder.path)
      if (salt === kept.salt || attempt === 20) return { kept, mark }
    }
  }

  it('a torn last page takes nothing away that was acknowledged', async () => {
    await sendFor(400)
    await server.end('SIGKILL')
    await tearLastPage(await telemetryLog(folder.path))
    await restart()
    await memory.verify()
    await sendFor(200)
    await memory.verify()
  })

  it('a log cut in the middle of later messages keeps all earlier ones, and no message in part', async () => {
    const { kept, mark } = await sendWithinOneLog()
    await server.end('SIGKILL')
    const grown = await telemetryLog(folder.path)
    assert.equal(grown.salt, kept.salt, 'the log did not begin anew in between')
    assert.ok(grown.bytes > kept.bytes, 'the later messages stand in the log')
    await cutLog(grown, between(randomStream(SEED), kept.bytes, grown.bytes - 1))
    memory.forgive(mark)
    await restart()
    await memory.verify()
    await sendFor(200)
    await memory.verify()
  })

  it('a clean end leaves everything in its place', async () => {
    await sendFor(200)
    assert.equal(await server.end('SIGTERM'), 0)
    await restart()
    await memory.verify()
  })
})
