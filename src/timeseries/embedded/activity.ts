const MINUTE = 60_000
const DAY_MINUTES = 24 * 60

/** Who was seen when, and how many submissions came in each minute of the last day. */
export class Activity {
  private readonly seen = new Map<number, number>()
  private dirty = new Set<number>()
  /** Submissions by minute of receipt. */
  readonly minutes = new Map<number, number>()
  private oldest = 0

  see(device: number, received: number): void {
    if (received <= (this.seen.get(device) ?? -1)) return
    this.seen.set(device, received)
    this.dirty.add(device)
  }

  /** Enters what a file already holds. */
  restore(device: number, received: number): void {
    this.seen.set(device, received)
  }

  forget(device: number): void {
    this.seen.delete(device)
    this.dirty.delete(device)
  }

  lastSeen(device: number): number | null {
    return this.seen.get(device) ?? null
  }

  seenSince(since: number): number[] {
    const devices: number[] = []
    for (const [device, received] of this.seen) if (received >= since) devices.push(device)
    return devices
  }

  /** Devices whose presence changed since the last call, without those on their way out. */
  takeChanges(leaving: ReadonlySet<number>): [device: number, received: number][] {
    const changes: [number, number][] = []
    for (const device of this.dirty) {
      const received = this.seen.get(device)
      if (received !== undefined && !leaving.has(device)) changes.push([device, received])
    }
    this.dirty = new Set(leaving)
    return changes
  }

  /** A write failed: the same changes are due again. */
  giveBack(changes: readonly (readonly [number, number])[]): void {
    for (const [device] of changes) this.dirty.add(device)
  }

  countSubmission(received: number, by: number, now: number): void {
    const minute = Math.floor(received / MINUTE)
    const count = (this.minutes.get(minute) ?? 0) + by
    if (count > 0) this.minutes.set(minute, count)
    else this.minutes.delete(minute)
    this.prune(now)
  }

  /** Forgets minutes older than a day, at most once a minute. */
  private prune(now: number): void {
    const oldest = Math.floor(now / MINUTE) - DAY_MINUTES - 1
    if (oldest <= this.oldest) return
    this.oldest = oldest
    for (const minute of this.minutes.keys()) if (minute < oldest) this.minutes.delete(minute)
  }

  submissionsSince(since: number): number {
    const first = Math.floor(since / MINUTE)
    let count = 0
    for (const [minute, inMinute] of this.minutes) if (minute >= first) count += inMinute
    return count
  }
}
