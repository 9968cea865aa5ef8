import { grown } from './columns.ts'

const MINUTE = 60_000
const DAY_MINUTES = 24 * 60

/** Who was seen when, and how many submissions came in each minute of the last day. */
export class Activity {
  /** Places of devices in the two columns below: changing a number in a map would allocate one. */
  private readonly places = new Map<number, number>()
  private received = new Float64Array(1024)
  private changed = new Uint8Array(1024)
  private used = 0
  /** Submissions by minute of receipt. */
  readonly minutes = new Map<number, number>()
  private oldest = 0

  see(device: number, received: number): void {
    const place = this.placeOf(device)
    if (received < (this.received[place] as number)) return
    this.received[place] = received
    this.changed[place] = 1
  }

  /** Enters what a file already holds. */
  restore(device: number, received: number): void {
    this.received[this.placeOf(device)] = received
  }

  private placeOf(device: number): number {
    const known = this.places.get(device)
    if (known !== undefined) return known
    const place = this.used
    if (place >= this.received.length) {
      this.received = grown(this.received, new Float64Array(place * 2))
      this.changed = grown(this.changed, new Uint8Array(place * 2))
    }
    this.used += 1
    this.received[place] = 0
    this.places.set(device, place)
    return place
  }

  forget(device: number): void {
    this.places.delete(device)
  }

  lastSeen(device: number): number | null {
    const place = this.places.get(device)
    return place === undefined ? null : (this.received[place] ?? null)
  }

  seenSince(since: number): number[] {
    const devices: number[] = []
    for (const [device, place] of this.places)
      if ((this.received[place] as number) >= since) devices.push(device)
    return devices
  }

  /** Devices whose presence changed since the last call, without those on their way out. */
  takeChanges(leaving: ReadonlySet<number>): [device: number, received: number][] {
    const changes: [number, number][] = []
    for (const [device, place] of this.places) {
      if (this.changed[place] === 0 || leaving.has(device)) continue
      this.changed[place] = 0
      changes.push([device, this.received[place] as number])
    }
    return changes
  }

  /** A write failed: the same changes are due again. */
  giveBack(changes: readonly (readonly [number, number])[]): void {
    for (const [device] of changes) {
      const place = this.places.get(device)
      if (place !== undefined) this.changed[place] = 1
    }
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
