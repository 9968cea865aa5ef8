import type { ColumnDataType, ColumnDefinitionBuilder, Dialect, Kysely, Transaction } from 'kysely'
import type { Schema, UniqueKey } from './schema.ts'

export type Database = Kysely<Schema>

/** What an engine's error means to a repository. */
export type Fault =
  | { readonly kind: 'unique'; readonly key: UniqueKey }
  | { readonly kind: 'missing-reference' }
  /** The disk or the server refuses: nothing was stored, trying again later may help. */
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'other' }

/** Everything in which the two engines differ. Repositories know no other difference. */
export interface Engine {
  readonly name: 'sqlite' | 'postgresql'
  readonly dialect: Dialect
  /** Column types of the migrations. */
  readonly types: { readonly bytes: ColumnDataType; readonly integer: ColumnDataType }
  /** Makes a primary key rise and never come back. */
  risingId(column: ColumnDefinitionBuilder): ColumnDefinitionBuilder
  classify(error: unknown): Fault
  /** Holds the rows a query finds until the transaction ends. */
  locked<Query extends Lockable<Query>>(query: Query): Query
  /** Lets one transaction of this name run at a time, until it ends. */
  serialize(transaction: Transaction<Schema>, name: 'user-names' | 'migrations'): Promise<void>
}

/** A select query that can lock its rows. */
export interface Lockable<Query> {
  forUpdate(): Query
}
