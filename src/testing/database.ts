import type { Cache, Storage } from '../index.ts'
import type { Capabilities } from './behaviour.ts'

/** A row as text: what the database answers for each column, null as `NULL`. */
export type TextRow = readonly string[]

/** A transaction of somebody else's, on a connection of its own. */
export interface ForeignTransaction {
  /** Runs one statement in it. */
  sql(statement: string): Promise<TextRow[]>
  /** Rolls it back; a second call does nothing. */
  end(): Promise<void>
}

/** An empty database that Stockpile is held to the suites on; what a backend has to provide. */
export interface Database {
  /** What it can. */
  readonly can: Capabilities
  /** Makes a storage on it, as often as asked. */
  storage(): Storage
  /** Makes a cache for a Stockpile on it, or answers one that several share; left out where nothing is to be cached. */
  cache?(): Cache
  /**
   * Runs one statement beside Stockpile, on a connection of its own that commits at once and doesn't wait for locks.
   *
   * @returns the rows, if it answers any
   */
  sql(statement: string): Promise<TextRow[]>
  /** Opens a transaction beside Stockpile that can write. */
  begin(): Promise<ForeignTransaction>
  /**
   * Deletes it.
   *
   * @throws Error where a connection to it is still open that isn't its own
   */
  drop(): Promise<void>
}

/** A kind of database, of which the suites make as many as they need. */
export interface Backend {
  readonly name: string
  readonly can: Capabilities
  /** Makes an empty database. */
  create(): Promise<Database>
}
