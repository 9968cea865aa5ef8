import { SqliteDialect } from 'kysely'
import type { Engine, Fault } from '../engine.ts'
import { UNIQUE_KEYS, type UniqueKey } from '../schema.ts'
import { openDatabase } from './database.ts'

/** Primary result codes (the low byte) of a disk or file that refuses: busy, locked, read-only, I/O, full, can't open. */
const UNAVAILABLE = new Set([5, 6, 8, 10, 13, 14])
const UNIQUE_VIOLATION = 2067
const FOREIGN_KEY_VIOLATION = 787

const KEY_BY_WORDS = new Map<string, UniqueKey>(
  Object.entries(UNIQUE_KEYS).map(([key, words]) => [words, key as UniqueKey]),
)

/** SQLite in one file, written by one connection. */
export function sqliteEngine(path: string): Engine {
  return {
    name: 'sqlite',
    dialect: new SqliteDialect({ database: async () => openDatabase(path) }),
    types: { bytes: 'blob', integer: 'integer' },
    risingId: (column) => column.primaryKey().autoIncrement(),
    classify,
    // One connection, one transaction at a time: nothing can come between.
    locked: (query) => query,
    serialize: async () => {},
  }
}

function classify(error: unknown): Fault {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') {
    return { kind: 'other' }
  }
  if (error.errcode === UNIQUE_VIOLATION) {
    const key = KEY_BY_WORDS.get(error.message.replace('UNIQUE constraint failed: ', ''))
    return key === undefined ? { kind: 'other' } : { kind: 'unique', key }
  }
  if (error.errcode === FOREIGN_KEY_VIOLATION) return { kind: 'missing-reference' }
  return { kind: UNAVAILABLE.has(error.errcode & 0xff) ? 'unavailable' : 'other' }
}
