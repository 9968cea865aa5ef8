import { startPostgres } from '../../test/postgres-server.ts'
import { registryContract } from './contract.ts'

const server = await startPostgres()

registryContract({
  name: `PostgreSQL ${server?.version ?? ''}`,
  freshUrl: async () => {
    if (server === null) throw new Error('no PostgreSQL server')
    return server.createDatabase()
  },
  dispose: async () => server?.stop(),
  ...(server === null && { skip: 'no PostgreSQL server could be had: see the note above' }),
})
