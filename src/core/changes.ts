import type { DeviceRef } from './devices/device.ts'

/**
 * What changed in the registry, told after it is on disk. In-memory maps are kept true by these alone.
 * `revision` rises with every change of one device: an event that arrives late is recognised by it.
 */
export type RegistryChange =
  | { readonly kind: 'user-created'; readonly user: number }
  | { readonly kind: 'user-changed'; readonly user: number }
  | { readonly kind: 'user-removed'; readonly user: number }
  | { readonly kind: 'device-created'; readonly device: DeviceRef; readonly revision: number }
  | { readonly kind: 'device-changed'; readonly device: DeviceRef; readonly revision: number }
  | { readonly kind: 'device-removed'; readonly device: number }
  /** `keyHash`: SHA-256 of the device's API key as 32 latin1 characters, null when it has none any more. */
  | { readonly kind: 'credential-changed'; readonly device: number; readonly keyHash: string | null }

export interface ChangeFeed {
  publish(change: RegistryChange): void
  /** The listener is called in the turn of the commit and must not throw. Answers how to stop. */
  subscribe(listener: (change: RegistryChange) => void): () => void
}

export function createChangeFeed(): ChangeFeed {
  const listeners = new Set<(change: RegistryChange) => void>()
  return {
    publish(change) {
      for (const listener of listeners) listener(change)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
