import type { SQLInputValue, StatementResultingChanges } from 'node:sqlite'
import type { Piece } from './messages.ts'

/** Runs a statement that stays prepared; preparing one costs more than running it. */
export type Execute = (sql: string, values?: readonly SQLInputValue[]) => StatementResultingChanges

/** Writes one piece of a compaction, inside the caller's transaction. */
export function commitPiece(piece: Piece, execute: Execute): void {
  commitChunks(piece, execute)
  commitLog(piece, execute)
  for (const first of piece.removeJournal) execute('DELETE FROM journal WHERE first = ?', [first])
  for (const sequence of piece.removeTombstones)
    execute('DELETE FROM tombstones WHERE sequence = ?', [sequence])
  for (const row of Object.entries(piece.meta)) execute('INSERT OR REPLACE INTO meta VALUES (?, ?)', row)
  for (const row of Object.entries(piece.change)) {
    execute('INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value', row)
  }
}

function commitChunks(piece: Piece, execute: Execute): void {
  for (const id of piece.removeChunks) execute('DELETE FROM chunks WHERE id = ?', [id])
  for (const chunk of piece.chunks) {
    const { series, start, end, count, numbers, sum, min, max, first, last, sequence, attributes, data } =
      chunk
    const row = [series, start, end, count, numbers, sum, min, max, first, last, sequence, attributes, data]
    execute('INSERT INTO chunks VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', row)
  }
  for (const { id, through, count, chunkEnd, latest } of piece.series) {
    const { sequence, type, attribute, value } = latest
    execute(
      `UPDATE series SET through = ?, count = ?, chunk_end = ?, latest_sequence = ?, latest_type = ?,
        latest_attribute = ?, latest_value = ? WHERE id = ?`,
      [through, count, chunkEnd, sequence, type, attribute, value, id],
    )
  }
}

function commitLog(piece: Piece, execute: Execute): void {
  for (const { id, slice, devices } of piece.removeLogBlocks) {
    for (const device of devices) {
      execute('DELETE FROM log_index WHERE device = ? AND slice = ? AND block = ?', [device, slice, id])
    }
    execute('DELETE FROM log_blocks WHERE id = ?', [id])
  }
  for (const { slice, dialect, first, last, newest, count, data, devices } of piece.logBlocks) {
    const row = [slice, dialect, first, last, newest, count, data]
    const { lastInsertRowid } = execute('INSERT INTO log_blocks VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)', row)
    for (const device of devices)
      execute('INSERT INTO log_index VALUES (?, ?, ?)', [device, lastInsertRowid, slice])
  }
}
