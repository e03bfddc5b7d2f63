import { hash } from 'node:crypto'

/** A statement of the library's own. */
export interface Statement {
  readonly sql: string
  /** Under which it is prepared: different for every text. Empty where preparing isn't worth while. */
  readonly name: string
}

/** A statement with its parameters, each as PostgreSQL writes it in text. */
export interface Call {
  readonly statement: Statement
  readonly values: readonly (string | null)[]
}

/** The tables of an app, as they are written in a statement. */
export interface Tables {
  readonly account: string
  readonly holding: string
  readonly serial: string
  readonly history: string
}

/** A statement with its parameters. */
export function call(statement: Statement, values: readonly (string | null)[] = []): Call {
  return { statement, values }
}

/** A statement that is used too seldom to be worth preparing. */
export function once(sql: string, values: readonly string[] = []): Call {
  return { statement: { sql, name: '' }, values }
}

/**
 * A statement to be prepared. Its name says what it does and differs for every text, whichever version of Stockpile shares the
 * connection, and stays below the 63 bytes that PostgreSQL tells apart.
 *
 * @param what at most 32 characters
 */
export function prepared(what: string, sql: string): Statement {
  return { sql, name: `stockpile_${what}_${hash('sha256', sql, 'hex').slice(0, 16)}` }
}

/** A statement about one app's tables, made once for each app. */
export function perApp(what: string, sqlOf: (tables: Tables) => string): (app: string) => Statement {
  const statements = new Map<string, Statement>()
  return (app) => {
    let statement = statements.get(app)
    if (statement === undefined) statements.set(app, (statement = prepared(what, sqlOf(tablesOf(app)))))
    return statement
  }
}

function tablesOf(app: string): Tables {
  // An app may begin with a digit, so its tables' names need quotes.
  return {
    account: `"${app}_stockpile_account"`,
    holding: `"${app}_stockpile_holding"`,
    serial: `"${app}_stockpile_serial"`,
    history: `"${app}_stockpile_history"`,
  }
}
