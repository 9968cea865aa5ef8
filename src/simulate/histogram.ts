const STEPS_PER_DOUBLING = 16
const SLOTS = 24 * STEPS_PER_DOUBLING

/** Latencies from a microsecond to some seconds in constant memory; a percentile is right to about 4 %. */
export class LatencyHistogram {
  readonly #counts = new Float64Array(SLOTS)
  #total = 0

  add(milliseconds: number): void {
    const micros = Math.max(1, milliseconds * 1000)
    const slot = Math.min(SLOTS - 1, Math.floor(Math.log2(micros) * STEPS_PER_DOUBLING))
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1
    this.#total += 1
  }

  /** The latency in milliseconds that this share (0 to 1) stayed at or below; 0 before the first one. */
  percentile(share: number): number {
    let left = this.#total * share
    for (let slot = 0; slot < SLOTS; slot += 1) {
      left -= this.#counts[slot] ?? 0
      if (left <= 0 && this.#total > 0) return 2 ** ((slot + 0.5) / STEPS_PER_DOUBLING) / 1000
    }
    return 0
  }
}
