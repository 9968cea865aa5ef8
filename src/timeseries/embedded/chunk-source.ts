import type { DatabaseSync } from 'node:sqlite'
import type { ChunkMeta } from './messages.ts'
import type { ChunkSource } from './segments.ts'

export const META_COLUMNS =
  'id, start, "end", count, numbers, sum, min, max, first, last, sequence, attributes'

type Cells = (number | Uint8Array)[]

export function metaOf(row: unknown): ChunkMeta {
  const [id, start, end, count, numbers, sum, min, max, first, last, sequence, attributes] = row as [
    ...number[],
    number | Uint8Array,
  ] as Cells
  return {
    id: id as number,
    start: start as number,
    end: end as number,
    count: count as number,
    numbers: numbers as number,
    sum: sum as number,
    min: min as number,
    max: max as number,
    first: first as number,
    last: last as number,
    sequence: sequence as number,
    attributes: attributes ?? 0,
  }
}

/** Reads chunks through a connection; consistent while the caller holds a transaction. */
export function chunkSource(database: DatabaseSync): ChunkSource {
  const arrays = { returnArrays: true }
  const through = database.prepare('SELECT through FROM series WHERE id = ?', arrays)
  const newest = database.prepare(
    `SELECT ${META_COLUMNS} FROM chunks WHERE series = ? AND start <= ? ORDER BY start DESC LIMIT ?`,
    arrays,
  )
  const oldest = database.prepare(
    `SELECT ${META_COLUMNS} FROM chunks WHERE series = ?1 AND start <= 1e17
      AND start >= coalesce((SELECT max(start) FROM chunks WHERE series = ?1 AND start <= ?2), ?2)
      ORDER BY start LIMIT ?3`,
    arrays,
  )
  const data = database.prepare('SELECT data FROM chunks WHERE id = ?', arrays)
  const first = (row: unknown) => (row as Cells | undefined)?.[0]
  return {
    through: (series) => Number(first(through.get(series)) ?? 0),
    newest: (series, to, limit) => newest.all(series, to, limit).map(metaOf),
    oldest: (series, from, limit) => oldest.all(series, from, limit).map(metaOf),
    data: (id) => first(data.get(id)) as Uint8Array,
  }
}
