import { inspect } from 'node:util'

/** What an error carries besides its message: plain values, bigints included. */
export type ErrorData = Readonly<Record<string, unknown>>

/** The reference of one error: what it means and what is true after it was thrown. The table in the docs is made of these. */
export interface ErrorReference {
  readonly code: string
  readonly isRetryable: boolean
  readonly meaning: string
  readonly afterwards: string
}

/**
 * The base of every error that Stockpile throws on purpose.
 *
 * The message says what was tried, what stood in the way and what to do; `data` says the same as values.
 */
export abstract class StockpileError extends Error {
  /** What this class of error means, for the docs and for `code` and `isRetryable`. */
  static readonly reference: ErrorReference

  /** A stable name in capitals, never reused for another meaning. */
  readonly code: string
  /** Whether the same call can succeed when it is made again, unchanged. */
  readonly isRetryable: boolean
  /** The facts behind the message. */
  readonly data: ErrorData

  constructor(message: string, data: ErrorData = {}, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = new.target.reference.code
    this.isRetryable = new.target.reference.isRetryable
    this.data = data
  }
}

const nothingWritten = 'Nothing was written.'

/** An argument breaks a rule. */
export class InvalidArgumentError extends StockpileError {
  static override readonly reference = {
    code: 'INVALID_ARGUMENT',
    isRetryable: false,
    meaning: 'An argument or option breaks a rule; `data` names the argument, the value and the rule.',
    afterwards: nothingWritten,
  }
  /** The argument's name. */
  readonly argument: string
  /** What was passed. */
  readonly value: unknown
  /** What it must be. */
  readonly rule: string

  constructor(argument: string, value: unknown, rule: string) {
    const shown = inspect(value, { depth: 1, maxStringLength: 80, maxArrayLength: 5, breakLength: Infinity })
    super(`${argument} must be ${rule}; got ${shown}`, { argument, value, rule })
    this.argument = argument
    this.value = value
    this.rule = rule
  }
}

/** What is named of a holding in errors about it. */
export interface HoldingFacts {
  readonly app: string
  readonly user: string
  readonly item: string
}

/** More was to be taken than is there. */
export class NotEnoughError extends StockpileError {
  static override readonly reference = {
    code: 'NOT_ENOUGH',
    isRetryable: false,
    meaning: 'More was to be taken than the account holds; `data` says how many are held and how many were wanted.',
    afterwards: 'Nothing of the deal was written. An open transaction lives on without it.',
  }
  readonly app: string
  readonly user: string
  readonly item: string
  /** How many were there. */
  readonly held: bigint
  /** How many were to be taken. */
  readonly wanted: bigint

  constructor(data: HoldingFacts & { readonly held: bigint; readonly wanted: bigint }) {
    super(`user ${data.user} of ${data.app} holds ${data.held} of item ${data.item}: ${data.wanted} cannot be taken`, {
      ...data,
    })
    this.app = data.app
    this.user = data.user
    this.item = data.item
    this.held = data.held
    this.wanted = data.wanted
  }
}

/** More was to be added than a holding can count. */
export class QuantityOverflowError extends StockpileError {
  static override readonly reference = {
    code: 'QUANTITY_OVERFLOW',
    isRetryable: false,
    meaning: 'An addition would lift a holding above 2^63 - 1.',
    afterwards: 'Nothing of the deal was written. An open transaction lives on without it.',
  }
  readonly app: string
  readonly user: string
  readonly item: string
  /** How many were there. */
  readonly held: bigint
  /** How many were to be added. */
  readonly added: bigint

  constructor(data: HoldingFacts & { readonly held: bigint; readonly added: bigint }) {
    super(
      `user ${data.user} of ${data.app} holds ${data.held} of item ${data.item}: adding ${data.added} would exceed 2^63 - 1, ` +
        'the most that a holding can count',
      { ...data },
    )
    this.app = data.app
    this.user = data.user
    this.item = data.item
    this.held = data.held
    this.added = data.added
  }
}

/** The account is not at the version that `ifVersion` asked for. */
export class VersionConflictError extends StockpileError {
  static override readonly reference = {
    code: 'VERSION_CONFLICT',
    isRetryable: false,
    meaning:
      'The account has changed since the version named by `ifVersion`; `data` carries the actual one. Read again and decide anew.',
    afterwards: 'Nothing of the deal was written. An open transaction lives on without it.',
  }
  readonly app: string
  readonly user: string
  /** The version that `ifVersion` named. */
  readonly expected: bigint
  /** The version that the account is at. */
  readonly actual: bigint

  constructor(data: {
    readonly app: string
    readonly user: string
    readonly expected: bigint
    readonly actual: bigint
  }) {
    super(
      `user ${data.user} of ${data.app} is at version ${data.actual}, not at ${data.expected} as ifVersion asks: read again and decide anew`,
      { ...data },
    )
    this.app = data.app
    this.user = data.user
    this.expected = data.expected
    this.actual = data.actual
  }
}

/** An idempotency key came with another request than the first time. */
export class KeyReusedError extends StockpileError {
  static override readonly reference = {
    code: 'KEY_REUSED',
    isRetryable: false,
    meaning: 'The idempotency key was used before, with another request. Use a new key for a new request.',
    afterwards: 'Nothing of the deal was written. An open transaction lives on without it.',
  }
  /** The key. */
  readonly key: string
  /** The id of the deal that used it first. */
  readonly deal: string

  constructor(data: { readonly key: string; readonly deal: string }) {
    super(
      `key ${JSON.stringify(data.key)} belongs to deal ${data.deal}, which asked for something else: use a new key for a new request`,
      {
        ...data,
      },
    )
    this.key = data.key
    this.deal = data.deal
  }
}

/** The queue of deals is full. */
export class QueueFullError extends StockpileError {
  static override readonly reference = {
    code: 'QUEUE_FULL',
    isRetryable: true,
    meaning:
      'As many deals as `batch.queueMax` wait already. Slow down, or let callers wait with `batch.whenFull: "wait"`.',
    afterwards: nothingWritten,
  }

  constructor(data: { readonly waiting: number; readonly queueMax: number }) {
    super(
      `${data.waiting} deals are waiting, the most that batch.queueMax allows: send fewer at a time, raise it, or set batch.whenFull to 'wait'`,
      { ...data },
    )
  }
}

/** The Stockpile was closed. */
export class ClosedError extends StockpileError {
  static override readonly reference = {
    code: 'CLOSED',
    isRetryable: false,
    meaning: 'The Stockpile was closed before this call.',
    afterwards: nothingWritten,
  }

  constructor() {
    super('this Stockpile is closed: make a new one to go on')
  }
}

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
      'The connection broke while COMMIT was on its way and the database could not be asked what became of it. ' +
      'Look the deal up in the history by its id, or send it again with the same idempotency key.',
    afterwards: 'The deal happened as a whole or not at all; which of the two is not known here.',
  }
  /** The ids of the deals whose outcome is unknown. */
  readonly deals: readonly string[]

  constructor(deals: readonly string[], options?: ErrorOptions) {
    super(
      `the connection broke during COMMIT and the database did not come back to be asked: the outcome of ${deals.length === 1 ? 'deal' : 'deals'} ` +
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

/** The tables of an app are missing. */
export class TablesMissingError extends StockpileError {
  static override readonly reference = {
    code: 'TABLES_MISSING',
    isRetryable: false,
    meaning: 'The app has no tables in this database yet; the message says which command makes them.',
    afterwards: nothingWritten,
  }
  /** The app without tables. */
  readonly app: string

  constructor(app: string, location: string) {
    super(
      `app ${app} has no tables in ${location}: run \`npx stockpile migrate ${app}\`, or call stockpile.migrate(['${app}']), ` +
        `or make the Stockpile with tables: 'auto'`,
      { app, location },
    )
    this.app = app
  }
}

/** The tables were made by an earlier version of Stockpile and have to be migrated. */
export class SchemaTooOldError extends StockpileError {
  static override readonly reference = {
    code: 'SCHEMA_TOO_OLD',
    isRetryable: false,
    meaning:
      'The tables were made by an earlier version of Stockpile; the message says which command brings them up to date.',
    afterwards: nothingWritten,
  }

  constructor(data: { readonly name: string; readonly found: number; readonly known: number }) {
    super(
      `the tables of ${data.name} are at schema version ${data.found}, and this Stockpile needs version ${data.known}: ` +
        'run `npx stockpile migrate`, or call stockpile.migrate()',
      { ...data },
    )
  }
}

/** A transaction came upon an app without tables, where only one transaction at a time can write. */
export class TablesAwaitedError extends StockpileError {
  static override readonly reference = {
    code: 'TABLES_AWAITED',
    isRetryable: true,
    meaning:
      'On SQLite, a transaction came upon an app that has no tables yet. Tables are never made inside a transaction: it is rolled back, they are ' +
      'made, and its callback runs again by itself.',
    afterwards: nothingWritten,
  }
  /** The app without tables. */
  readonly app: string

  constructor(app: string) {
    super(`app ${app} has no tables yet: this transaction is rolled back, they are made, and its callback runs again`, {
      app,
    })
    this.app = app
  }
}

/** The tables were made by a later version of Stockpile. */
export class SchemaTooNewError extends StockpileError {
  static override readonly reference = {
    code: 'SCHEMA_TOO_NEW',
    isRetryable: false,
    meaning: 'The tables were made by a later version of Stockpile than this one. Install that version or a later one.',
    afterwards: nothingWritten,
  }

  constructor(data: { readonly name: string; readonly found: number; readonly known: number }) {
    super(
      `the tables of ${data.name} are at schema version ${data.found}, and this Stockpile knows versions up to ${data.known}: ` +
        'install the version of Stockpile that made them, or a later one',
      { ...data },
    )
  }
}

/** A transaction was used after its end. */
export class TransactionClosedError extends StockpileError {
  static override readonly reference = {
    code: 'TRANSACTION_CLOSED',
    isRetryable: false,
    meaning: 'Something went on using a transaction after it had ended: usually a missing `await` in its callback.',
    afterwards: nothingWritten,
  }

  constructor() {
    super('the transaction of this call has ended: await everything inside the callback of transaction()')
  }
}

/** A transaction took longer than it may. */
export class TransactionTimeoutError extends StockpileError {
  static override readonly reference = {
    code: 'TRANSACTION_TIMEOUT',
    isRetryable: true,
    meaning:
      'The transaction took longer than its `timeoutMs` and was rolled back, so that it no longer stands in the way of others.',
    afterwards: 'Nothing of the transaction was written.',
  }

  constructor(timeoutMs: number) {
    super(`the transaction took longer than its timeoutMs of ${timeoutMs} and was rolled back`, { timeoutMs })
  }
}

/** Something needs an open transaction and there is none. */
export class NoTransactionError extends StockpileError {
  static override readonly reference = {
    code: 'NO_TRANSACTION',
    isRetryable: false,
    meaning: 'onCommit, onRollback and locked reads work only inside the callback of transaction().',
    afterwards: nothingWritten,
  }

  constructor(what: string) {
    super(`${what} works only inside the callback of transaction()`, { what })
  }
}

/** Something can't be done inside a transaction. */
export class InTransactionError extends StockpileError {
  static override readonly reference = {
    code: 'IN_TRANSACTION',
    isRetryable: false,
    meaning: 'The call can not be made inside a transaction, as migrate and close.',
    afterwards: nothingWritten,
  }

  constructor(what: string) {
    super(`${what} can not be called inside a transaction: call it before, or after`, { what })
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
    meaning: 'The npm package that talks to this kind of database is not installed; the message says which.',
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
