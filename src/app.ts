import { join } from 'node:path'
import { type Config, registryUrl } from './config.ts'
import { ensureDemoUser } from './core/access/house-users.ts'
import { createOperatorTokens } from './core/access/operator-tokens.ts'
import type { OperatorTokens } from './core/access/user.ts'
import { createUserService } from './core/access/user-service.ts'
import { createUserTokens } from './core/access/user-tokens.ts'
import { createDeviceService } from './core/devices/device-service.ts'
import { createDirectory } from './core/devices/directory.ts'
import { createLabelService } from './core/devices/label-service.ts'
import { createIngest } from './core/ingest/ingest.ts'
import type { DataDir } from './data-dir.ts'
import { createIotflow } from './dialects/iotflow/index.ts'
import { createManager } from './dialects/manager/index.ts'
import { createHealth } from './observability/health.ts'
import { type Logger, maskPath } from './observability/log.ts'
import { mountMetrics } from './observability/metrics-route.ts'
import { createMetrics } from './observability/metrics.ts'
import { openRegistry } from './registry/index.ts'
import { openEmbeddedStore } from './timeseries/embedded/index.ts'
import { createHttpServer } from './transports/http/server.ts'
import { healthReports } from './wire/shared/health.ts'
import { createSharedPaths } from './wire/shared/index.ts'

export interface App {
  /** Settles with the URLs it listens on. Rejects with the system's error when a port can't be had. */
  listen(): Promise<string[]>
  /** Stops accepting, finishes what is accepted, flushes, closes. */
  close(): Promise<void>
}

export interface AppOptions {
  readonly config: Config
  readonly dataDir: DataDir
  readonly logger: Logger
}

/** The wiring: stores → core → dialects → transports. What is opened first is closed last. */
export async function createApp({ config, dataDir, logger }: AppOptions): Promise<App> {
  await using opened = new AsyncDisposableStack()

  // Stores
  const url = registryUrl(config, dataDir.path)
  const registry = await openRegistry({ url, masterKey: dataDir.keys.master })
  opened.defer(() => registry.close())
  const telemetry = await openEmbeddedStore({
    file: join(dataDir.path, 'telemetry.db'),
    limits: { seriesPerDevice: config.maxDeviceMetrics },
    retention: { logDays: config.logRetentionDays, readingDays: config.retentionDays },
    compaction: { points: config.compactPoints, age: config.compactMinutes * 60_000 },
    onFault: (error) => logger.error({ err: error }, 'the telemetry store has a fault'),
  })
  opened.defer(() => telemetry.close())

  // Core
  const directory = await createDirectory({ source: registry.directorySource, events: registry.events })
  const devices = createDeviceService({
    devices: registry.devices,
    removals: registry.removals,
    removeTelemetry: (device) => telemetry.deleteDevice(device),
  })
  const users = createUserService({
    users: registry.users,
    finishRemovals: (marked) => devices.finishRemovals(marked),
    registration: config.registration,
  })
  const labels = createLabelService({ labels: registry.labels, memberships: registry.memberships })
  const path = createIngest({
    store: telemetry,
    directory,
    limits: { queue: config.ingestQueue, queueBytes: config.ingestQueueBytes, metrics: config.maxMetrics },
    onCommit: (batch) => metrics.observeCommit(batch),
    onListenerError: (error) => logger.error({ err: error }, 'a listener of committed uplinks failed'),
  })
  opened.defer(() => path.drain())
  const metrics = createMetrics({
    ingest: path.counters,
    store: () => telemetry.storeStatistics(),
    devices: () => directory.size,
  })
  const report = healthReports(createHealth({ startedAt: Date.now(), registry, telemetry }))
  const operator = operatorTokens(config, dataDir)
  const tokens = createUserTokens({
    secrets: signingSecrets(config, dataDir),
    ttlSeconds: config.accessTokenMinutes * 60,
  })

  // What an earlier run left unfinished, and who is expected to be there
  await devices.resumeRemovals()
  const demo = { username: config.demoUser, password: config.demoPass }
  if (demo.username !== null)
    await ensureDemoUser({ users: registry.users }, { ...demo, username: demo.username })

  // Dialects and transports
  const services = { users, tokens, operator, devices, directory, labels, telemetry, report }
  const dialects = [
    createIotflow({
      services: { ...services, ingest: path.ingest, refuse: path.refuse },
      options: {
        userIdHeader: config.userIdHeader,
        rateLimits: config.rateLimits,
        maxMetrics: config.maxMetrics,
        storeName: 'SQLite',
      },
    }),
    createManager({ users, tokens }),
  ]
  const http = createHttpServer({
    host: config.host,
    ports: config.ports,
    bodyLimit: config.bodyLimit,
    corsOrigins: config.corsOrigins,
    log: logger,
    maskPath,
    limits: { maxConnections: config.maxConnections },
  })
  opened.defer(() => http.close())
  http.mount([...dialects, createSharedPaths(dialects, { users, report })])
  mountMetrics(http.fastify, { metrics, operator, exposed: config.exposed })

  const running = opened.move()
  return {
    listen: () => http.listen(),
    close: () => running.disposeAsync(),
  }
}

function operatorTokens(config: Config, dataDir: DataDir): OperatorTokens {
  return createOperatorTokens({
    any: config.adminToken ?? dataDir.keys.operatorToken,
    ...(config.iotflowAdminToken !== null && { iotflow: config.iotflowAdminToken }),
    ...(config.nbiotAdminKey !== null && { nbiot: config.nbiotAdminKey }),
  })
}

/** The first signs, all verify: tokens signed under the older name stay good. */
function signingSecrets(config: Config, dataDir: DataDir): string[] {
  const given = [config.jwtSecret, config.secretKey].filter((secret) => secret !== null)
  return given.length > 0 ? given : [dataDir.keys.jwtSecret]
}
