import type { Generated } from 'kysely'

/**
 * The registry's tables as both engines hold them. Flags are 0 or 1, times epoch milliseconds, ids rise and are
 * never used again: so no row needs an engine's own conversion.
 */
export interface Schema {
  users: UsersTable
  devices: DevicesTable
  identities: IdentitiesTable
  credentials: CredentialsTable
  labels: LabelsTable
  memberships: MembershipsTable
  settings: SettingsTable
}

export interface UsersTable {
  id: Generated<number>
  public_id_hash: Uint8Array
  public_id_sealed: Uint8Array
  username: string
  /** In lower case: a name may not equal another user's e-mail. */
  username_key: string
  email: string
  /** In lower case; unique. */
  email_key: string
  password_hash: string
  is_active: number
  is_superuser: number
  is_admin: number
  created_at: number
  updated_at: number
  last_login: number | null
}

export interface DevicesTable {
  id: Generated<number>
  home: string
  owner: number | null
  name: string
  device_type: string
  description: string
  location: string
  firmware_version: string
  hardware_version: string
  lifecycle: string
  /** 1 from the start of a removal to its end: invisible to everything but the removal. */
  removing: number
  /** Rises with every change. */
  revision: number
  created_at: number
  updated_at: number
}

/** What a device is recognised by: text, mac, dev_eui, sensor, legacy. A value of one kind never finds a device by another. */
export interface IdentitiesTable {
  id: Generated<number>
  device: number
  kind: string
  value: string
}

export interface CredentialsTable {
  id: Generated<number>
  device: number
  kind: string
  sha256: Uint8Array
  /** Encrypted, where the secret must be shown again. */
  sealed: Uint8Array | null
  created_at: number
}

export interface LabelsTable {
  id: Generated<number>
  home: string
  owner: number | null
  name: string
  description: string | null
  color: string | null
  created_at: number
  updated_at: number
}

export interface MembershipsTable {
  id: Generated<number>
  label: number
  device: number
  added_at: number
}

export interface SettingsTable {
  name: string
  value: string
}

/**
 * Every unique key: its name as PostgreSQL reports a violation, and the words SQLite uses for it (columns of a plain
 * index, the name of an index over expressions).
 */
export const UNIQUE_KEYS = {
  users_public_id: 'users.public_id_hash',
  users_username: 'users.username',
  users_email: 'users.email_key',
  devices_owner_name: 'devices.owner, devices.name',
  identities_kind_value: 'identities.kind, identities.value',
  credentials_sha256: 'credentials.sha256',
  credentials_device_kind: 'credentials.device, credentials.kind',
  labels_owner_name: "index 'labels_owner_name'",
  labels_manager_name: 'labels.name',
  memberships_label_device: 'memberships.label, memberships.device',
} as const

export type UniqueKey = keyof typeof UNIQUE_KEYS
