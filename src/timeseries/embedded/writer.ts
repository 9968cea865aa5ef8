import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import { commitPiece, type Execute } from './write-piece.ts'
import type {
  AppendRequest,
  AppendResult,
  KeyClaim,
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

interface Statements {
  readonly execute: Execute
  readonly get: (sql: string, values: readonly SQLInputValue[]) => Record<string, SQLOutputValue> | undefined
}

function statements(database: DatabaseSync): Statements {
  const known = new Map<string, StatementSync>()
  const prepared = (sql: string): StatementSync => {
    let statement = known.get(sql)
    if (statement === undefined) {
      statement = database.prepare(sql)
      known.set(sql, statement)
    }
    return statement
  }
  return {
    execute: (sql, values = []) => prepared(sql).run(...values),
    get: (sql, values) => prepared(sql).get(...values),
  }
}

export function openWriter(file: string): Writer {
  const database = connect(file, { cache: 8192 })
  const access = statements(database)
  const { execute } = access

  function run(request: WriterRequest): WriterResult {
    switch (request.kind) {
      case 'append':
        return append(request, access)
      case 'piece':
        commitPiece(request, execute)
        break
      case 'tombstone':
        bury(request.tombstone, execute)
        break
      case 'cursor':
        execute('INSERT OR REPLACE INTO cursors VALUES (?, ?)', [
          JSON.stringify(request.name),
          request.sequence,
        ])
        break
      case 'snapshot':
        takeSnapshot(request.snapshot, execute)
        break
      case 'forget':
        for (const id of request.series) execute('DELETE FROM series WHERE id = ?', [id])
        break
      case 'restart-log':
      case 'close':
        break
    }
    return null
  }

  return { database, run }
}

function append(request: AppendRequest, access: Statements): AppendResult {
  const { execute } = access
  writeNames(request, execute)
  const dropped = claimKeys(request, access)
  const skip = new Set(dropped.map(([entry]) => entry))
  for (const { entry, name, bucket, delta } of request.tallies) {
    if (skip.has(entry)) continue
    execute('INSERT INTO tallies VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count', [
      name,
      bucket,
      delta,
    ])
  }
  for (const { entry, place, device, dialect, subject, time, fields } of request.rows) {
    if (skip.has(entry)) continue
    const row = [request.first + entry, place, device, dialect, subject, time, fields]
    execute('INSERT INTO event_rows VALUES (?, ?, ?, ?, ?, ?, ?)', row)
  }
  const journalBytes = skip.size === request.entries ? 0 : writeJournal(request, skip, execute)
  return { points: request.points, dropped, journalBytes }
}

function writeNames(request: AppendRequest, execute: Execute): void {
  for (const { id, device, metric, dialect } of request.series) {
    const row = [id, device, JSON.stringify(metric), dialect]
    execute('INSERT OR IGNORE INTO series (id, device, metric, dialect) VALUES (?, ?, ?, ?)', row)
  }
  for (const { id, text } of request.attributes)
    execute('INSERT OR IGNORE INTO attributes VALUES (?, ?)', [id, text])
  for (const { id, text } of request.kinds) {
    execute('INSERT OR IGNORE INTO kinds VALUES (?, ?)', [id, JSON.stringify(text)])
  }
}

function claimKeys(request: AppendRequest, access: Statements): (readonly [number, number])[] {
  const dropped: (readonly [number, number])[] = []
  for (const key of request.keys) {
    const original = claim(key, request.first + key.entry, access)
    if (original !== null) dropped.push([key.entry, original])
  }
  return dropped
}

/** The sequence that holds the key already, or null when it is ours now. */
function claim(
  { dialect, scope, text, device }: KeyClaim,
  sequence: number,
  { execute, get }: Statements,
): number | null {
  const row = [dialect, scope, text, sequence, device]
  const { changes } = execute('INSERT INTO keys VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING', row)
  if (Number(changes) === 1) return null
  const known = get('SELECT sequence FROM keys WHERE dialect = ? AND scope = ? AND text = ?', [
    dialect,
    scope,
    text,
  ])
  return Number(known?.['sequence'])
}

function writeJournal(request: AppendRequest, skip: ReadonlySet<number>, execute: Execute): number {
  const { first, entries, size, points, bodies } = request
  const dropped = skip.size === 0 ? null : new Uint8Array(Uint32Array.from(skip).buffer)
  const bytes = points.length + bodies.length
  execute('INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?)', [
    first,
    entries,
    size,
    bytes,
    dropped,
    points,
    bodies,
  ])
  return bytes
}

function bury({ sequence, device, from, to, whole }: Tombstone, execute: Execute): void {
  execute('INSERT INTO tombstones VALUES (?, ?, ?, ?, ?)', [sequence, device, from, to, whole ? 1 : 0])
  if (!whole) return
  for (const table of ['keys', 'event_rows', 'presence'])
    execute(`DELETE FROM ${table} WHERE device = ?`, [device])
}

function takeSnapshot({ sequence, presence, minutes }: Snapshot, execute: Execute): void {
  for (const seen of presence) execute('INSERT OR REPLACE INTO presence VALUES (?, ?)', seen)
  execute('DELETE FROM minutes')
  for (const minute of minutes) execute('INSERT INTO minutes VALUES (?, ?)', minute)
  execute('INSERT OR REPLACE INTO meta VALUES (?, ?)', ['snapshot', sequence])
}
