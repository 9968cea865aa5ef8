import { looksLikeApiKey, sha256Text } from '../access/secrets.ts'
import type { ChangeFeed, RegistryChange } from '../changes.ts'
import type { DeviceDirectory, DeviceRef } from './device.ts'
import type { DirectoryEntry, DirectorySource } from './device-repository.ts'

export interface DirectoryOptions {
  readonly source: DirectorySource
  readonly events: Pick<ChangeFeed, 'subscribe'>
  /** Devices read at a time while loading. */
  readonly pageSize?: number
}

interface Slot {
  device: DeviceRef
  revision: number
  keyHash: string | null
}

/** Different types of devices are few; beyond this many, a text of its own costs less than remembering it. */
const SHARED_TEXTS = 1000

/** Keys met lately are not hashed again: a fifth of what a reading costs here. All are forgotten when any key ends. */
const MET_KEYS = 20_000

/**
 * Loads all devices and follows the registry's changes from then on. About 300 bytes a device.
 * Its answers are as new as the last commit.
 */
export async function createDirectory({
  source,
  events,
  pageSize = 2000,
}: DirectoryOptions): Promise<DeviceDirectory> {
  const maps = createMaps()
  // A page may be older than a change that is told while it is on its way: such changes are applied after it.
  let whileLoading: RegistryChange[] | null = []
  events.subscribe((change) => {
    if (whileLoading === null) maps.apply(change)
    else whileLoading.push(change)
  })
  let last = 0
  for (;;) {
    const page = await source.page(last, pageSize)
    for (const entry of page) maps.put(entry)
    const end = page.at(-1)
    if (end === undefined) break
    last = end.device.id
  }
  for (const change of whileLoading) maps.apply(change)
  whileLoading = null
  return maps.directory
}

function createMaps() {
  const slots = new Map<number, Slot>()
  const byKey = new Map<string, number>()
  const met = new Map<string, number>()
  const owners = createOwnerIndex()
  const share = sharedTexts()

  function setKey(id: number, keyHash: string | null): void {
    const slot = slots.get(id)
    if (slot === undefined) return
    if (slot.keyHash !== null) {
      byKey.delete(slot.keyHash)
      met.clear()
    }
    slot.keyHash = keyHash
    if (keyHash !== null) byKey.set(keyHash, id)
  }

  function put({ device, revision, keyHash }: DirectoryEntry): void {
    if (!slots.has(device.id)) {
      slots.set(device.id, { device: share(device), revision, keyHash: null })
      owners.add(device.owner, device.id)
      setKey(device.id, keyHash)
    } else {
      change(device, revision)
    }
  }

  function change(device: DeviceRef, revision: number): void {
    const slot = slots.get(device.id)
    if (slot === undefined || slot.revision >= revision) return
    if (slot.device.owner !== device.owner) {
      owners.remove(slot.device.owner, device.id)
      owners.add(device.owner, device.id)
    }
    slot.device = share(device)
    slot.revision = revision
  }

  function remove(id: number): void {
    const slot = slots.get(id)
    if (slot === undefined) return
    setKey(id, null)
    owners.remove(slot.device.owner, id)
    slots.delete(id)
  }

  function apply(event: RegistryChange): void {
    switch (event.kind) {
      case 'device-created':
        return put({ device: event.device, revision: event.revision, keyHash: null })
      case 'device-changed':
        return change(event.device, event.revision)
      case 'device-removed':
        return remove(event.device)
      case 'credential-changed':
        return setKey(event.device, event.keyHash)
      case 'user-created':
      case 'user-changed':
      case 'user-removed':
    }
  }

  const get = (id: number) => slots.get(id)?.device ?? null
  const directory: DeviceDirectory = {
    byApiKey(apiKey) {
      const known = met.get(apiKey)
      if (known !== undefined) return get(known)
      if (!looksLikeApiKey(apiKey)) return null
      const id = byKey.get(sha256Text(apiKey))
      if (id === undefined) return null
      if (met.size >= MET_KEYS) met.clear()
      met.set(apiKey, id)
      return get(id)
    },
    get,
    ownedBy: (user) => Array.from(owners.of(user), get).filter((device) => device !== null),
    get size() {
      return slots.size
    },
  }
  return { put, apply, directory }
}

function createOwnerIndex() {
  const devices = new Map<number, Set<number>>()
  return {
    of: (owner: number): Iterable<number> => devices.get(owner) ?? [],
    add(owner: number | null, device: number): void {
      if (owner === null) return
      const owned = devices.get(owner)
      if (owned === undefined) devices.set(owner, new Set([device]))
      else owned.add(device)
    },
    remove(owner: number | null, device: number): void {
      if (owner === null) return
      const owned = devices.get(owner)
      owned?.delete(device)
      if (owned?.size === 0) devices.delete(owner)
    },
  }
}

/** One string for all devices of a type: rows bring a new one each. */
function sharedTexts(): (device: DeviceRef) => DeviceRef {
  const texts = new Map<string, string>()
  return (device) => {
    const known = texts.get(device.deviceType)
    if (known === undefined && texts.size < SHARED_TEXTS) texts.set(device.deviceType, device.deviceType)
    return { ...device, deviceType: known ?? device.deviceType }
  }
}
