import type { Device, DeviceChanges, DeviceFilter, DeviceRef, Lifecycle, NewDevice, Page } from './device.ts'

export interface DeviceInsert extends NewDevice {
  readonly apiKey: string
}

/** Devices at rest; those marked for removal are invisible here. Lists are by ascending id. */
export interface DeviceRepository {
  /** All of them in one transaction, or none. @throws CoreError `device_name_taken`, `user_not_found` */
  insert(devices: readonly DeviceInsert[]): Promise<{ device: Device; apiKey: string }[]>
  get(id: number): Promise<Device | null>
  list(filter: DeviceFilter, page: Page): Promise<{ total: number; devices: Device[] }>
  /** Up to `limit` devices with an id above `id`. */
  after(id: number, filter: DeviceFilter, limit: number): Promise<Device[]>
  /**
   * A device that changes hands leaves its former owner's labels. `onlyFrom`: nothing is changed unless the device is
   * in this lifecycle at that moment. @throws CoreError `device_not_found`, `device_name_taken`, `user_not_found`
   */
  update(id: number, changes: DeviceChanges, onlyFrom?: Lifecycle): Promise<Device>
  /** In clear; null where the device has none. */
  apiKey(id: number): Promise<string | null>
  counts(): Promise<{ total: number; byLifecycle: Record<Lifecycle, number> }>
}

/** The steps of a removal that survive a crash between them. */
export interface DeviceRemovals {
  /** Makes the device invisible; its credentials and memberships go. False: unknown, or marked before. */
  mark(id: number): Promise<boolean>
  /** Devices marked and not erased yet. */
  marked(): Promise<number[]>
  /** Erases the row of a marked device. */
  erase(id: number): Promise<void>
}

/** What the in-memory directory holds of a device. */
export interface DirectoryEntry {
  readonly device: DeviceRef
  readonly revision: number
  /** SHA-256 of its API key as 32 latin1 characters. */
  readonly keyHash: string | null
}

export interface DirectorySource {
  /** Up to `limit` entries with an id above `id`, ascending. */
  page(id: number, limit: number): Promise<DirectoryEntry[]>
}
