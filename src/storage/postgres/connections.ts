import { ClosedError, LockTimeoutError } from '../../errors.ts'
import { Connection, type Line, type PgClient } from './connection.ts'
import { toFault } from './faults.ts'
import { checkSupport } from './support.ts'

/** What is used of a pool of the driver `pg`. */
export interface PgPool {
  connect(): Promise<PgClient>
  end(): Promise<void>
}

/** How connections are taken from a pool. */
export interface ConnectionsOptions {
  /** The database, without password. */
  readonly location: string
  /** Makes the pool, or answers the user's own; called when the first connection is needed. */
  readonly openPool: () => Promise<PgPool>
  /** How many connections there may be at once; Infinity where that is the pool's own affair. */
  readonly connectionsMax: number
  /** How long a caller waits for a connection when all are in use, in milliseconds. */
  readonly lockWaitMs: number
  /** Whether statements are prepared by name. */
  readonly isPrepared: boolean
  /** Whether the pool is to be closed at the end. */
  readonly isOwn: boolean
}

/** Where connections come from: a pool, and a queue in front of it. */
export class Connections {
  /** The database, without password. */
  readonly location: string
  readonly #options: ConnectionsOptions
  readonly #waiting: Waiter[] = []
  #pool: Promise<PgPool> | null = null
  #support: Promise<void> | null = null
  #countInUse = 0
  #isClosed = false

  constructor(options: ConnectionsOptions) {
    this.location = options.location
    this.#options = options
  }

  /**
   * A connection for one caller, who gives it back.
   *
   * @throws ClosedError, ConnectionLostError, LockTimeoutError when all have been in use for too long, DriverMissingError,
   *   UnsupportedDatabaseError, DatabaseError when the server doesn't let us in
   */
  async take(): Promise<Connection> {
    if (this.#isClosed) throw new ClosedError()
    if (this.#countInUse >= this.#options.connectionsMax) await this.#wait()
    else this.#countInUse += 1
    try {
      return await this.#connect()
    } catch (error) {
      this.#leavePlace()
      throw toFault(error, { location: this.location, tried: 'connect', app: null })
    }
  }

  /** Takes a connection back, with no transaction open in it unless it is lost. */
  give(connection: Line): void {
    connection.leave()
    this.#leavePlace()
  }

  /** Closes the pool that was opened here, as soon as all connections were given back; another pool stays open. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const waiter of this.#waiting.splice(0)) waiter.reject(new ClosedError())
    if (!this.#options.isOwn) return
    const pool = await this.#pool?.catch(() => null)
    await pool?.end()
  }

  async #connect(): Promise<Connection> {
    const pool = await this.#opened()
    const client = await pool.connect()
    const connection = new Connection(client, this.#options.isPrepared)
    try {
      await this.#supported(connection)
      return connection
    } catch (error) {
      connection.leave()
      throw error
    }
  }

  async #opened(): Promise<PgPool> {
    this.#pool ??= this.#options.openPool()
    try {
      return await this.#pool
    } catch (error) {
      this.#pool = null
      throw error
    }
  }

  /** Asks the first connection whether the server can keep the promises; all others go by its answer. */
  async #supported(connection: Connection): Promise<void> {
    this.#support ??= checkSupport(connection, this.location)
    try {
      await this.#support
    } catch (error) {
      this.#support = null
      throw error
    }
  }

  /** Hands the place of a connection to whoever waits longest. */
  #leavePlace(): void {
    const waiter = this.#waiting.shift()
    if (waiter === undefined) this.#countInUse -= 1
    else waiter.resolve()
  }

  #wait(): Promise<void> {
    const { connectionsMax, lockWaitMs } = this.#options
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiter = {
      resolve: (): void => {
        clearTimeout(timer)
        resolve()
      },
      reject: (error: Error): void => {
        clearTimeout(timer)
        reject(error)
      },
    }
    const timer = setTimeout(() => {
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
      const message = `all ${connectionsMax} connections to ${this.location} have been in use for ${lockWaitMs} ms: end transactions sooner, or raise connectionsMax`
      reject(new LockTimeoutError(message, { connectionsMax, lockWaitMs }))
    }, lockWaitMs)
    this.#waiting.push(waiter)
    return promise
  }
}

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}
