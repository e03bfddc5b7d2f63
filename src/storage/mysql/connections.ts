import type { ShareLock } from './cached-statements.ts'
import type { Connection, Line, Mode } from './connection.ts'
import { text } from './literals.ts'

/** Where connections come from. */
export interface Connections {
  /** The database, without password. */
  readonly location: string
  /** Whether a lock timeout rolls the whole transaction back (`innodb_rollback_on_timeout`) and not only the statement. */
  readonly hasTimeoutRollback: boolean
  /** How rows are locked in share mode without waiting; known once a connection was taken. */
  readonly shareLock: ShareLock
  /**
   * A connection for one caller, who prepares it with `enter`.
   *
   * @throws ClosedError, ConnectionLostError, LockTimeoutError when all have been in use for too long, UnsupportedDatabaseError
   */
  take(mode: Mode): Promise<Connection>
  /** Takes a connection back, with no transaction open in it unless it is lost. */
  give(connection: Line): void
  /** Closes what was opened here; connections that are in use go when they are given back. */
  close(): Promise<void>
}

/** A strict mode, so that no value is ever cut to fit. */
export const sqlMode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'

/** Tells the triggers that all that a kind of transaction writes is Stockpile's own, as an assignment. */
export function ownWrites(mode: Mode): string {
  return mode === 'reads' ? othersWrites : "@stockpile_writes = 'own'"
}

/**
 * The same of what belongs to some deals, on a connection on which anybody else writes as soon as this is over. It is true only as long as
 * their history is there, which has to be written first: where something fails and nobody can take it back, it means nothing any more.
 */
export function lentWrites(deals: Iterable<string>): string {
  return `@stockpile_writes = ${text([...deals].join(','))}`
}

/** Tells the triggers that what is written is not Stockpile's own, as an assignment. */
export const othersWrites = '@stockpile_writes = NULL'

/**
 * How long a statement waits for a lock in each kind of transaction, as an assignment. The server counts in whole seconds, from 1, and 1
 * is what a batch waits: it skips rows that are locked, so all that it can meet is somebody else's row that is being inserted.
 */
export function lockWait(mode: Mode, lockWaitMs: number): string {
  return `innodb_lock_wait_timeout = ${mode === 'batch' ? 1 : secondsOf(lockWaitMs)}`
}

/** How long a statement waits for a table whose columns somebody else is changing, as an assignment. */
export function tableWait(lockWaitMs: number): string {
  return `lock_wait_timeout = ${secondsOf(lockWaitMs)}`
}

function secondsOf(waitMs: number): number {
  return Math.max(1, Math.ceil(waitMs / 1000))
}
