import { ClosedError, LockTimeoutError } from '../../errors.ts'
import { byDeadline } from '../by-deadline.ts'
import { Places, type Mode } from '../places.ts'
import { Connection, type Line } from './connection.ts'
import { isPoolExhausted, toFault } from './faults.ts'
import { Listener, type OwnClient } from './listener.ts'
import { takeClient, type PgPool } from './take-client.ts'
import { checkSupport } from './support.ts'

/** How connections are taken from a pool. */
export interface ConnectionsOptions {
  /** The database, without password. */
  readonly location: string
  /** Makes the pool, or answers the user's own; called when the first connection is needed. */
  readonly openPool: () => Promise<PgPool>
  /** Makes a connection beside the pool's, or takes one out of the user's own for as long as it takes. */
  readonly openOwn: () => Promise<OwnClient>
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
  readonly #places: Places
  readonly #modes = new WeakMap<object, Mode>()
  #pool: Promise<PgPool> | null = null
  #support: Promise<void> | null = null
  readonly #listeners = new Set<Listener>()
  #isClosed = false

  constructor(options: ConnectionsOptions) {
    this.location = options.location
    this.#options = options
    this.#places = new Places(options.location, options.connectionsMax, options.lockWaitMs)
  }

  /**
   * A connection for one caller, who gives it back.
   *
   * @throws ClosedError, ConnectionLostError, LockTimeoutError when all have been in use for too long, DriverMissingError,
   *   UnsupportedDatabaseError, DatabaseError when the server doesn't let us in
   */
  async take(mode: Mode): Promise<Connection> {
    if (this.#isClosed) throw new ClosedError()
    await this.#places.enter(mode)
    try {
      const connection = await this.#connect()
      this.#modes.set(connection, mode)
      return connection
    } catch (error) {
      this.#places.leave(mode)
      throw toFault(error, { location: this.location, tried: 'connect', app: null })
    }
  }

  /** Takes a connection back, with no transaction open in it unless it is lost. */
  give(connection: Line): void {
    connection.leave()
    this.#places.leave(this.#modes.get(connection) ?? 'reads')
  }

  /**
   * Calls back when there may be changes on the list, on a connection of its own.
   *
   * @returns ends that
   * @throws what `take` throws
   */
  async listen(wake: () => void): Promise<() => Promise<void>> {
    // The first connection finds out whether the server can keep the promises.
    this.give(await this.take('reads'))
    const listener = new Listener(this.#options.openOwn, wake)
    this.#listeners.add(listener)
    const stop = async (): Promise<void> => {
      this.#listeners.delete(listener)
      await listener.stop()
    }
    try {
      await listener.start()
      return stop
    } catch (error) {
      await stop()
      throw toFault(error, { location: this.location, tried: 'listen', app: null })
    }
  }

  /** Closes the pool that was opened here, as soon as all connections were given back; another pool stays open. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#places.refuse(new ClosedError())
    await Promise.all([...this.#listeners].map((listener) => listener.stop()))
    if (!this.#options.isOwn) return
    const pool = await this.#pool?.catch(() => null)
    await pool?.end()
  }

  async #connect(): Promise<Connection> {
    const connection = await this.#taken()
    try {
      await this.#supported(connection)
      return connection
    } catch (error) {
      connection.leave()
      throw error
    }
  }

  async #taken(): Promise<Connection> {
    const pool = await this.#opened()
    const { lockWaitMs, isPrepared, isOwn } = this.#options
    const taking = takeClient(pool, (client) => new Connection(client, isPrepared))
    if (isOwn) return taking
    // Left to itself, a pool lets those wait for ever who wait for one another's connections.
    const connection = await byDeadline(taking, performance.now() + lockWaitMs, (late) => {
      late.leave()
    }).catch((error: unknown) => {
      if (!isPoolExhausted(error)) throw error
    })
    if (connection !== undefined) return connection
    const message = `${this.location} had no connection free in time: let it have at least two connections more than transactions are open at once, or end transactions sooner`
    throw new LockTimeoutError(message, { lockWaitMs })
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
}
