import type { DatabaseSync } from 'node:sqlite'
import type { SeriesState } from './series-compaction.ts'
import { keepsAll, SUBMISSIONS } from './series-index.ts'

/** What a compaction asks of the table of series. */
export interface SeriesRows {
  /** The largest id; −1: there is no series. */
  readonly largest: number
  ofDevice(device: number): number[]
  /** Series of readings that have points in chunks. */
  withReadings(): number[]
  read(id: number): { readonly state: SeriesState; readonly device: number } | null
}

export function seriesRows(database: DatabaseSync): SeriesRows {
  const columns =
    'device, dialect, through, count, chunk_end, latest_sequence, latest_type, latest_attribute, latest_value'
  const select = database.prepare(`SELECT ${columns} FROM series WHERE id = ?`, { returnArrays: true })
  const ofDevice = database.prepare('SELECT id FROM series WHERE device = ?', { returnArrays: true })
  const withReadings = database.prepare('SELECT id FROM series WHERE dialect <> ? AND count > 0', {
    returnArrays: true,
  })
  const first = (row: unknown) => (row as [number])[0]
  return {
    largest: first(
      database.prepare('SELECT coalesce(max(id), -1) FROM series', { returnArrays: true }).get(),
    ),
    ofDevice: (device) => ofDevice.all(device).map(first),
    withReadings: () => withReadings.all(SUBMISSIONS).map(first),
    read(id) {
      const row = select.get(id) as unknown as
        | [number, number, number, number, number, number, number, number, number | string | null]
        | undefined
      if (row === undefined) return null
      const [device, dialect, through, count, chunkEnd, sequence, type, attribute, value] = row
      return {
        device,
        state: {
          id,
          keep: keepsAll(dialect),
          counted: dialect !== SUBMISSIONS,
          through,
          count,
          chunkEnd,
          latest: { sequence, type, attribute, value },
        },
      }
    },
  }
}
