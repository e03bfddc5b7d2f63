import { nothingWritten, StockpileError } from './stockpile-error.ts'

/** The database chose the work as a victim of a deadlock or of a serialisation conflict, again and again. */
export class ConflictError extends StockpileError {
  static override readonly reference = {
    code: 'CONFLICT',
    isRetryable: true,
    meaning:
      'The database rolled the work back because of a deadlock or a conflicting transaction, more often than it is retried.',
    afterwards: nothingWritten,
  }
}

/** Rows stayed locked by somebody else for too long. */
export class LockTimeoutError extends StockpileError {
  static override readonly reference = {
    code: 'LOCK_TIMEOUT',
    isRetryable: true,
    meaning: "Somebody else's transaction held a row, or the whole SQLite file, for longer than `lockWaitMs`.",
    afterwards: nothingWritten,
  }
}

/** The connection to the database was lost, or could not be made. */
export class ConnectionLostError extends StockpileError {
  static override readonly reference = {
    code: 'CONNECTION_LOST',
    isRetryable: true,
    meaning: 'The database can not be reached, or the connection broke before COMMIT was sent.',
    afterwards: 'Nothing was written: the database rolls back what it had not been told to commit.',
  }
}

/** The connection was lost during COMMIT, and the database could not be asked for the outcome. */
export class OutcomeUnknownError extends StockpileError {
  static override readonly reference = {
    code: 'OUTCOME_UNKNOWN',
    isRetryable: false,
    meaning:
      'The answer to COMMIT was lost, and what became of the deal could not be found out. ' +
      'Look the deal up in the history by its id, or send it again with the same idempotency key.',
    afterwards: 'The deal happened as a whole or not at all; which of the two is not known here.',
  }
  /** The ids of the deals whose outcome is unknown. */
  readonly deals: readonly string[]

  constructor(deals: readonly string[], options?: ErrorOptions) {
    super(
      `the answer to COMMIT was lost, and what became of it could not be found out in time: the outcome of ${deals.length === 1 ? 'deal' : 'deals'} ` +
        `${deals.slice(0, 5).join(', ')}${deals.length > 5 ? ', ...' : ''} is unknown; look it up in the history, or send it again with the same key`,
      { deals },
      options,
    )
    this.deals = deals
  }
}

/** The database answered with an error that is none of the others. */
export class DatabaseError extends StockpileError {
  static override readonly reference = {
    code: 'DATABASE',
    isRetryable: false,
    meaning: 'The database refused a statement for a reason of its own; `cause` is the driver’s error.',
    afterwards: 'Nothing was written. An open transaction can only be rolled back.',
  }
}

/** A transaction was to span two databases. */
export class SecondDatabaseError extends StockpileError {
  static override readonly reference = {
    code: 'SECOND_DATABASE',
    isRetryable: false,
    meaning: 'A transaction of one database was to include an inventory of another.',
    afterwards: nothingWritten,
  }

  constructor(first: string, second: string) {
    super(`this transaction runs on ${first} and can not include ${second} as well: use one Stockpile inside it`, {
      first,
      second,
    })
  }
}

/** The driver of a database is not installed. */
export class DriverMissingError extends StockpileError {
  static override readonly reference = {
    code: 'DRIVER_MISSING',
    isRetryable: false,
    meaning: 'The npm package that talks to this kind of database or cache is not installed; the message says which.',
    afterwards: nothingWritten,
  }

  constructor(driver: string, options?: ErrorOptions) {
    super(`the package ${driver} is not installed: run \`npm install ${driver}\``, { driver }, options)
  }
}

/** The database server is too old, or set up in a way that would break a promise. */
export class UnsupportedDatabaseError extends StockpileError {
  static override readonly reference = {
    code: 'UNSUPPORTED_DATABASE',
    isRetryable: false,
    meaning:
      'The database is older than Stockpile supports, or set up in a way that breaks a promise; the message says which.',
    afterwards: nothingWritten,
  }
}
