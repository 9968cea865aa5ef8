import { parseArgs } from 'node:util'
import { registryUrl } from '../config.ts'
import { createSuperuser } from '../core/access/house-users.ts'
import { isCoreError, type CoreError } from '../core/errors.ts'
import { openDataDir } from '../data-dir.ts'
import { EXIT, UsageError, type Command } from './command.ts'
import { readConfig } from './environment.ts'

const HELP = `sensorium admin create EMAIL USERNAME PASSWORD

Makes a user with superuser rights in the data folder of this server. The server must not be running, since it
keeps its users' rights in memory. Where somebody has the e-mail already, nothing is changed.
`

/** `sensorium admin create`: superusers are made here and nowhere else. */
export const adminCommand: Command = {
  name: 'admin',
  summary: 'create EMAIL USERNAME PASSWORD: make a superuser',
  help: HELP,
  async run(argv) {
    const { positionals } = parseArgs({ args: argv, options: {}, allowPositionals: true })
    const [verb, email, username, password, ...rest] = positionals
    if (verb !== 'create' || email === undefined || username === undefined || !password || rest.length > 0) {
      throw new UsageError('it is "admin create EMAIL USERNAME PASSWORD"')
    }
    return create({ email, username, password })
  },
}

async function create(person: { email: string; username: string; password: string }): Promise<number> {
  const config = readConfig()
  const dataDir = openDataDir(config.dataDir)
  try {
    const { openRegistry } = await import('../registry/index.ts')
    const url = registryUrl(config, dataDir.path)
    const registry = await openRegistry({ url, masterKey: dataDir.keys.master })
    try {
      const { created, user } = await createSuperuser({ users: registry.users }, person)
      const message = `${user.email} exists already (user ${user.username}); nothing was changed`
      process.stdout.write(created ? `superuser ${user.username} made (id ${user.id})\n` : `${message}\n`)
      return EXIT.ok
    } finally {
      await registry.close()
    }
  } catch (error) {
    if (!isCoreError(error)) throw error
    process.stderr.write(`sensorium: ${refusal(error)}\n`)
    return EXIT.failed
  } finally {
    dataDir.close()
  }
}

function refusal({ code, details }: CoreError): string {
  if (code === 'username_taken') return 'somebody has this user name already; nothing was changed'
  if (code === 'invalid_input') return `${String(details['field'])}: ${String(details['reason'])}`
  return `the user was not made: ${code}`
}
