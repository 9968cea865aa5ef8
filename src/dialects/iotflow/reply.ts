import type { User } from '../../core/access/user.ts'
import type { Device } from '../../core/devices/device.ts'
import type { Label } from '../../core/devices/label.ts'
import type { Presence } from '../../core/telemetry/store.ts'
import { isoTime } from '../../wire/instants.ts'

/** A device heard of less than this long ago is online, in milliseconds (contract section 3). */
export const ONLINE_FOR = 300_000

const timeOrNull = (time: number | null): string | null => (time === null ? null : isoTime(time))

export function isOnline(lastSeen: number | null, now: number): boolean {
  return lastSeen !== null && now - lastSeen < ONLINE_FOR
}

export function userObject(user: User) {
  return {
    id: user.id,
    user_id: user.publicId,
    username: user.username,
    email: user.email,
    is_active: user.isActive,
    is_admin: user.isAdmin || user.isSuperuser,
    created_at: isoTime(user.createdAt),
    updated_at: isoTime(user.updatedAt),
    last_login: timeOrNull(user.lastLogin),
  }
}

/** The public form: never the API key. */
export function deviceObject(device: Device, presence: Presence) {
  return {
    id: device.id,
    name: device.name,
    description: device.description,
    device_type: device.deviceType,
    status: device.lifecycle,
    location: device.location,
    firmware_version: device.firmwareVersion,
    hardware_version: device.hardwareVersion,
    user_id: device.owner,
    created_at: isoTime(device.createdAt),
    updated_at: isoTime(device.updatedAt),
    last_seen: timeOrNull(presence.lastSeen(device.id)),
  }
}

export function groupObject(label: Label) {
  return {
    id: label.id,
    name: label.name,
    description: label.description,
    user_id: label.owner,
    color: label.color,
    created_at: isoTime(label.createdAt),
    updated_at: isoTime(label.updatedAt),
    device_count: label.deviceCount,
  }
}
