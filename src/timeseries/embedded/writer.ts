import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type {
  AppendRequest,
  AppendResult,
  KeyClaim,
  Piece,
  Snapshot,
  WriterRequest,
  WriterResult,
} from './messages.ts'
import { connect } from './schema.ts'
import type { Tombstone } from './tombstones.ts'

/** The one connection that writes. Every request runs inside a transaction that its caller opens and commits. */
export interface Writer {
  readonly database: DatabaseSync
  run(request: WriterRequest): WriterResult
}

/** Statements are prepared once; preparing one costs more than running it. */
function prepared(database: DatabaseSync): (sql: string) => StatementSync {
  const known = new Map<string, StatementSync>()
  return (sql) => {
    let statement = known.get(sql)
    if (statement === undefined) {
      statement = database.prepare(sql)
      known.set(sql, statement)
    }
    return statement
  }
}

export function openWriter(file: string): Writer {
  const database = connect(file, { cache: 8192 })
  const statement = prepared(database)
  const execute = (sql: string, ...values: SQLInputValue[]) => statement(sql).run(...values)

  function append(request: AppendRequest): AppendResult {
    writeNames(request)
    const dropped = claimKeys(request)
    const skip = new Set(dropped.map(([entry]) => entry))
    for (const tally of request.tallies) {
      if (skip.has(tally.entry)) continue
      execute(
        'INSERT INTO tallies VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count',
        tally.name,
        tally.bucket,
        tally.delta,
      )
    }
    for (const row of request.rows) {
      if (skip.has(row.entry)) continue
      const sequence = request.first + row.entry
      execute(
        'INSERT INTO event_rows VALUES (?, ?, ?, ?, ?, ?, ?)',
        ...[sequence, row.place, row.device, row.dialect, row.subject, row.time, row.fields],
      )
    }
    const journalBytes = skip.size === request.entries ? 0 : writeJournal(request, skip)
    return { points: request.points, dropped, journalBytes }
  }

  function writeNames(request: AppendRequest): void {
    for (const { id, device, metric, dialect } of request.series) {
      execute(
        'INSERT OR IGNORE INTO series (id, device, metric, dialect) VALUES (?, ?, ?, ?)',
        ...[id, device, JSON.stringify(metric), dialect],
      )
    }
    for (const { id, text } of request.attributes)
      execute('INSERT OR IGNORE INTO attributes VALUES (?, ?)', id, text)
    for (const { id, text } of request.kinds)
      execute('INSERT OR IGNORE INTO kinds VALUES (?, ?)', id, JSON.stringify(text))
  }

  function claimKeys(request: AppendRequest): (readonly [number, number])[] {
    const dropped: (readonly [number, number])[] = []
    for (const key of request.keys) {
      const original = claim(key, request.first + key.entry)
      if (original !== null) dropped.push([key.entry, original])
    }
    return dropped
  }

  /** The sequence that holds the key already, or null when it is ours now. */
  function claim({ dialect, scope, text, device }: KeyClaim, sequence: number): number | null {
    const { changes } = execute(
      'INSERT INTO keys VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
      ...[dialect, scope, text, sequence, device],
    )
    if (Number(changes) === 1) return null
    const row = statement('SELECT sequence FROM keys WHERE dialect = ? AND scope = ? AND text = ?').get(
      dialect,
      scope,
      text,
    )
    return Number(row?.['sequence'])
  }

  function writeJournal(request: AppendRequest, skip: ReadonlySet<number>): number {
    const { first, entries, size, points, bodies } = request
    const dropped = skip.size === 0 ? null : new Uint8Array(Uint32Array.from(skip).buffer)
    const bytes = points.length + bodies.length
    execute(
      'INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?)',
      first,
      entries,
      size,
      bytes,
      dropped,
      points,
      bodies,
    )
    return bytes
  }

  function bury({ sequence, device, from, to, whole }: Tombstone): void {
    execute('INSERT INTO tombstones VALUES (?, ?, ?, ?, ?)', sequence, device, from, to, whole ? 1 : 0)
    if (!whole) return
    for (const table of ['keys', 'event_rows', 'presence'])
      execute(`DELETE FROM ${table} WHERE device = ?`, device)
  }

  function takeSnapshot({ sequence, presence, minutes }: Snapshot): void {
    for (const [device, received] of presence)
      execute('INSERT OR REPLACE INTO presence VALUES (?, ?)', device, received)
    execute('DELETE FROM minutes')
    for (const [minute, count] of minutes) execute('INSERT INTO minutes VALUES (?, ?)', minute, count)
    setMeta('snapshot', sequence)
  }

  const setMeta = (name: string, value: number) =>
    execute('INSERT OR REPLACE INTO meta VALUES (?, ?)', name, value)

  function commitPiece(piece: Piece): void {
    for (const id of piece.removeChunks) execute('DELETE FROM chunks WHERE id = ?', id)
    for (const chunk of piece.chunks) {
      const { series, start, end, count, numbers, sum, min, max, first, last, sequence, attributes, data } =
        chunk
      execute(
        'INSERT INTO chunks VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        ...[series, start, end, count, numbers, sum, min, max, first, last, sequence, attributes, data],
      )
    }
    for (const { id, through, count, chunkEnd, latest } of piece.series) {
      execute(
        `UPDATE series SET through = ?, count = ?, chunk_end = ?, latest_sequence = ?, latest_type = ?,
          latest_attribute = ?, latest_value = ? WHERE id = ?`,
        ...[through, count, chunkEnd, latest.sequence, latest.type, latest.attribute, latest.value, id],
      )
    }
    commitLog(piece)
    for (const first of piece.removeJournal) execute('DELETE FROM journal WHERE first = ?', first)
    for (const sequence of piece.removeTombstones)
      execute('DELETE FROM tombstones WHERE sequence = ?', sequence)
    for (const [name, value] of Object.entries(piece.meta)) setMeta(name, value)
    for (const [name, value] of Object.entries(piece.change)) {
      if (value !== 0)
        execute(
          'INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value',
          name,
          value,
        )
    }
  }

  function commitLog(piece: Piece): void {
    for (const { id, slice, devices } of piece.removeLogBlocks) {
      for (const device of devices) {
        execute('DELETE FROM log_index WHERE device = ? AND slice = ? AND block = ?', device, slice, id)
      }
      execute('DELETE FROM log_blocks WHERE id = ?', id)
    }
    for (const { slice, dialect, first, last, newest, count, data, devices } of piece.logBlocks) {
      const { lastInsertRowid } = execute(
        'INSERT INTO log_blocks VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)',
        ...[slice, dialect, first, last, newest, count, data],
      )
      for (const device of devices)
        execute('INSERT INTO log_index VALUES (?, ?, ?)', device, lastInsertRowid, slice)
    }
  }

  function run(request: WriterRequest): WriterResult {
    switch (request.kind) {
      case 'append':
        return append(request)
      case 'piece':
        commitPiece(request)
        break
      case 'tombstone':
        bury(request.tombstone)
        break
      case 'cursor':
        execute(
          'INSERT OR REPLACE INTO cursors VALUES (?, ?)',
          JSON.stringify(request.name),
          request.sequence,
        )
        break
      case 'snapshot':
        takeSnapshot(request.snapshot)
        break
      case 'forget':
        for (const id of request.series) execute('DELETE FROM series WHERE id = ?', id)
        break
      case 'restart-log':
      case 'close':
        break
    }
    return null
  }

  return { database, run }
}
