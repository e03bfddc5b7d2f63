import { ClosedError } from '../../errors.ts'
import type { ShareLock } from './cached-statements.ts'
import { Connection, type ConnectionHabits, type DriverConnection, type Mode } from './connection.ts'
import { lockWait, othersWrites, ownWrites, sqlMode, tableWait, type Connections } from './connections.ts'
import { toFault } from './faults.ts'
import { checkSupport, type Support } from './support.ts'

/** What is used of a pool of the driver `mariadb`. */
export interface MariadbPool {
  getConnection(): Promise<DriverConnection>
}

/**
 * Connections of the user's own pool. Each is set up before it is used and set back before the pool gets it again, since nothing is known
 * of what else it is used for.
 */
export class BorrowedConnections implements Connections {
  readonly location = "the application's MariaDB pool"
  readonly #pool: MariadbPool
  readonly #habits: ConnectionHabits
  readonly #returning = new Set<Promise<void>>()
  #support: Support | null = null
  #isClosed = false

  constructor(pool: MariadbPool, { lockWaitMs }: { readonly lockWaitMs: number }) {
    this.#pool = pool
    const before = (mode: Mode): readonly string[] => [
      `SET @stockpile_autocommit = @@autocommit, @stockpile_sql_mode = @@sql_mode, @stockpile_lock_wait = @@innodb_lock_wait_timeout,
        @stockpile_table_wait = @@lock_wait_timeout, autocommit = ${mode === 'reads' ? 1 : 0}, sql_mode = '${sqlMode}',
        ${ownWrites(mode)}, ${lockWait(mode, lockWaitMs)}, ${tableWait(lockWaitMs)}`,
      // For the next transaction only. The server refuses this if one is open, which no pool should hand out.
      'SET TRANSACTION ISOLATION LEVEL READ COMMITTED',
    ]
    this.#habits = {
      location: this.location,
      canJoin: false,
      before: { transaction: before('transaction'), batch: before('batch'), reads: before('reads') },
      beforeReturn: [
        `SET autocommit = @stockpile_autocommit, sql_mode = @stockpile_sql_mode, innodb_lock_wait_timeout = @stockpile_lock_wait,
          lock_wait_timeout = @stockpile_table_wait, ${othersWrites}`,
      ],
    }
  }

  get hasTimeoutRollback(): boolean {
    return this.#support?.hasTimeoutRollback ?? false
  }

  get shareLock(): ShareLock {
    return this.#support?.shareLock ?? 'FOR SHARE SKIP LOCKED'
  }

  async take(): Promise<Connection> {
    if (this.#isClosed) throw new ClosedError()
    const attempt = { location: this.location, tried: 'take a connection from the pool', app: null }
    const raw = await this.#pool.getConnection().catch((error: unknown) => {
      throw toFault(error, attempt)
    })
    const connection = new Connection(raw, this.#habits)
    if (this.#support !== null) return connection
    try {
      this.#support = await checkSupport(connection)
      return connection
    } catch (error) {
      this.give(connection)
      throw toFault(error, attempt)
    }
  }

  give(connection: Connection): void {
    if (!connection.isUsable) {
      connection.destroy()
      return
    }
    const returned = connection.leave().finally(() => this.#returning.delete(returned))
    this.#returning.add(returned)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#returning)
  }
}
