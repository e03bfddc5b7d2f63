import type SqliteDatabase from 'better-sqlite3'
import { DatabaseError, DriverMissingError, LockTimeoutError } from '../../errors.ts'
import type { SqlAnswer } from '../cached-contract.ts'
import { toFault } from './faults.ts'
import { appStatements, type AppStatements } from './statements.ts'

/** How a file is opened. */
export interface ConnectionOptions {
  readonly path: string
  /** How long to wait for another process's write lock, in milliseconds. */
  readonly lockWaitMs: number
  /** `full` survives a power cut with every acknowledged deal; `off` survives only the end of the process. */
  readonly synchronous: 'full' | 'off'
}

// A checkpoint copies the log into the file and syncs both. Every 16,000 pages (64 MB) instead of every 1,000 is worth a third of the
// throughput under full load and costs a larger log file.
const checkpointPages = 16_000

// Between two tries for the write lock. SQLite's own busy handler sleeps up to 100 ms, long enough to starve beside a busy process.
const retryMs = 1

// Nobody ever wakes who waits on it. One for all: making one takes as long as a small transaction's statements.
const pause = new Int32Array(new SharedArrayBuffer(4))

/** One connection to a SQLite file, with its prepared statements. Synchronous; it lives in a worker thread. */
export class Connection {
  readonly #database: SqliteDatabase.Database
  readonly #statements = new Map<string, SqliteDatabase.Statement<unknown[]>>()
  readonly #apps = new Map<string, AppStatements>()
  readonly #lockWaitMs: number

  private constructor(database: SqliteDatabase.Database, lockWaitMs: number) {
    this.#database = database
    this.#lockWaitMs = lockWaitMs
  }

  /**
   * Opens a file in write-ahead mode, making it if it isn't there.
   *
   * @throws DriverMissingError, ConnectionLostError when the file can't be opened, LockTimeoutError
   */
  static async open({ path, lockWaitMs, synchronous }: ConnectionOptions): Promise<Connection> {
    const driver = await import('better-sqlite3').catch((error: unknown) => {
      throw new DriverMissingError('better-sqlite3', { cause: error })
    })
    try {
      const database = new driver.default(path, { timeout: 0 })
      database.defaultSafeIntegers(true)
      const connection = new Connection(database, lockWaitMs)
      connection.#patiently('switch to write-ahead logging', () => database.pragma('journal_mode = WAL'))
      database.pragma(`synchronous = ${synchronous}`)
      database.pragma(`wal_autocheckpoint = ${checkpointPages}`)
      database.pragma('cache_size = -65536')
      database.pragma('temp_store = MEMORY')
      return connection
    } catch (error) {
      throw toFault(error, `open ${path}`)
    }
  }

  /** Whether a transaction is open. */
  get isInTransaction(): boolean {
    return this.#database.inTransaction
  }

  /** The statements of an app. */
  app(app: string): AppStatements {
    let statements = this.#apps.get(app)
    if (statements === undefined) this.#apps.set(app, (statements = appStatements(app)))
    return statements
  }

  /** Runs a statement that answers rows. */
  all<Row>(sql: string, ...parameters: unknown[]): Row[] {
    return this.#prepare(sql).all(...parameters) as Row[]
  }

  /** Runs a statement that answers at most one row. */
  get<Row>(sql: string, ...parameters: unknown[]): Row | undefined {
    return this.#prepare(sql).get(...parameters) as Row | undefined
  }

  /** Runs a statement that answers no rows; says how many it changed. */
  run(sql: string, ...parameters: unknown[]): number {
    return this.#prepare(sql).run(...parameters).changes
  }

  /** Runs statements without keeping them prepared: those that are used once, or several in one text. */
  execute(sql: string): void {
    this.#database.exec(sql)
  }

  /** Runs one statement of the user's without keeping it prepared. */
  once(sql: string, parameters: readonly unknown[]): SqlAnswer {
    const statement = this.#database.prepare<unknown[]>(sql)
    if (!statement.reader) return { rows: [], count: statement.run(...parameters).changes }
    const rows = statement.all(...parameters) as object[]
    return { rows, count: rows.length }
  }

  /** Whether nobody has the write lock of the file at this moment; waits for nobody. */
  isFree(): boolean {
    try {
      this.run('BEGIN IMMEDIATE')
    } catch (error) {
      if (toFault(error, 'begin to write') instanceof LockTimeoutError) return false
      throw error
    }
    this.commit()
    return true
  }

  /** Begins a transaction that holds the write lock of the file from the start, so that it never fails half-way with SQLITE_BUSY_SNAPSHOT. */
  beginWrite(): void {
    this.#patiently('begin to write', () => this.run('BEGIN IMMEDIATE'))
  }

  /** Commits the open transaction. */
  commit(): void {
    this.run('COMMIT')
  }

  /** Rolls back if a transaction is open. */
  rollback(): void {
    if (this.isInTransaction) this.execute('ROLLBACK')
  }

  /** Closes the file. */
  close(): void {
    this.#database.close()
  }

  #prepare(sql: string): SqliteDatabase.Statement<unknown[]> {
    let statement = this.#statements.get(sql)
    if (statement === undefined) this.#statements.set(sql, (statement = this.#database.prepare<unknown[]>(sql)))
    return statement
  }

  /** Tries until another process lets go of the file. Blocks this thread, which has nothing else to do. */
  #patiently(tried: string, attempt: () => void): void {
    const deadline = performance.now() + this.#lockWaitMs
    for (;;) {
      try {
        attempt()
        return
      } catch (error) {
        const fault = toFault(error, tried)
        if (!(fault instanceof LockTimeoutError)) throw fault
        if (performance.now() >= deadline) {
          throw new LockTimeoutError(
            `another process held the write lock for more than ${this.#lockWaitMs} ms: could not ${tried}`,
            fault.data,
            {
              cause: error,
            },
          )
        }
        Atomics.wait(pause, 0, 0, retryMs)
      }
    }
  }
}

/** A number column as a plain number: times, lines and counts, all far below 2^53. */
export function toNumber(value: unknown): number {
  if (typeof value === 'bigint') return Number(value)
  throw new DatabaseError(`expected a whole number from SQLite, got ${String(value)}`)
}

/** What a transaction uses of a connection. */
export type Line = Pick<
  Connection,
  'app' | 'all' | 'get' | 'run' | 'execute' | 'commit' | 'rollback' | 'isInTransaction'
>
