import type { Dialect } from '../dialects.ts'
import type { Device, DeviceFilter, Page } from './device.ts'

/** A named set of devices; iotflow calls it group. Times are epoch milliseconds. */
export interface Label {
  readonly id: number
  readonly home: Dialect
  readonly owner: number | null
  readonly name: string
  readonly description: string | null
  readonly color: string | null
  readonly createdAt: number
  readonly updatedAt: number
  readonly deviceCount: number
}

export interface Membership {
  readonly id: number
  readonly label: number
  readonly device: number
  readonly addedAt: number
}

export interface NewLabel {
  readonly home: Dialect
  readonly owner: number | null
  readonly name: string
  readonly description: string | null
  readonly color: string | null
}

export type LabelChanges = Partial<Pick<Label, 'name' | 'description' | 'color'>>

/** Names are unique per owner over both homes, and manager-home names over all users. Lists are by ascending id. */
export interface LabelService {
  /** @throws CoreError `label_name_taken` */
  create(label: NewLabel): Promise<Label>
  get(id: number): Promise<Label | null>
  list(owner: number, page: Page): Promise<{ total: number; labels: Label[] }>
  /** @throws CoreError `label_not_found`, `label_name_taken` */
  update(id: number, changes: LabelChanges): Promise<Label>
  /** Memberships go, devices stay. @throws CoreError `label_not_found` */
  remove(id: number): Promise<void>
  /** @throws CoreError `already_member`, `label_not_found`, `device_not_found` */
  addDevice(label: number, device: number): Promise<Membership>
  /** Adds what is not a member yet, in one transaction; answers which ids were added. Ids must exist. */
  addDevices(label: number, devices: readonly number[]): Promise<number[]>
  /** @throws CoreError `not_member` */
  removeDevice(label: number, device: number): Promise<void>
  members(
    label: number,
    filter: Pick<DeviceFilter, 'lifecycle' | 'deviceType'>,
    page: Page,
  ): Promise<{ total: number; members: { device: Device; addedAt: number }[] }>
  labelsOf(device: number): Promise<{ label: Label; addedAt: number }[]>
}
