/** A delete that holds for everything of the device with a smaller sequence and a data time in [from, to]. */
export interface Tombstone {
  readonly sequence: number
  readonly device: number
  readonly from: number
  readonly to: number
  /** The device itself goes. */
  readonly whole: boolean
}

/** The deletes that have not been worked into chunks and log blocks yet. */
export class Tombstones {
  private readonly byDevice = new Map<number, Tombstone[]>()

  add(tombstone: Tombstone): void {
    const known = this.byDevice.get(tombstone.device)
    if (known === undefined) this.byDevice.set(tombstone.device, [tombstone])
    else known.push(tombstone)
  }

  remove(sequences: ReadonlySet<number>): void {
    for (const [device, list] of this.byDevice) {
      const left = list.filter(({ sequence }) => !sequences.has(sequence))
      if (left.length === 0) this.byDevice.delete(device)
      else this.byDevice.set(device, left)
    }
  }

  of(device: number): readonly Tombstone[] {
    return this.byDevice.get(device) ?? []
  }

  all(): Tombstone[] {
    return [...this.byDevice.values()].flat().sort((a, b) => a.sequence - b.sequence)
  }

  get size(): number {
    return this.byDevice.size
  }
}

/** Tells whether a point or entry was deleted; null where nothing can be. */
export function deletedBy(
  tombstones: readonly Tombstone[],
): ((sequence: number, time: number) => boolean) | null {
  if (tombstones.length === 0) return null
  return (sequence, time) =>
    tombstones.some((stone) => sequence < stone.sequence && time >= stone.from && time <= stone.to)
}
