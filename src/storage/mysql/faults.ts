import {
  ClosedError,
  ConflictError,
  ConnectionLostError,
  DatabaseError,
  LockTimeoutError,
  StockpileError,
  TablesMissingError,
  TriggersRefusedError,
} from '../../errors.ts'

// By number: the same in MariaDB and MySQL where both have it; numbers above 45000 are the driver's own.
const lockTimeoutNumbers: ReadonlySet<number> = new Set([
  1205, // ER_LOCK_WAIT_TIMEOUT
  3572, // ER_LOCK_NOWAIT
])
const rolledBackNumbers: ReadonlySet<number> = new Set([
  1020, // ER_CHECKREAD: a row changed since the snapshot
  1213, // ER_LOCK_DEADLOCK, also at COMMIT under Galera
  1614, // ER_XA_RBDEADLOCK
  3101, // ER_TRANSACTION_ROLLBACK_DURING_COMMIT: group replication
])
const duplicateNumbers: ReadonlySet<number> = new Set([
  1022, // ER_DUP_KEY
  1062, // ER_DUP_ENTRY
])
const lostNumbers: ReadonlySet<number> = new Set([
  1040, // ER_CON_COUNT_ERROR: too many connections
  1047, // ER_UNKNOWN_COM_ERROR: a Galera node that isn't ready
  1053, // ER_SERVER_SHUTDOWN
  1077, // ER_NORMAL_SHUTDOWN
  1079, // ER_SHUTDOWN_COMPLETE
  1152, // ER_ABORTING_CONNECTION
  1203, // ER_TOO_MANY_USER_CONNECTIONS
  1927, // ER_CONNECTION_KILLED
  4031, // ER_CLIENT_INTERACTION_TIMEOUT
  45028, // the pool had no connection in time
])
const closedPoolNumbers: ReadonlySet<number> = new Set([45027, 45035, 45037])
// The statement is to blame, although the server ends the connection over it: trying again can't help, but its neighbours can go on.
const tooLongNumber = 1153 // ER_NET_PACKET_TOO_LARGE: a packet beyond max_allowed_packet
const tableMissingNumber = 1146 // ER_NO_SUCH_TABLE
const savepointMissingNumber = 1305 // ER_SP_DOES_NOT_EXIST
const triggerUnsafeNumber = 1419 // ER_BINLOG_CREATE_ROUTINE_NEED_SUPER
const tableDeniedNumber = 1142 // ER_TABLEACCESS_DENIED_ERROR: its text names the privilege
// ER_CANT_UPDATE_USED_TABLE_IN_SF_OR_TRG: the statement uses a table that a trigger is to write.
const tableInUseNumber = 1442
// The server answered and refused the user or the database: trying again can't help, although the driver calls it fatal.
const refusedNumbers: ReadonlySet<number> = new Set([1044, 1045, 1049, 1130, 1251, 1524, 1698])

const appTablePattern = /\.([a-z0-9_]+)_stockpile_(?:account|holding|serial|history)'/

/** What was being done when something failed, for the error's text. */
export interface Attempt {
  /** The database, without password. */
  readonly location: string
  /** What was tried, as in "failed to ...". */
  readonly tried: string
  /** The app whose tables were used, if there is one. */
  readonly app: string | null
}

/**
 * Turns what the driver threw into the error that the contract names.
 */
export function toFault(error: unknown, { location, tried, app }: Attempt): StockpileError {
  if (error instanceof StockpileError) return error
  const number = numberOf(error)
  const driverCode = codeOf(error)
  const message = `${location} failed to ${tried}: ${reasonOf(error)}${driverCode === '' ? '' : ` (${driverCode})`}`
  const data = { tried, driverCode, number }
  const options = { cause: error }
  if (closedPoolNumbers.has(number)) return new ClosedError()
  if (number === tableMissingNumber) {
    const missing = appTablePattern.exec(reasonOf(error))?.[1] ?? app
    if (missing !== null) return new TablesMissingError(missing, location)
  }
  if (number === tableDeniedNumber && reasonOf(error).startsWith('TRIGGER ')) {
    const remedy = 'GRANT TRIGGER on the database to the user that migrates'
    return new TriggersRefusedError(`${message}: ${remedy}`, { ...data, remedy }, options)
  }
  if (number === triggerUnsafeNumber) {
    const remedy =
      'SET GLOBAL log_bin_trust_function_creators = 1, at least while migrating, or migrate as a user with SUPER'
    return new TriggersRefusedError(`${message}: ${remedy}`, { ...data, remedy }, options)
  }
  if (number === tableInUseNumber) {
    const remedy = 'name no other table of the app in the statement: read it into a temporary table first'
    return new DatabaseError(`${message}: ${remedy}`, { ...data, remedy }, options)
  }
  if (lockTimeoutNumbers.has(number)) return new LockTimeoutError(message, data, options)
  if (rolledBackNumbers.has(number) || duplicateNumbers.has(number)) return new ConflictError(message, data, options)
  if (isLost(error) && !isTooLong(error)) return new ConnectionLostError(message, data, options)
  return new DatabaseError(message, data, options)
}

/** Whether the connection is gone, or never came to be. */
export function isLost(error: unknown): boolean {
  const number = numberOf(error)
  if (refusedNumbers.has(number)) return false
  if (lostNumbers.has(number)) return true
  if (typeof error !== 'object' || error === null) return false
  // The driver marks what ends a connection; what the operating system says has no number of the server's.
  return ('fatal' in error && error.fatal === true) || ('syscall' in error && typeof error.syscall === 'string')
}

/** Whether the server has rolled the whole transaction back, not only the statement. */
export function isRolledBack(error: unknown): boolean {
  return rolledBackNumbers.has(numberOf(error))
}

/** Whether the server waited for a lock in vain. */
export function isLockTimeout(error: unknown): boolean {
  return lockTimeoutNumbers.has(numberOf(error))
}

/** Whether a statement is longer than the server takes; the connection is gone then, and trying again can't help. */
export function isTooLong(error: unknown): boolean {
  return numberOf(error) === tooLongNumber
}

/** Whether a row with the same key is there. */
export function isDuplicate(error: unknown): boolean {
  return duplicateNumbers.has(numberOf(error))
}

/** Whether a savepoint is missing. */
export function isSavepointMissing(error: unknown): boolean {
  return numberOf(error) === savepointMissingNumber
}

/** Whether a table is missing. */
export function isTableMissing(error: unknown): boolean {
  return numberOf(error) === tableMissingNumber
}

function numberOf(error: unknown): number {
  return typeof error === 'object' && error !== null && 'errno' in error && typeof error.errno === 'number'
    ? error.errno
    : 0
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}

/** What the server or the driver said, without the statement that the driver's message carries. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const said = 'sqlMessage' in error && typeof error.sqlMessage === 'string' ? error.sqlMessage : error.message
  const cause = error.cause instanceof Error ? reasonOf(error.cause) : ''
  return cause === '' ? said : `${said}: ${cause}`
}
