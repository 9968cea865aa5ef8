import {
  databaseUrl,
  folder,
  host,
  integer,
  oneOf,
  origins,
  ports,
  text,
  textOrOff,
  token,
  truth,
  type Kind,
} from './kinds.ts'

/** One setting: what it is called, what it takes, what it means. The README's table is made from these. */
export interface Setting<T> {
  readonly name: string
  /** Other names for the same thing, as older systems call it. */
  readonly aliases: readonly string[]
  readonly kind: Kind<T>
  /** As it would be written in the environment; null: nothing, and the value is null. */
  readonly default: string | null
  /** What stands in for a missing default, in words. */
  readonly otherwise?: string
  readonly meaning: string
  readonly secret: boolean
  /** An empty text is a value of its own, not a missing one. */
  readonly emptyCounts: boolean
}

interface Words {
  readonly aliases?: readonly string[]
  readonly otherwise?: string
  readonly emptyCounts?: boolean
  readonly secret?: boolean
  readonly meaning: string
}

function setting<T>(name: string, kind: Kind<T>, words: Words & { default: string }): Setting<T> {
  return { aliases: [], secret: false, emptyCounts: false, ...words, name, kind }
}

function optional<T>(name: string, kind: Kind<T>, words: Words & { otherwise: string }): Setting<T | null> {
  return { aliases: [], secret: false, emptyCounts: false, ...words, default: null, name, kind }
}

const MEBIBYTE = 1_048_576

/** Every setting of the server, once. */
export const SETTINGS = {
  ports: setting('PORT', ports, {
    aliases: ['API_PORT'],
    default: '8000',
    meaning: 'HTTP port; a comma list opens several, `0` lets the system choose',
  }),
  host: setting('HOST', host, {
    aliases: ['API_HOST'],
    default: '127.0.0.1',
    meaning:
      'address to listen on; anything but a loopback address counts as exposed, and then weak secrets are refused',
  }),
  exposed: setting('EXPOSED', truth, {
    default: 'off',
    meaning:
      'on: strangers can reach this server although it listens on loopback, for example through a proxy',
  }),
  dataDir: setting('DATA_DIR', folder, {
    default: './data',
    meaning: 'folder of the registry, the time series and the generated keys',
  }),
  database: optional('DATABASE_URL', databaseUrl, {
    aliases: ['DB_URL'],
    otherwise: 'in `DATA_DIR`',
    meaning: 'file of the registry: `sqlite:///relative/path` or `sqlite:////absolute/path`',
  }),
  adminToken: optional('ADMIN_TOKEN', token, {
    otherwise: 'generated, printed once',
    secret: true,
    meaning: "operator's token, good in every dialect",
  }),
  iotflowAdminToken: optional('IOTFLOW_ADMIN_TOKEN', token, {
    otherwise: '`ADMIN_TOKEN`',
    secret: true,
    meaning: 'another operator token that holds on iotflow routes only',
  }),
  nbiotAdminKey: optional('NBIOT_ADMIN_KEY', token, {
    otherwise: '`ADMIN_TOKEN`',
    secret: true,
    meaning: 'another operator token that holds on nbiot routes only',
  }),
  jwtSecret: optional('JWT_SECRET', text, {
    otherwise: '`SECRET_KEY`, else generated',
    secret: true,
    meaning: "signs and verifies users' bearer tokens",
  }),
  secretKey: optional('SECRET_KEY', text, {
    otherwise: 'none',
    secret: true,
    meaning: 'verifies bearer tokens beside `JWT_SECRET`; signs them while `JWT_SECRET` is not set',
  }),
  accessTokenMinutes: setting('ACCESS_TOKEN_EXPIRE_MINUTES', integer(1, 5_256_000, 'minutes'), {
    default: '1440',
    meaning: 'life of a bearer token in minutes',
  }),
  demoUser: setting('DEMO_USER', textOrOff, {
    default: 'admin',
    emptyCounts: true,
    meaning:
      'name of an ordinary user made at the first start; empty: none. Never made, and refused, when exposed',
  }),
  demoPass: setting('DEMO_PASS', text, {
    default: 'admin123',
    secret: true,
    meaning: "the demo user's password; refused when exposed",
  }),
  registration: setting('REGISTRATION', oneOf('open', 'closed'), {
    default: 'open',
    meaning: 'closed: users are made on the command line only',
  }),
  userIdHeader: setting('USER_ID_HEADER', truth, {
    default: 'on',
    meaning: 'off: `X-User-ID` is refused, users send a bearer token',
  }),
  corsOrigins: setting('CORS_ORIGINS', origins, {
    default: '*',
    emptyCounts: true,
    meaning: 'web origins that may read answers: `*`, or a comma list',
  }),
  rateLimits: setting('RATE_LIMITS', truth, {
    default: 'off',
    meaning: 'limits on registration, credentials and heartbeats of iotflow, with `X-RateLimit-*` headers',
  }),
  logLevel: setting('LOG_LEVEL', oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'), {
    default: 'info',
    meaning: 'least severe line that is logged',
  }),
  bodyLimit: setting('BODY_LIMIT', integer(1024, 64 * MEBIBYTE, 'bytes'), {
    default: String(MEBIBYTE),
    meaning: 'largest request body in bytes',
  }),
  maxMetrics: setting('MAX_METRICS', integer(1, 100_000), {
    default: '1000',
    meaning: 'most readings in one message',
  }),
  maxDeviceMetrics: setting('MAX_DEVICE_METRICS', integer(1, 1_000_000), {
    default: '10000',
    meaning: 'most different metrics of one device',
  }),
  ingestQueue: setting('INGEST_QUEUE', integer(1, 1_000_000, 'messages'), {
    default: '10000',
    meaning: 'most messages waiting for the disk; more are answered with "too many"',
  }),
  ingestQueueBytes: setting('INGEST_QUEUE_BYTES', integer(MEBIBYTE, 4096 * MEBIBYTE, 'bytes'), {
    default: String(64 * MEBIBYTE),
    meaning: 'most bytes of messages waiting for the disk',
  }),
  maxConnections: setting('MAX_CONNECTIONS', integer(1, 1_000_000), {
    default: '10000',
    meaning: 'most open connections of one port',
  }),
  compactPoints: setting('COMPACT_POINTS', integer(1, 1_000_000_000), {
    default: '2000000',
    meaning: 'readings held in memory before they are compacted; each takes about 40 bytes',
  }),
  compactMinutes: setting('COMPACT_MINUTES', integer(1, 1440, 'minutes'), {
    default: '60',
    meaning: 'age of the oldest reading in memory at which they are compacted all the same',
  }),
  retentionDays: setting('RETENTION_DAYS', integer(0, 36_500, 'days'), {
    default: '0',
    meaning: 'days that readings are kept, by their data time; `0`: for ever',
  }),
  logRetentionDays: setting('LOG_RETENTION_DAYS', integer(0, 36_500, 'days'), {
    default: '30',
    meaning: 'days that received messages are kept as they came; `0`: for ever. Readings are not touched',
  }),
} as const

export type SettingKey = keyof typeof SETTINGS

/** The values of all settings, each of its own type. */
export type Values = {
  readonly [K in SettingKey]: (typeof SETTINGS)[K] extends Setting<infer T> ? T : never
}
