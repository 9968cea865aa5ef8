import { DatabaseSync } from 'node:sqlite'

export interface Lock {
  release(): void
}

const SQLITE_BUSY = 5

/** Keeps the garbage collector from closing a held file, and with it the lock. */
const held = new Set<DatabaseSync>()

/**
 * Takes a lock that the system releases when this process ends, however it ends: an exclusive SQLite transaction
 * that is never committed. Null when another process, or this one, holds it. Nobody else may open the file, since
 * closing any descriptor of it would release the lock.
 */
export function takeLock(file: string): Lock | null {
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
    held.add(database)
    return {
      release() {
        if (held.delete(database)) database.close()
      },
    }
  } catch (error) {
    database.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return null
    throw error
  }
}
