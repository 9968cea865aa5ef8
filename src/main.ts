#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { adminCommand } from './cli/admin.ts'
import { EXIT, UsageError, type Command } from './cli/command.ts'
import { configCommand } from './cli/config.ts'
import { describeFailure, isUsage } from './cli/failure.ts'
import { keepCompiledCode } from './cli/footprint.ts'
import { serveCommand } from './cli/serve.ts'
import { simulateCommand } from './cli/simulate.ts'

const COMMANDS: readonly Command[] = [serveCommand, simulateCommand, adminCommand, configCommand]

keepCompiledCode()
process.exitCode = await main(process.argv.slice(2))

/** The command line `sensorium`: one word chooses the command, the rest is its own. */
async function main(argv: string[]): Promise<number> {
  try {
    return await dispatch(argv)
  } catch (error) {
    if (isUsage(error)) {
      process.stderr.write(`sensorium: ${error.message.split('\n')[0]} (see "sensorium help")\n`)
      return EXIT.usage
    }
    process.stderr.write(`sensorium: ${describeFailure(error)}\n`)
    if (process.env['SENSORIUM_TRACE'] && error instanceof Error) process.stderr.write(`${error.stack}\n`)
    return EXIT.failed
  }
}

async function dispatch([word, ...rest]: string[]): Promise<number> {
  if (word === undefined) return serveCommand.run([])
  if (['help', '--help', '-h'].includes(word))
    return print(rest[0] === undefined ? overview() : find(rest[0]).help)
  if (['--version', '-v'].includes(word)) return print(`${version()}\n`)
  if (word.startsWith('-')) return serveCommand.run([word, ...rest])
  const command = find(word)
  if (rest.includes('--help') || rest.includes('-h')) return print(command.help)
  return command.run(rest)
}

function find(word: string): Command {
  const command = COMMANDS.find(({ name }) => name === word)
  if (command) return command
  throw new UsageError(
    `there is no command "${word}"; there are ${COMMANDS.map(({ name }) => name).join(', ')}`,
  )
}

function print(text: string): number {
  process.stdout.write(text)
  return EXIT.ok
}

function overview(): string {
  const rows = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`)
  return `sensorium [COMMAND]

One IoT server for devices that speak different wire languages.

${rows.join('\n')}
  help       this page, or that of a command: sensorium help COMMAND

With npm: npm start -- COMMAND. Settings come from the environment and .env; "sensorium config" lists them.
`
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return String((manifest as { version?: unknown }).version)
}
