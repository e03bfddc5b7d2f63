import {
  CacheMismatchError,
  ConflictError,
  ConnectionLostError,
  DatabaseError,
  DriverMissingError,
  LockTimeoutError,
  StockpileError,
  TablesMissingError,
} from '../../errors.ts'

/** An error as it crosses from one thread to another. */
export interface FaultMessage {
  readonly code: string
  readonly message: string
  readonly data: Readonly<Record<string, unknown>>
  readonly cause: unknown
}

/**
 * Turns what the driver threw into the error that the contract names.
 *
 * @param tried what was being done, for the message
 */
export function toFault(error: unknown, tried: string): StockpileError {
  if (error instanceof StockpileError) return error
  const reason = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const message = `SQLite failed to ${tried}: ${reason}${code === '' ? '' : ` (${code})`}`
  const data = { tried, driverCode: code }
  if (code.startsWith('SQLITE_BUSY')) return new LockTimeoutError(message, data, { cause: error })
  if (code === 'SQLITE_CONSTRAINT_PRIMARYKEY' || code === 'SQLITE_CONSTRAINT_UNIQUE')
    return new ConflictError(message, data, { cause: error })
  if (code === 'SQLITE_CANTOPEN') return new ConnectionLostError(message, data, { cause: error })
  return new DatabaseError(message, data, { cause: error })
}

/** Puts a fault into a form that can be sent to another thread. */
export function packFault(fault: StockpileError): FaultMessage {
  const cause = fault.cause instanceof Error ? new Error(fault.cause.message) : undefined
  return { code: fault.code, message: fault.message, data: fault.data, cause }
}

/** Makes the error again that was packed in another thread. */
export function unpackFault({ code, message, data, cause }: FaultMessage): StockpileError {
  if (code === DriverMissingError.reference.code) return new DriverMissingError(String(data['driver']), { cause })
  if (code === CacheMismatchError.reference.code)
    return new CacheMismatchError(data as { noted: string | null; own: string | null }, { cause })
  if (code === TablesMissingError.reference.code)
    return new TablesMissingError(String(data['app']), String(data['location']))
  const kinds = [ConflictError, LockTimeoutError, ConnectionLostError]
  const kind = kinds.find((candidate) => candidate.reference.code === code) ?? DatabaseError
  return new kind(message, data, { cause })
}
