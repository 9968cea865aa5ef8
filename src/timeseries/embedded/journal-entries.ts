import { decodeBodies, decodePoints, LOGGED } from './journal-codec.ts'
import type { LogRow } from './messages.ts'

export interface JournalRow {
  readonly first: number
  readonly dropped: Uint8Array | null
  readonly points: Uint8Array
  readonly bodies: Uint8Array
}

/** A log entry whose kind may still be a number. */
export type EntryOf<Kind> = Omit<LogRow, 'kind'> & { readonly kind: Kind }

/** The log entries of one journal row, in sequence order. */
export function expandJournal<Kind>(row: JournalRow, kindOf: (number: number) => Kind): EntryOf<Kind>[] {
  const batch = decodePoints(row.points)
  const { kinds, dialects, keys, bodies } = decodeBodies(row.bodies)
  const dropped = droppedSet(row.dropped)
  const rows: EntryOf<Kind>[] = []
  for (let index = 0; index < batch.entries; index += 1) {
    if (dropped.has(index) || ((batch.entryFlags[index] as number) & LOGGED) === 0) continue
    rows.push({
      sequence: row.first + index,
      device: batch.entryDevice[index] ?? 0,
      dialect: dialects[index] ?? 0,
      kind: kindOf(kinds[index] ?? 0),
      time: batch.entryTime[index] ?? 0,
      received: batch.entryReceived[index] ?? 0,
      body: bodies[index] ?? new Uint8Array(0),
      key: keys[index] ?? null,
    })
  }
  return rows
}

const NOTHING: ReadonlySet<number> = new Set()

export const droppedSet = (blob: Uint8Array | null): ReadonlySet<number> =>
  blob === null ? NOTHING : new Set(new Uint32Array(new Uint8Array(blob).buffer))
