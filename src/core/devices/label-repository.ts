import type { Device, DeviceFilter, Page } from './device.ts'
import type { Label, LabelChanges, Membership, NewLabel } from './label.ts'

/** Labels at rest. Lists are by ascending id. */
export interface LabelRepository {
  /** @throws CoreError `label_name_taken`, `user_not_found` */
  insert(label: NewLabel): Promise<Label>
  get(id: number): Promise<Label | null>
  list(owner: number, page: Page): Promise<{ total: number; labels: Label[] }>
  /** @throws CoreError `label_not_found`, `label_name_taken` */
  update(id: number, changes: LabelChanges): Promise<Label>
  /** False: unknown. */
  remove(id: number): Promise<boolean>
}

/** Which devices carry which labels. */
export interface MembershipRepository {
  /** Answers what was added: known devices that were no members yet. @throws CoreError `label_not_found` */
  add(label: number, devices: readonly number[]): Promise<Membership[]>
  /** False: was no member. */
  remove(label: number, device: number): Promise<boolean>
  /** By ascending device id. */
  members(
    label: number,
    filter: Pick<DeviceFilter, 'lifecycle' | 'deviceType'>,
    page: Page,
  ): Promise<{ total: number; members: { device: Device; addedAt: number }[] }>
  labelsOf(device: number): Promise<{ label: Label; addedAt: number }[]>
}
