import { PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import type { Engine, Fault } from '../engine.ts'
import { UNIQUE_KEYS, type UniqueKey } from '../schema.ts'

const INT8 = 20
const CONNECTIONS = 10
const CONNECT_TIMEOUT = 5000
/** SQLSTATEs that say "not now": connection, deadlock, resources, shutdown, system, read-only. */
const UNAVAILABLE = /^(08|40|53|57|58)|^25006$/
const UNIQUE_VIOLATION = '23505'
const FOREIGN_KEY_VIOLATION = '23503'
/** Any number that no other use of advisory locks in this database has. */
const LOCKS = { 'user-names': 7_301_001, migrations: 7_301_002 } as const

/** A PostgreSQL server, version 15 or later. */
export function postgresEngine(url: string): Engine {
  return {
    name: 'postgresql',
    dialect: new PostgresDialect({ pool: async () => openPool(url) }),
    types: { bytes: 'bytea', integer: 'bigint' },
    risingId: (column) => column.primaryKey().generatedAlwaysAsIdentity(),
    classify,
    locked: (query) => query.forUpdate(),
    serialize: async (transaction, name) => {
      await sql`select pg_advisory_xact_lock(${LOCKS[name]})`.execute(transaction)
    },
  }
}

function openPool(url: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    // Ids and times stay below 2^53; counts come as int8 too.
    types: {
      getTypeParser: (oid, format) => (oid === INT8 ? Number : pg.types.getTypeParser(oid, format)),
    },
  })
  // An idle connection that breaks is replaced by the next query, which reports what it meets.
  pool.on('error', () => {})
  return pool
}

function classify(error: unknown): Fault {
  dropValues(error)
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') {
    return { kind: isConnectionError(error) ? 'unavailable' : 'other' }
  }
  if (error.code === UNIQUE_VIOLATION) {
    const constraint = 'constraint' in error ? String(error.constraint) : ''
    return constraint in UNIQUE_KEYS ? { kind: 'unique', key: constraint as UniqueKey } : { kind: 'other' }
  }
  if (error.code === FOREIGN_KEY_VIOLATION) return { kind: 'missing-reference' }
  const refused = UNAVAILABLE.test(error.code) || isConnectionError(error)
  return { kind: refused ? 'unavailable' : 'other' }
}

/** `detail` and `where` quote rows, and rows hold hashes: they must not reach a log. */
function dropValues(error: unknown): void {
  if (!(error instanceof pg.DatabaseError)) return
  error.detail = undefined
  error.where = undefined
}

/** The driver reports some breaks of a connection without a SQLSTATE. */
function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('code' in error && /^E[A-Z]+$/.test(String(error.code))) return true
  return /connection terminated|timeout exceeded when trying to connect|Connection ended/i.test(error.message)
}
