import type { SecretBox } from '../core/access/secrets.ts'
import type { ChangeFeed } from '../core/changes.ts'
import { CoreError, type ErrorCode } from '../core/errors.ts'
import type { Database, Engine } from './engine.ts'
import type { UniqueKey } from './schema.ts'

/** What every repository works with. */
export interface RegistryContext {
  readonly db: Database
  readonly engine: Engine
  readonly changes: ChangeFeed
  readonly secrets: SecretBox
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** What a violated key means to the caller. */
export type Meanings = Partial<Record<UniqueKey | 'missing-reference', ErrorCode>>

/** Runs a repository's work and turns the engine's errors into the core's. */
export async function guard<Result>(
  engine: Engine,
  work: () => Promise<Result>,
  meanings: Meanings = {},
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof CoreError) throw error
    const fault = engine.classify(error)
    if (fault.kind === 'unavailable') throw new CoreError('storage_unavailable', {}, { cause: error })
    // No cause here: what was taken may be a hash or an address.
    const code = meanings[fault.kind === 'unique' ? fault.key : 'missing-reference']
    if (fault.kind !== 'other' && code !== undefined) throw new CoreError(code)
    throw error
  }
}

/** False for anything that can't be a row's id; the engines disagree about what they do with such values. */
export const isId = (id: number): boolean => Number.isSafeInteger(id) && id > 0

/** False for texts that PostgreSQL can't hold: searching for one finds nothing. */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

/** The first row of an `insert … returning`, which always has one. */
export function only<Row>(rows: readonly Row[]): Row {
  const row = rows[0]
  if (row === undefined) throw new Error('the statement returned no row')
  return row
}

/** Cuts a list so that one statement stays far below both engines' limits of parameters. */
export function* chunks<Item>(items: readonly Item[], size = 500): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}
