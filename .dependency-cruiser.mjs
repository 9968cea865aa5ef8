// Who may import whom (ARCHITECTURE.md, "The house"). scripts/gates/layers.test.ts plants a violation of each rule here
// and demands that it is caught.
const TEST = '\\.test\\.ts$'

/** A library that one place alone may use, so that replacing it touches one place. Types of it may go further. */
function driver(name, library, places) {
  return {
    name: `driver-in-one-place-${name}`,
    comment: `${library} is used in one place`,
    severity: 'error',
    from: { path: '^src/', pathNot: [TEST, ...places] },
    to: { path: library, dependencyTypesNot: ['type-only'] },
  }
}

const npm = (name) => `(^|/)node_modules/${name}/`

/** From a part of the house to any other part that is not named. */
function sees(name, part, others) {
  return {
    name,
    severity: 'error',
    from: { path: `^src/${part}/`, pathNot: TEST },
    to: { path: '^src/', pathNot: [part, ...others].map((other) => `^src/${other}/`) },
  }
}

export default {
  forbidden: [
    {
      name: 'core-is-alone',
      comment: 'core knows core, node:crypto and pure libraries: no HTTP, no SQL, no sockets, no files',
      severity: 'error',
      from: { path: '^src/core/', pathNot: TEST },
      to: { pathNot: ['^src/core/', '^(node:)?crypto$', npm('(jose|bcryptjs|typebox)')] },
    },
    sees('wire-sees-core', 'wire', ['core']),
    sees('dialects-see-core-and-wire', 'dialects', ['core', 'wire']),
    {
      name: 'dialects-are-strangers',
      severity: 'error',
      from: { path: '^src/dialects/([^/]+)/' },
      to: { path: '^src/dialects/', pathNot: '^src/dialects/$1/' },
    },
    {
      name: 'nobody-imports-a-dialect-but-app',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/dialects/', '^src/app\\.ts$', TEST] },
      to: { path: '^src/dialects/' },
    },
    sees('registry-sees-core', 'registry', ['core']),
    sees('timeseries-sees-core', 'timeseries', ['core']),
    {
      name: 'engines-are-strangers',
      comment: 'two engines of one store never know each other; what they share stands above them',
      severity: 'error',
      from: { path: '^src/(registry|timeseries)/(sqlite|postgres|embedded)/' },
      to: { path: '^src/$1/(sqlite|postgres|embedded)/', pathNot: '^src/$1/$2/' },
    },
    sees('transports-see-core-and-wire', 'transports', ['core', 'wire']),
    sees('observability-sees-core', 'observability', ['core']),
    {
      name: 'simulate-stands-outside',
      comment: 'the simulator knows the server by its wires alone',
      severity: 'error',
      from: { path: '^src/simulate/', pathNot: TEST },
      to: { path: '^src/', pathNot: '^src/simulate/' },
    },
    driver('node-sqlite', '^(node:)?sqlite$', [
      '^src/registry/sqlite/',
      '^src/timeseries/embedded/',
      '^src/data-dir/lock\\.ts$',
    ]),
    driver('pg', npm('pg'), ['^src/registry/postgres/']),
    driver('kysely', npm('kysely'), ['^src/registry/']),
    driver('fastify', npm('(@fastify/[^/]+|fastify)'), ['^src/transports/http/']),
    driver('pino', npm('pino'), ['^src/observability/']),
    driver('prom-client', npm('prom-client'), ['^src/observability/']),
    driver('jose', npm('jose'), ['^src/core/access/']),
    driver('bcryptjs', npm('bcryptjs'), ['^src/core/access/']),
    {
      name: 'no-cycles',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: TEST },
      to: {},
    },
    {
      name: 'nothing-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'tests-are-not-imported',
      severity: 'error',
      from: { pathNot: TEST },
      to: { path: TEST },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
}
