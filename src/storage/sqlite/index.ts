import { InvalidArgumentError } from '../../errors.ts'
import type { Storage } from '../contract.ts'
import { SqliteStorage } from './storage.ts'

/** How a SQLite file is used. */
export interface SqliteOptions {
  /** How long to wait for another process that writes to the same file, in milliseconds from 1; 10,000 unless said otherwise. */
  readonly lockWaitMs?: number
  /**
   * `full` (the default) syncs every commit to the disk, so that every acknowledged deal survives a power cut; `off` leaves that to the
   * operating system: much faster, and what was acknowledged last is lost with the power.
   */
  readonly synchronous?: 'full' | 'off'
}

/**
 * Keeps inventories in a SQLite file: embedded, no server needed, one writer at a time. Through the driver better-sqlite3, in two worker
 * threads, so that the application's thread never waits for the disk; the tables are made at first use.
 *
 * @param path the file, made if it isn't there; `:memory:` stands for a temporary file that goes at the end
 * @throws InvalidArgumentError for a path or an option that can't be
 * @example
 * const stockpile = new Stockpile({ storage: sqlite('farm.db') })
 */
export function sqlite(path: string, options: SqliteOptions = {}): Storage {
  const { lockWaitMs = 10_000, synchronous = 'full' } = options
  if (typeof path !== 'string' || path === '' || path.includes('\0'))
    throw new InvalidArgumentError('path', path, "a file's path, or ':memory:'")
  // Two letters at least: one is a drive of Windows.
  if (/^[a-z][a-z0-9+.-]+:/i.test(path))
    throw new InvalidArgumentError('path', path, "a file's path such as 'farm.db', and no URL")
  if (!Number.isSafeInteger(lockWaitMs) || lockWaitMs < 1) {
    throw new InvalidArgumentError('lockWaitMs', lockWaitMs, 'a whole number of milliseconds from 1')
  }
  if (synchronous !== 'full' && synchronous !== 'off')
    throw new InvalidArgumentError('synchronous', synchronous, "'full' or 'off'")
  return new SqliteStorage({ path, lockWaitMs, synchronous })
}
