import { CoreError } from '../errors.ts'
import { sha256Text } from './secrets.ts'

export interface LoginThrottleOptions {
  /** Failures after which a key has to wait for the end of its window. */
  readonly limit?: number
  /** Milliseconds from the first failure on. */
  readonly window?: number
  /** Keys remembered; beyond this many the oldest window is forgotten. */
  readonly most?: number
  readonly now?: () => number
}

/** Counts failed logins per key, for all login doors together. */
export interface LoginThrottle {
  /** @throws CoreError `login_throttled` {retryAfter, seconds} */
  check(key: string): void
  /** Checks, and counts the attempt as failed until `succeeded` says otherwise. @throws as `check` */
  begin(key: string): void
  succeeded(key: string): void
  readonly size: number
}

interface Window {
  readonly ends: number
  failures: number
}

export function createLoginThrottle({
  limit = 10,
  window = 15 * 60_000,
  most = 50_000,
  now = Date.now,
}: LoginThrottleOptions = {}): LoginThrottle {
  // In the order of their beginning, which is the order of their end.
  const windows = new Map<string, Window>()

  function current(hash: string): Window | undefined {
    const found = windows.get(hash)
    if (found === undefined || found.ends > now()) return found
    windows.delete(hash)
    return undefined
  }

  function admit(hash: string): Window | undefined {
    const found = current(hash)
    if (found !== undefined && found.failures >= limit) {
      throw new CoreError('login_throttled', { retryAfter: Math.ceil((found.ends - now()) / 1000) })
    }
    return found
  }

  function forgetOldest(): void {
    const oldest = windows.keys().next()
    if (windows.size >= most && oldest.done !== true) windows.delete(oldest.value)
  }

  return {
    check: (key) => void admit(sha256Text(key)),
    begin(key) {
      const hash = sha256Text(key)
      const found = admit(hash)
      if (found !== undefined) {
        found.failures += 1
        return
      }
      forgetOldest()
      windows.set(hash, { ends: now() + window, failures: 1 })
    },
    succeeded: (key) => void windows.delete(sha256Text(key)),
    get size() {
      return windows.size
    },
  }
}
