import type { Dialect } from '../dialects.ts'

export const LIFECYCLES = ['active', 'inactive', 'maintenance'] as const
export type Lifecycle = (typeof LIFECYCLES)[number]

/** The part of a device that every message needs; all devices' refs are held in memory by the directory. */
export interface DeviceRef {
  readonly id: number
  /** The dialect that created it. */
  readonly home: Dialect
  readonly owner: number | null
  readonly name: string
  readonly deviceType: string
  readonly lifecycle: Lifecycle
}

/** A thing in the registry. Times are epoch milliseconds. */
export interface Device extends DeviceRef {
  readonly description: string
  readonly location: string
  readonly firmwareVersion: string
  readonly hardwareVersion: string
  readonly createdAt: number
  readonly updatedAt: number
}

export interface NewDevice {
  readonly home: Dialect
  readonly owner: number | null
  readonly name: string
  readonly deviceType: string
  readonly description?: string
  readonly location?: string
  readonly firmwareVersion?: string
  readonly hardwareVersion?: string
  readonly lifecycle: Lifecycle
}

export type DeviceChanges = Partial<
  Pick<
    Device,
    | 'name'
    | 'description'
    | 'deviceType'
    | 'location'
    | 'firmwareVersion'
    | 'hardwareVersion'
    | 'lifecycle'
    | 'owner'
  >
>

export interface Page {
  readonly limit: number
  readonly offset: number
}

export interface DeviceFilter {
  readonly owner?: number
  readonly home?: Dialect
  readonly lifecycle?: string
  readonly deviceType?: string
}

/** Everything known of devices but their telemetry. Lists are by ascending id. */
export interface DeviceService {
  /**
   * Creates a device with a fresh API key (32 characters `[A-Za-z0-9]`).
   * @throws CoreError `device_name_taken` (same owner, iotflow home), `user_not_found`
   */
  register(device: NewDevice): Promise<{ device: Device; apiKey: string }>
  get(id: number): Promise<Device | null>
  list(filter: DeviceFilter, page: Page): Promise<{ total: number; devices: Device[] }>
  /** All devices in ascending id, in pages read as the consumer asks for them. */
  stream(filter: DeviceFilter): AsyncIterable<Device>
  /**
   * `onlyFrom`: nothing is changed unless the device is in this lifecycle at that moment.
   * @throws CoreError `device_not_found`, `device_name_taken`
   */
  update(id: number, changes: DeviceChanges, onlyFrom?: Lifecycle): Promise<Device>
  /** The device's API key in clear, null where it has none. */
  apiKey(id: number): Promise<string | null>
  /**
   * Removes the device for all dialects: marked first (its credentials stop at once), then its telemetry, then the row.
   * A removal cut short by a crash is finished by `resumeRemovals` at the next start.
   * @throws CoreError `device_not_found`
   */
  remove(id: number): Promise<void>
  resumeRemovals(): Promise<number>
  /** Over the whole registry. `byLifecycle` holds all three. */
  counts(): Promise<{ total: number; byLifecycle: Record<Lifecycle, number> }>
}

/** In-memory answers to "who is this?", kept true by the registry's own change events. No query, no promise. */
export interface DeviceDirectory {
  /** The device a presented API key belongs to; null when unknown, removed or being removed. */
  byApiKey(apiKey: string): DeviceRef | null
  /** Null when unknown, removed or being removed. */
  get(id: number): DeviceRef | null
  ownedBy(user: number): DeviceRef[]
  readonly size: number
}
