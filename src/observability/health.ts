import type { Health, StoreHealth } from '../core/health.ts'
import type { TelemetryReader, TelemetryStore } from '../core/telemetry/store.ts'

export interface HealthOptions {
  readonly startedAt: number
  readonly registry: { check(): Promise<void> }
  readonly telemetry: Pick<TelemetryReader, 'latest'> & Pick<TelemetryStore, 'storeStatistics'>
}

/** A probe slower than this counts as failed: a store that hangs is not healthy. */
const PROBE_TIMEOUT = 2000

/** Tells the truth by asking: the registry reads and writes, the telemetry store answers a query and can write. */
export function createHealth({ startedAt, registry, telemetry }: HealthOptions): Health {
  return {
    startedAt,
    async check() {
      const [registryHealth, telemetryHealth] = await Promise.all([
        probe('registry', () => registry.check()),
        probe('telemetry store', async () => {
          await telemetry.latest({ devices: [0] })
          const { fault } = telemetry.storeStatistics()
          if (fault !== null) throw new Error(fault)
        }),
      ])
      return { registry: registryHealth, telemetry: telemetryHealth }
    },
  }
}

async function probe(name: string, ask: () => Promise<void>): Promise<StoreHealth> {
  const started = performance.now()
  const elapsed = () => Math.round((performance.now() - started) * 100) / 100
  try {
    await withTimeout(ask())
    return { healthy: true, responseMs: elapsed(), fault: null }
  } catch {
    // Which disk refuses what, and where, is in the log: this text is public.
    return { healthy: false, responseMs: elapsed(), fault: `${name} can't read or write` }
  }
}

function withTimeout(work: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('timed out')), PROBE_TIMEOUT)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
