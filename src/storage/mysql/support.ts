import { UnsupportedDatabaseError } from '../../errors.ts'
import type { ShareLock } from './cached-statements.ts'
import type { Connection } from './connection.ts'

// The first versions that lock with SKIP LOCKED and enforce CHECK.
const mariadbLeast = [10, 6, 0] as const
const mysqlLeast = [8, 0, 16] as const

const mariadbPattern = /(\d+)\.(\d+)\.(\d+)-MariaDB/i

/** What is worth knowing about a server that can keep the promises. */
export interface Support {
  /** Whether a lock timeout rolls the whole transaction back and not only the statement. */
  readonly hasTimeoutRollback: boolean
  /** How its rows are locked in share mode without waiting. */
  readonly shareLock: ShareLock
}

/**
 * Checks that the server can keep the promises.
 *
 * @throws UnsupportedDatabaseError when it is too old, when the connection would garble text, or when no database is chosen
 */
export async function checkSupport(connection: Connection): Promise<Support> {
  // Reads no table. Answers one row.
  const sql = 'SELECT VERSION(), @@character_set_results, DATABASE(), @@innodb_rollback_on_timeout'
  const [row] = await connection.rows<[string, string | null, string | null, unknown]>(sql)
  const [version = '', characterSet = null, database = null, timeoutRollback = 0] = row ?? []
  const { location } = connection
  if (!isSupported(version)) {
    const message = `${location} runs version ${version}, and Stockpile needs MariaDB 10.6 or MySQL 8.0.16: use a newer server`
    throw new UnsupportedDatabaseError(message, { version })
  }
  if (characterSet !== null && characterSet !== 'utf8mb4') {
    const message = `${location} answers in the character set ${characterSet}, which loses characters: make the pool with charset 'utf8mb4'`
    throw new UnsupportedDatabaseError(message, { characterSet })
  }
  if (database === null) {
    throw new UnsupportedDatabaseError(`${location} has no database chosen: make the pool with a database`, {})
  }
  return { hasTimeoutRollback: Number(timeoutRollback) === 1, shareLock: shareLockOf(version) }
}

/** MariaDB has no FOR SHARE, and MySQL no SKIP LOCKED after LOCK IN SHARE MODE. */
export function shareLockOf(version: string): ShareLock {
  return mariadbPattern.test(version) ? 'LOCK IN SHARE MODE SKIP LOCKED' : 'FOR SHARE SKIP LOCKED'
}

/**
 * Whether a version is new enough.
 *
 * @param version as `SELECT VERSION()` answers: `10.11.6-MariaDB-log`, `5.5.5-10.6.4-MariaDB`, `8.0.36`
 */
export function isSupported(version: string): boolean {
  const mariadb = mariadbPattern.exec(version)
  const least = mariadb === null ? mysqlLeast : mariadbLeast
  const parts = (mariadb ?? /^(\d+)\.(\d+)\.(\d+)/.exec(version))?.slice(1).map(Number)
  if (parts === undefined) return false
  const difference = least.map((number, index) => (parts[index] ?? 0) - number).find((step) => step !== 0)
  return difference === undefined || difference > 0
}
