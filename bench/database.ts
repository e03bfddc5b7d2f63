import type { Cache, Stockpile, Storage } from '../src/index.ts'

/** Holdings that a benchmark begins with: one item each of accounts with numbers in a row. */
export interface Stock {
  /** The app, or the prefix of the tables that the code by hand has. */
  readonly app: string
  readonly accounts: number
  /** What every account has; one item unless said otherwise. */
  readonly items?: readonly number[]
}

/** A change of a holding by a whole number other than 0. */
export interface StockChange {
  readonly user: number
  readonly item: number
  readonly by: number
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
  /** Does changes of different holdings, all or none, durably, and says what the quantities are now. */
  deal(changes: readonly StockChange[]): Promise<readonly bigint[]>
  /** Reads a quantity. */
  get(user: number, item: number): Promise<bigint>
  /** Adds up all that the contender has written. */
  sums(): Promise<Sums>
}

/** What the tables of serials add up to. */
export interface SerialSums extends Sums {
  /** How many serials there are. */
  readonly serials: bigint
}

/** Something that keeps serials with properties, and can be held to the sums afterwards. */
export interface SerialContender extends AsyncDisposable {
  readonly name: string
  /** Makes one serial, durably, and answers it. */
  add(user: number, item: number): Promise<bigint>
  /** Takes one serial away, durably; rejects where it isn't there. */
  subtract(user: number, item: number, serial: bigint): Promise<unknown>
  /** Reads all serials of a holding with their properties, and answers how many there are. */
  get(user: number, item: number): Promise<number>
  /** Reads how many an account has of each of its counted items, and answers how many items there are. */
  all(user: number): Promise<number>
  /** Adds up all that the contender has written. */
  sums(): Promise<SerialSums>
}

/** Settles many changes in one transaction by bare statements: what is left when all of Stockpile but its statements is taken away. */
export interface RawBatches extends AsyncDisposable {
  /** Settles a batch; users sorted and each once. */
  settle(changes: readonly { readonly user: string; readonly item: string; readonly by: bigint }[]): Promise<void>
}

/** How a Stockpile is opened. */
export interface OpenOptions {
  readonly cache?: Cache
  readonly around?: (storage: Storage) => Storage
}

/** A database of its own, fully durable: a file, or a private server. */
export interface Database extends AsyncDisposable {
  readonly name: 'SQLite' | 'MariaDB' | 'PostgreSQL'
  readonly version: string
  /** What it is told beyond its defaults. */
  readonly settings: readonly string[]
  /** The server's process; null where the database lives in ours. */
  readonly serverPid: number | null
  /**
   * Opens a Stockpile on it.
   *
   * @param options `cache` that it has, none unless said otherwise; `around`: what is put around its storage
   */
  open(options?: OpenOptions): Promise<Stockpile>
  /** Opens code written by hand, with tables of its own for the app. */
  byHand(app: string): Promise<Contender>
  /** Opens serials written by hand, with tables of their own for the app. */
  serialsByHand(app: string): Promise<SerialContender>
  /** Opens bare batches on an app's tables, with the accounts' rows or without. */
  raw(app: string, hasAccounts: boolean): Promise<RawBatches>
  /** Runs a statement. */
  execute(statement: string): Promise<void>
  /** Runs a statement that inserts holdings as Stockpile itself does, so that its triggers let them pass. */
  insertAsStockpile(statement: string): Promise<void>
  /** Runs a query with one row of whole numbers. */
  numbers(query: string): Promise<bigint[]>
  /** A query whose column `n` counts from 1 to `count`. */
  series(count: number): string
  /** An expression that makes text of a number. */
  text(expression: string): string
  /** Does what a database that has just got millions of rows does in its own time otherwise. */
  settleDown(): Promise<void>
}
