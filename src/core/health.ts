export interface StoreHealth {
  readonly healthy: boolean
  readonly responseMs: number
  /** Why it can't read or write, in one line without paths; null while it can. */
  readonly fault: string | null
}

/** Tells the truth about the stores, by using them. */
export interface Health {
  readonly startedAt: number
  check(): Promise<{ registry: StoreHealth; telemetry: StoreHealth }>
}
