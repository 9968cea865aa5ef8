import { parseArgs } from 'node:util'
import type { Command } from './command.ts'
import { readConfig } from './environment.ts'
import { settingsPage } from './settings-page.ts'

/** `sensorium config`: what this server would start with, and why. */
export const configCommand: Command = {
  name: 'config',
  summary: 'print every setting: its value, where it comes from, what it means',
  help: `sensorium config

Prints every setting with its value, where that comes from (environment, .env, default, generated) and what it
means. Secrets are masked. A wrong setting is named, and the exit code is then 1.
`,
  run(argv) {
    parseArgs({ args: argv, options: {} })
    process.stdout.write(settingsPage(readConfig()))
    return Promise.resolve(0)
  },
}
