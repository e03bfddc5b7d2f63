import {
  ClosedError,
  ConflictError,
  ConnectionLostError,
  DatabaseError,
  LockTimeoutError,
  StockpileError,
  TablesMissingError,
} from '../../errors.ts'

const duplicateState = '23505' // unique_violation
const conflictStates: ReadonlySet<string> = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  duplicateState, // somebody else was first
])
// Statements that the server no longer has as they were prepared. They are prepared anew when the transaction is run again.
const forgottenStates: ReadonlySet<string> = new Set([
  '26000', // invalid_sql_statement_name: DEALLOCATE, DISCARD, or a pooler that changes servers between transactions
  '42P05', // duplicate_prepared_statement: such a pooler again
])
const lockTimeoutState = '55P03' // lock_not_available
const lostStates: ReadonlySet<string> = new Set([
  '25P03', // idle_in_transaction_session_timeout
  '25P04', // transaction_timeout
  '53300', // too_many_connections
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P04', // database_dropped
  '57P05', // idle_session_timeout
])
const tableMissingState = '42P01' // undefined_table
const statePattern = /^[0-9A-Z]{5}$/
// What the driver says, without a code, when a connection breaks, or doesn't come to be in time.
const lostPattern =
  /^(?:Connection terminated|Connection ended|timeout expired|timeout exceeded|Query read timeout|Client has encountered a connection error|Client was closed)/
const poolExhaustedPattern = /^timeout exceeded when trying to connect/
const closedPoolPattern = /^Cannot use a pool after calling end/
// What the operating system says: ECONNREFUSED, ECONNRESET, EPIPE, ETIMEDOUT, ENOTFOUND; Node's own errors begin with ERR_.
const systemPattern = /^E(?!RR_)[A-Z_]+$/

const appTablePattern = /([a-z0-9_]{1,32})_stockpile_(?:account|holding|serial|history)\b/

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
  const driverCode = codeOf(error)
  const state = stateOf(error)
  const reason = reasonOf(error)
  const message = `${location} failed to ${tried}: ${reason}${driverCode === '' ? '' : ` (${driverCode})`}`
  const data = { tried, driverCode }
  const options = { cause: error }
  if (closedPoolPattern.test(reason)) return new ClosedError()
  if (state === tableMissingState) {
    const missing = appTablePattern.exec(reason)?.[1] ?? app
    if (missing !== null) return new TablesMissingError(missing, location)
  }
  if (state === lockTimeoutState) return new LockTimeoutError(message, data, options)
  if (isStatementForgotten(error)) {
    const advice = 'behind a pooler that shares connections between transactions, use preparedStatements: false'
    return new ConflictError(`${message}; ${advice}`, data, options)
  }
  if (conflictStates.has(state)) return new ConflictError(message, data, options)
  if (isLost(error)) return new ConnectionLostError(message, data, options)
  return new DatabaseError(message, data, options)
}

/** Whether the connection is gone, or never came to be. */
export function isLost(error: unknown): boolean {
  const state = stateOf(error)
  // Class 08 is that of connection exceptions.
  if (state !== '') return lostStates.has(state) || state.startsWith('08')
  return systemPattern.test(codeOf(error)) || lostPattern.test(reasonOf(error))
}

/** Whether a row with the same key is there. */
export function isDuplicate(error: unknown): boolean {
  return stateOf(error) === duplicateState
}

/** Whether the server no longer has a statement as it was prepared. */
export function isStatementForgotten(error: unknown): boolean {
  const state = stateOf(error)
  // A table that was changed meanwhile is told from other things that the server can't do by the place in the server's source.
  const isPlanOutdated = state === '0A000' && isObject(error) && error['routine'] === 'RevalidateCachedQuery'
  return forgottenStates.has(state) || isPlanOutdated
}

/** Whether a pool had no connection to give in its own time. */
export function isPoolExhausted(error: unknown): boolean {
  return stateOf(error) === '' && poolExhaustedPattern.test(reasonOf(error))
}

/** Whether a table is missing. */
export function isTableMissing(error: unknown): boolean {
  return stateOf(error) === tableMissingState
}

/** The server's code, which has five characters; empty for what the driver or the operating system says. */
function stateOf(error: unknown): string {
  const code = codeOf(error)
  // Only the server grades its errors; its grades are in its own language.
  return statePattern.test(code) && isObject(error) && 'severity' in error ? code : ''
}

function codeOf(error: unknown): string {
  return isObject(error) && typeof error['code'] === 'string' ? error['code'] : ''
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // A host with several addresses fails with one error for each.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join(', ')
  return error.message
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
