/** A tree that breaks each layering rule once: what is planted, and between which files it must be found. */
interface Planted {
  readonly rule: string
  readonly from: string
  /** The start of what is imported, as the checker names it. */
  readonly to: string
}

export const PLANTED: readonly Planted[] = [
  { rule: 'core-is-alone', from: 'src/core/reads-files.ts', to: 'fs' },
  { rule: 'core-is-alone', from: 'src/core/knows-http.ts', to: 'node_modules/fastify' },
  { rule: 'core-is-alone', from: 'src/core/knows-store.ts', to: 'src/registry/users.ts' },
  { rule: 'wire-sees-core', from: 'src/wire/kit.ts', to: 'src/registry/users.ts' },
  { rule: 'dialects-see-core-and-wire', from: 'src/dialects/one/index.ts', to: 'src/registry/users.ts' },
  { rule: 'dialects-are-strangers', from: 'src/dialects/one/index.ts', to: 'src/dialects/two/index.ts' },
  {
    rule: 'nobody-imports-a-dialect-but-app',
    from: 'src/transports/http/server.ts',
    to: 'src/dialects/two/index.ts',
  },
  { rule: 'registry-sees-core', from: 'src/registry/users.ts', to: 'src/timeseries/embedded/store.ts' },
  {
    rule: 'timeseries-sees-core',
    from: 'src/timeseries/embedded/store.ts',
    to: 'src/registry/sqlite/engine.ts',
  },
  {
    rule: 'engines-are-strangers',
    from: 'src/registry/postgres/engine.ts',
    to: 'src/registry/sqlite/engine.ts',
  },
  {
    rule: 'transports-see-core-and-wire',
    from: 'src/transports/http/server.ts',
    to: 'src/registry/users.ts',
  },
  { rule: 'observability-sees-core', from: 'src/observability/log.ts', to: 'src/registry/users.ts' },
  { rule: 'simulate-stands-outside', from: 'src/simulate/run.ts', to: 'src/core/device.ts' },
  { rule: 'driver-in-one-place-node-sqlite', from: 'src/registry/users.ts', to: 'node:sqlite' },
  { rule: 'driver-in-one-place-pg', from: 'src/registry/users.ts', to: 'node_modules/pg' },
  { rule: 'driver-in-one-place-kysely', from: 'src/drivers.ts', to: 'node_modules/kysely' },
  { rule: 'driver-in-one-place-fastify', from: 'src/drivers.ts', to: 'node_modules/fastify' },
  { rule: 'driver-in-one-place-pino', from: 'src/drivers.ts', to: 'node_modules/pino' },
  { rule: 'driver-in-one-place-prom-client', from: 'src/drivers.ts', to: 'node_modules/prom-client' },
  { rule: 'driver-in-one-place-jose', from: 'src/drivers.ts', to: 'node_modules/jose' },
  { rule: 'driver-in-one-place-bcryptjs', from: 'src/drivers.ts', to: 'node_modules/bcryptjs' },
  { rule: 'no-cycles', from: 'src/core/egg.ts', to: 'src/core/hen.ts' },
  { rule: 'no-orphans', from: 'src/lonely.ts', to: 'src/lonely.ts' },
  { rule: 'nothing-unresolved', from: 'src/lost.ts', to: './nowhere.ts' },
  { rule: 'tests-are-not-imported', from: 'src/lost.ts', to: 'src/some.test.ts' },
]

/** Lines that look like those above and are allowed: types of a driver, a test that wires its own world. */
export const ALLOWED: readonly string[] = [
  'src/types-only.ts',
  'src/core/device.test.ts',
  'src/registry/sqlite/engine.ts',
]

const uses = (...modules: string[]): string =>
  modules.map((module, at) => `import * as m${at} from '${module}'\nexport const n${at} = m${at}\n`).join('')

export const TREE: Readonly<Record<string, string>> = {
  'tsconfig.json':
    '{"compilerOptions":{"module":"nodenext","target":"esnext","allowImportingTsExtensions":true}}',
  'src/core/device.ts': uses('node:crypto'),
  'src/core/reads-files.ts': uses('node:fs'),
  'src/core/knows-http.ts':
    "import type { FastifyInstance } from 'fastify'\nexport type Server = FastifyInstance\n",
  'src/core/knows-store.ts': uses('../registry/users.ts'),
  'src/core/egg.ts': uses('./hen.ts'),
  'src/core/hen.ts': uses('./egg.ts'),
  'src/core/device.test.ts': uses('../registry/users.ts', 'node:fs'),
  'src/wire/kit.ts': uses('../core/device.ts', '../registry/users.ts'),
  'src/dialects/one/index.ts': uses('../../wire/kit.ts', '../two/index.ts', '../../registry/users.ts'),
  'src/dialects/two/index.ts': uses('../../core/device.ts'),
  'src/registry/users.ts': uses('../core/device.ts', '../timeseries/embedded/store.ts', 'node:sqlite', 'pg'),
  'src/registry/sqlite/engine.ts': uses('node:sqlite', 'kysely'),
  'src/registry/postgres/engine.ts': uses('../sqlite/engine.ts', 'pg'),
  'src/timeseries/embedded/store.ts': uses('node:sqlite', '../../registry/sqlite/engine.ts'),
  'src/transports/http/server.ts': uses('fastify', '../../dialects/two/index.ts', '../../registry/users.ts'),
  'src/observability/log.ts': uses('pino', '../registry/users.ts'),
  'src/simulate/run.ts': uses('../core/device.ts'),
  'src/drivers.ts': uses('kysely', 'fastify', 'pino', 'prom-client', 'jose', 'bcryptjs'),
  'src/types-only.ts':
    "import type { FastifyInstance } from 'fastify'\nexport type Server = FastifyInstance\n",
  'src/lonely.ts': 'export default 1\n',
  'src/lost.ts': uses('./nowhere.ts', './some.test.ts'),
  'src/some.test.ts': uses('./core/device.ts'),
}
