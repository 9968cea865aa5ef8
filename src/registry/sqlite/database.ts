import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { SqliteDatabase, SqliteStatement } from 'kysely'

/** Enough for every query of the repositories; a bulk insert of odd length must not push the others out for long. */
const CACHED_STATEMENTS = 256
/** Waits for the command line, which may write beside a running server. Milliseconds. */
const BUSY_TIMEOUT = 5000

/**
 * A `node:sqlite` database in the shape that Kysely's own SQLite dialect drives. Commits are on disk when they
 * return (WAL, `synchronous=FULL`). The file is readable by its owner only.
 */
export function openDatabase(path: string): SqliteDatabase {
  if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600))
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT })
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
  } catch (error) {
    database.close()
    throw error
  }
  const cache = new Map<string, SqliteStatement>()
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = cache.get(sql)
      if (known !== undefined) return known
      const statement = prepare(database, sql)
      if (cache.size >= CACHED_STATEMENTS) cache.delete(cache.keys().next().value ?? '')
      cache.set(sql, statement)
      return statement
    },
  }
}

function prepare(database: DatabaseSync, sql: string): SqliteStatement {
  // A transaction that reads first and writes later would fail when the command line wrote in between.
  if (sql === 'begin') return adapt(database.prepare('begin immediate'))
  const statement = adapt(database.prepare(sql))
  if (sql !== 'rollback') return statement
  // SQLite rolls back by itself when the disk is full: a second rollback would fail and hide why.
  const nothing = { changes: 0, lastInsertRowid: 0 }
  return { ...statement, run: (values) => (database.isTransaction ? statement.run(values) : nothing) }
}

function adapt(statement: StatementSync): SqliteStatement {
  const reader = statement.columns().length > 0
  const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[]
  return {
    reader,
    all: (parameters) => statement.all(...values(parameters)),
    run: (parameters) => statement.run(...values(parameters)),
    iterate: (parameters) => statement.iterate(...values(parameters)),
  }
}
