import { parseArgs } from 'node:util'
import { openDataDir, type DataDir } from '../data-dir.ts'
import { createLogger } from '../observability/log.ts'
import type { Config } from '../config.ts'
import type { Command } from './command.ts'
import { readConfig } from './environment.ts'
import { keepTickShape, returnStartMemory } from './footprint.ts'
import { closeOnSignal } from './shutdown.ts'
import { welcome } from './welcome.ts'

const HELP = `sensorium [serve]

Starts the server and runs until SIGTERM or Ctrl-C: it then stops accepting, finishes what it has accepted and ends.
A second signal ends it at once.

It takes no options: settings come from the environment and from the file .env in the working folder.
"sensorium config" lists them all.
`

/** `sensorium serve`, the default. */
export const serveCommand: Command = {
  name: 'serve',
  summary: 'start the server (the default)',
  help: HELP,
  async run(argv) {
    parseArgs({ args: argv, options: {} })
    const config = readConfig()
    const dataDir = openDataDir(config.dataDir)
    try {
      return await serve(config, dataDir)
    } finally {
      dataDir.close()
    }
  },
}

async function serve(config: Config, dataDir: DataDir): Promise<number> {
  // A reader of our output that goes away (`| head`) is no reason to stop.
  process.stdout.on('error', () => {})
  keepTickShape()
  const { createApp } = await import('../app.ts')
  const app = await createApp({ config, dataDir, logger: createLogger(config.logLevel) })
  try {
    const urls = await app.listen()
    const closed = closeOnSignal(() => app.close())
    process.stdout.write(welcome(urls, config, dataDir))
    returnStartMemory()
    return await closed
  } catch (error) {
    await app.close()
    throw error
  }
}
