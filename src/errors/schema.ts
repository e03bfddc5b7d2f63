import { nothingWritten, StockpileError } from './stockpile-error.ts'

/** Serial numbers are wanted before any were leased. */
export class SerialsNotReadyError extends StockpileError {
  static override readonly reference = {
    code: 'SERIALS_NOT_READY',
    isRetryable: true,
    meaning:
      'A quantity was to make a serial before its Stockpile had leased numbers from the database, or is of no Stockpile at all.',
    afterwards: nothingWritten,
  }

  constructor() {
    super('there are no serial numbers yet: `await inventory.ready()` before inventory.quantity() is to make serials')
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

/** The database doesn't let the user who migrates make triggers. */
export class TriggersRefusedError extends StockpileError {
  static override readonly reference = {
    code: 'TRIGGERS_REFUSED',
    isRetryable: false,
    meaning:
      'The migration makes triggers, which notice changes of holdings by hand, and the database user may not make any: the TRIGGER privilege is ' +
      'missing, or MariaDB or MySQL with a binary log wants `log_bin_trust_function_creators` or a user with SUPER. The message says which.',
    afterwards: 'No deal was written. Tables may have been made; migrate again, and the step is completed.',
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

/** A transaction came to need serial numbers, where only one transaction at a time can write. */
export class SerialsAwaitedError extends StockpileError {
  static override readonly reference = {
    code: 'SERIALS_AWAITED',
    isRetryable: true,
    meaning:
      'On SQLite, a transaction came to need serial numbers. They are taken for ever, so never inside a transaction: it is rolled back, they are ' +
      'got, and its callback runs again by itself.',
    afterwards: nothingWritten,
  }
  /** How many are needed. */
  readonly count: bigint

  constructor(count: bigint) {
    super(
      `${count} serial numbers are needed: this transaction is rolled back, they are got, and its callback runs again`,
      { count },
    )
    this.count = count
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
