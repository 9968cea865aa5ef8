import { randomApiKey } from '../access/secrets.ts'
import { CoreError } from '../errors.ts'
import { checkText } from '../text.ts'
import type { Device, DeviceChanges, DeviceFilter, DeviceService, NewDevice } from './device.ts'
import type { DeviceRemovals, DeviceRepository } from './device-repository.ts'

export interface DeviceServiceOptions {
  readonly devices: DeviceRepository
  readonly removals: DeviceRemovals
  /** Removes all telemetry of a device, durably. */
  readonly removeTelemetry: (device: number) => Promise<void>
}

export interface RegisteredDevice {
  readonly device: Device
  readonly apiKey: string
}

/** What the house itself needs beside what dialects ask for. */
export interface Devices extends DeviceService {
  /**
   * Registers up to 1,000 devices in one transaction, all or none.
   * @throws CoreError `too_large` {limit, what}, and as `register`
   */
  registerMany(devices: readonly NewDevice[]): Promise<RegisteredDevice[]>
  /** Takes marked devices through the rest of their removal. */
  finishRemovals(devices: readonly number[]): Promise<void>
}

/** Bounds how long one transaction holds the event loop; about 50 ms on SQLite. */
const MOST_AT_ONCE = 1000
const STREAM_PAGE = 500

/** Widest limits of all dialects; a dialect's own schema may be stricter. Characters. */
const LIMITS = {
  name: { min: 1, max: 255 },
  deviceType: { min: 1, max: 100 },
  description: { max: 10_000 },
  location: { max: 1000 },
  firmwareVersion: { max: 100 },
  hardwareVersion: { max: 100 },
} as const

export function createDeviceService(options: DeviceServiceOptions): Devices {
  const { devices } = options
  const removal = createRemoval(options)

  async function registerMany(wanted: readonly NewDevice[]): Promise<RegisteredDevice[]> {
    if (wanted.length > MOST_AT_ONCE)
      throw new CoreError('too_large', { limit: MOST_AT_ONCE, what: 'devices' })
    for (const device of wanted) checkTexts(device)
    return devices.insert(wanted.map((device) => ({ ...device, apiKey: randomApiKey() })))
  }

  return {
    registerMany,
    async register(device) {
      const [registered] = await registerMany([device])
      if (registered === undefined) throw new Error('the registry stored no device')
      return registered
    },
    get: (id) => devices.get(id),
    list: (filter, page) => devices.list(filter, page),
    stream: (filter) => stream(devices, filter),
    async update(id, changes, onlyFrom) {
      checkTexts(changes)
      return devices.update(id, changes, onlyFrom)
    },
    apiKey: (id) => devices.apiKey(id),
    counts: () => devices.counts(),
    ...removal,
  }
}

function checkTexts(texts: Partial<NewDevice> | DeviceChanges): void {
  for (const field of Object.keys(LIMITS) as (keyof typeof LIMITS)[]) {
    const text = texts[field]
    if (text !== undefined) checkText(field, text, LIMITS[field])
  }
}

async function* stream(devices: DeviceRepository, filter: DeviceFilter): AsyncGenerator<Device> {
  let last = 0
  for (;;) {
    const page = await devices.after(last, filter, STREAM_PAGE)
    yield* page
    const end = page.at(-1)
    if (end === undefined) return
    last = end.id
  }
}

/**
 * Shared model, section 9: marked, then the telemetry, then the row. What a crash or a refusing disk cuts short
 * stays marked, and invisible, until the removal is asked for again or resumed.
 */
function createRemoval({ removals, removeTelemetry }: DeviceServiceOptions) {
  const underWay = new Set<number>()

  async function finish(id: number): Promise<void> {
    if (underWay.has(id)) return
    underWay.add(id)
    try {
      await removeTelemetry(id)
      await removals.erase(id)
    } finally {
      underWay.delete(id)
    }
  }

  async function finishRemovals(ids: readonly number[]): Promise<void> {
    for (const id of ids) await finish(id)
  }

  return {
    finishRemovals,
    async remove(id: number): Promise<void> {
      const marked = await removals.mark(id)
      const cutShort = !marked && !underWay.has(id) && (await removals.marked()).includes(id)
      if (!marked && !cutShort) throw new CoreError('device_not_found')
      await finish(id)
    },
    async resumeRemovals(): Promise<number> {
      const ids = await removals.marked()
      await finishRemovals(ids)
      return ids.length
    },
  }
}
