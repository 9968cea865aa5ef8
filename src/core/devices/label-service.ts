import { CoreError } from '../errors.ts'
import { checkText } from '../text.ts'
import type { LabelChanges, LabelService } from './label.ts'
import type { LabelRepository, MembershipRepository } from './label-repository.ts'

export interface LabelServiceOptions {
  readonly labels: LabelRepository
  readonly memberships: MembershipRepository
}

/** Bounds how long one transaction holds the event loop. */
const MOST_AT_ONCE = 10_000

/** Widest limits of all dialects; a dialect's own schema may be stricter. Characters. */
const LIMITS = { name: { min: 1, max: 255 }, description: { max: 10_000 }, color: { max: 50 } } as const

export function createLabelService({ labels, memberships }: LabelServiceOptions): LabelService {
  return {
    async create(label) {
      checkTexts(label)
      return labels.insert(label)
    },
    get: (id) => labels.get(id),
    list: (owner, page) => labels.list(owner, page),
    async update(id, changes) {
      checkTexts(changes)
      return labels.update(id, changes)
    },
    async remove(id) {
      if (!(await labels.remove(id))) throw new CoreError('label_not_found')
    },

    async addDevice(label, device) {
      const [membership] = await memberships.add(label, [device])
      if (membership !== undefined) return membership
      const isMember = (await memberships.labelsOf(device)).some((carried) => carried.label.id === label)
      throw new CoreError(isMember ? 'already_member' : 'device_not_found')
    },
    async addDevices(label, devices) {
      if (devices.length > MOST_AT_ONCE)
        throw new CoreError('too_large', { limit: MOST_AT_ONCE, what: 'devices' })
      const added = new Set((await memberships.add(label, devices)).map((membership) => membership.device))
      return devices.filter((device) => added.delete(device))
    },
    async removeDevice(label, device) {
      if (!(await memberships.remove(label, device))) throw new CoreError('not_member')
    },
    members: (label, filter, page) => memberships.members(label, filter, page),
    labelsOf: (device) => memberships.labelsOf(device),
  }
}

function checkTexts({ name, description, color }: LabelChanges): void {
  if (name !== undefined) checkText('name', name, LIMITS.name)
  if (typeof description === 'string') checkText('description', description, LIMITS.description)
  if (typeof color === 'string') checkText('color', color, LIMITS.color)
}
