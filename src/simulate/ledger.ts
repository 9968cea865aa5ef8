/** What was acknowledged, by device: the instants alone, eight bytes each, since the values follow from them. */
export class Ledger {
  readonly #acknowledged: number[][]
  readonly #attempts: Float64Array
  readonly #accepted: Float64Array

  constructor(devices: number) {
    this.#acknowledged = Array.from({ length: devices }, () => [])
    this.#attempts = new Float64Array(devices)
    this.#accepted = new Float64Array(devices)
  }

  attempt(device: number): void {
    this.#attempts[device] = this.attempts(device) + 1
  }

  acknowledge(device: number, time: number): void {
    this.#accepted[device] = this.accepted(device) + 1
    this.#acknowledged[device]?.push(time)
  }

  /** Acknowledged instants of the device that wait for their check. */
  waiting(device: number): number {
    return this.#acknowledged[device]?.length ?? 0
  }

  /** Requests sent for the device, answered or not, since the start. */
  attempts(device: number): number {
    return this.#attempts[device] ?? 0
  }

  /** Requests acknowledged for the device since the start. */
  accepted(device: number): number {
    return this.#accepted[device] ?? 0
  }

  /** Hands over what waits for its check and forgets it; newest first, without repeats. */
  take(device: number): number[] {
    const instants = this.#acknowledged[device] ?? []
    this.#acknowledged[device] = []
    return [...new Set(instants)].sort((one, other) => other - one)
  }
}
