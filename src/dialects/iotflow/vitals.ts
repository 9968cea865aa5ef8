import type { FastifyInstance } from 'fastify'
import type { HealthReport } from '../../wire/dialect.ts'
import { isoTime } from '../../wire/instants.ts'
import { anybody } from './auth.ts'
import { ONLINE_FOR } from './reply.ts'
import { mount } from './route.ts'
import { ServerStatus } from './schema.ts'
import type { Iotflow, IotflowServices } from './services.ts'

const HOUR = 3_600_000
export const VERSION = '1.0.0'

/** Active devices heard of within the online limit (contract section 3). */
export function onlineCount({ directory, telemetry }: IotflowServices, now: number): number {
  const seen = telemetry.seenSince(now - ONLINE_FOR + 1)
  return seen.filter((id) => directory.get(id)?.lifecycle === 'active').length
}

/** Whole hours, below one hour whole minutes. */
function uptimeText(milliseconds: number): string {
  return milliseconds < HOUR ? `${Math.floor(milliseconds / 60_000)}m` : `${Math.floor(milliseconds / HOUR)}h`
}

async function deviceMetrics(services: IotflowServices, now: number) {
  const { total, byLifecycle } = await services.devices.counts()
  const online = onlineCount(services, now)
  return {
    total_devices: total,
    active_devices: byLifecycle.active,
    online_devices: online,
    offline_devices: byLifecycle.active - online,
    telemetry_last_hour: await services.telemetry.submissionsSince(now - HOUR),
    telemetry_last_day: await services.telemetry.submissionsSince(now - 24 * HOUR),
  }
}

function processMetrics({ now, startedAt }: HealthReport) {
  const { rss, heapUsed } = process.memoryUsage()
  return {
    system: { memory_bytes: rss, heap_bytes: heapUsed },
    application: { version: VERSION, uptime_seconds: Math.floor((now - startedAt) / 1000) },
  }
}

function checksOf({ registry, telemetry }: HealthReport) {
  const check = ({ healthy, responseMs }: HealthReport['registry']) => ({
    healthy,
    response_time_ms: responseMs,
    status: healthy ? 'connected' : 'disconnected',
  })
  return { database: check(registry), telemetry: check(telemetry) }
}

/** iotflow's members of `GET /health` (contract section 10). A store that fails can't be asked for its counts. */
export function healthMembers(services: IotflowServices) {
  return async (report: HealthReport, detailed: boolean): Promise<object> => {
    const plain = { message: 'IoT Connectivity Layer is running', version: VERSION }
    if (!detailed) return plain
    return {
      ...plain,
      database: report.registry.healthy ? 'connected' : 'disconnected',
      telemetry: report.telemetry.healthy ? 'available' : 'unavailable',
      uptime: uptimeText(report.now - report.startedAt),
      checks: checksOf(report),
      metrics: { ...processMetrics(report), devices: await countsIfHealthy(services, report) },
    }
  }
}

const NO_COUNTS = {
  total_devices: 0,
  active_devices: 0,
  online_devices: 0,
  offline_devices: 0,
  telemetry_last_hour: 0,
  telemetry_last_day: 0,
}

async function countsIfHealthy(services: IotflowServices, report: HealthReport) {
  return report.status === 'healthy' ? await deviceMetrics(services, report.now) : NO_COUNTS
}

/** Matrix row 42. */
export function mountStatus(scope: FastifyInstance, { services, options }: Iotflow): void {
  mount(scope, {
    method: 'GET',
    path: '/status',
    access: anybody,
    about: { tag: 'health', summary: 'The server in figures', answers: { 200: ServerStatus } },
    async answer() {
      const report = await services.report()
      const counts = await countsIfHealthy(services, report)
      return {
        status: report.status,
        timestamp: isoTime(report.now),
        database: { connected: report.registry.healthy, type: options.storeName },
        metrics: {
          total_devices: counts.total_devices,
          active_devices: counts.active_devices,
          ...processMetrics(report),
          devices: counts,
        },
        checks: checksOf(report),
      }
    },
  })
}

/** iotflow's members of `GET /`. */
export const rootMembers = () => ({
  name: 'IoT Device Connectivity Layer',
  version: VERSION,
  description: 'Devices register, report over HTTP, and are read back',
  message: 'IoT Device Connectivity Layer',
  endpoints: {
    health: '/health',
    devices: '/api/v1/devices',
    admin: '/api/v1/admin',
    telemetry: '/api/v1/telemetry',
  },
  documentation: '/docs',
})
