import type { Stockpile } from '../src/index.ts'

/** Holdings that a benchmark begins with: one item each of accounts with numbers in a row. */
export interface Stock {
  /** The app, or the prefix of the tables that the code by hand has. */
  readonly app: string
  readonly accounts: number
}

/** What a set of tables adds up to. */
export interface Sums {
  readonly holdings: bigint
  readonly changes: bigint
  readonly entries: bigint
  /** The sum of the accounts' versions; null for tables without accounts. */
  readonly versions: bigint | null
}

/** Something that can change and read holdings, and be held to the sums afterwards. */
export interface Contender extends AsyncDisposable {
  readonly name: string
  /** Changes a quantity by a whole number other than 0, durably, and says what it is now. */
  change(user: number, item: number, by: number): Promise<bigint>
  /** Reads a quantity. */
  get(user: number, item: number): Promise<bigint>
  /** Adds up all that the contender has written. */
  sums(): Promise<Sums>
}

/** Settles many changes in one transaction by bare statements: what is left when all of Stockpile but its statements is taken away. */
export interface RawBatches extends AsyncDisposable {
  /** Settles a batch; users sorted and each once. */
  settle(changes: readonly { readonly user: string; readonly item: string; readonly by: bigint }[]): Promise<void>
}

/** A database of its own, fully durable: a file, or a private server. */
export interface Database extends AsyncDisposable {
  readonly name: 'SQLite' | 'MariaDB' | 'PostgreSQL'
  readonly version: string
  /** What it is told beyond its defaults. */
  readonly settings: readonly string[]
  /** The server's process; null where the database lives in ours. */
  readonly serverPid: number | null
  /** Opens a Stockpile on it. */
  open(): Promise<Stockpile>
  /** Opens code written by hand, with tables of its own for the app. */
  byHand(app: string): Promise<Contender>
  /** Opens bare batches on an app's tables, with the accounts' rows or without. */
  raw(app: string, hasAccounts: boolean): Promise<RawBatches>
  /** Runs a statement. */
  execute(statement: string): Promise<void>
  /** Runs a query with one row of whole numbers. */
  numbers(query: string): Promise<bigint[]>
  /** A query whose column `n` counts from 1 to `count`. */
  series(count: number): string
  /** An expression that makes text of a number. */
  text(expression: string): string
  /** Does what a database that has just got millions of rows does in its own time otherwise. */
  settleDown(): Promise<void>
}
