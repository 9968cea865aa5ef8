/** A number in [0, 1) that depends on its arguments alone, so that a report can be told again from its seed. */
export function chance(seed: number, ...parts: readonly number[]): number {
  let state = seed | 0
  for (const part of parts) {
    state = scramble(state ^ (part | 0))
    // Instants have 41 bits: what lies above the lower 32 must count as well.
    state = scramble(state ^ Math.floor(part / 0x1_0000_0000))
  }
  return (scramble(state) >>> 0) / 0x1_0000_0000
}

/** A stream of numbers in [0, 1) from one seed. */
export function randomStream(seed: number): () => number {
  let step = 0
  return () => chance(seed, (step += 1))
}

/** A whole number from `low` to `high`, both included. */
export function between(random: () => number, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1))
}

/** Puts the items in random order, in place. */
export function shuffle<Item>(items: Item[], random: () => number): Item[] {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1))
    const kept = items[last] as Item
    items[last] = items[other] as Item
    items[other] = kept
  }
  return items
}

function scramble(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x7feb352d)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x5bd1e995) + 0x1b873593
  return (mixed ^ (mixed >>> 16)) | 0
}
