import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, createApp } from '../src/app.ts'
import { loadConfig } from '../src/config.ts'
import { type DataDir, openDataDir } from '../src/data-dir.ts'
import { createLogger } from '../src/observability/log.ts'

export interface House {
  readonly url: string
  readonly operatorToken: string
  readonly dataDir: string
  /** Everything the server has logged, one JSON text a line. */
  readonly log: string[]
  /** Closes the server and removes its data. */
  close(): Promise<void>
  /** Closes the server and starts it anew on the same data, on another port. */
  restart(settings?: Readonly<Record<string, string>>): Promise<House>
}

/**
 * The whole server in this process, on an ephemeral port of 127.0.0.1 and a folder of its own.
 * `settings` are environment names, as an operator would set them. No demo user unless asked for.
 */
export async function startHouse(settings: Readonly<Record<string, string>> = {}): Promise<House> {
  return openHouse(await mkdtemp(join(tmpdir(), 'sensorium-house-')), settings)
}

async function openHouse(folder: string, settings: Readonly<Record<string, string>>): Promise<House> {
  const config = loadConfig({ PORT: '0', DEMO_USER: '', LOG_LEVEL: 'info', ...settings, DATA_DIR: folder })
  const log: string[] = []
  const logger = createLogger(config.logLevel, { write: (line: string) => log.push(line) })
  const dataDir: DataDir = openDataDir(config.dataDir)
  const app: App = await createApp({ config, dataDir, logger })
  const [url = ''] = await app.listen()
  const stop = async () => {
    await app.close()
    dataDir.close()
  }
  return {
    url,
    operatorToken: config.adminToken ?? dataDir.keys.operatorToken,
    dataDir: folder,
    log,
    async close() {
      await stop()
      await rm(folder, { recursive: true, force: true })
    },
    async restart(changed = {}) {
      await stop()
      return openHouse(folder, { ...settings, ...changed })
    },
  }
}
