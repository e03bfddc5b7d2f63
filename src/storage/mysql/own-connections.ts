import type { ConnectionConfig } from 'mariadb'
import { ClosedError, DriverMissingError, LockTimeoutError } from '../../errors.ts'
import { Connection, type Mode } from './connection.ts'
import { lockWait, sqlMode, tableWait, type Connections } from './connections.ts'
import { toFault } from './faults.ts'
import { checkSupport, type Support } from './support.ts'

/** How connections that are opened here behave. */
export interface ConnectionsOptions {
  /** How long a statement waits for a lock, and a caller for a connection, in milliseconds. */
  readonly lockWaitMs: number
  /** How many connections there may be at once. */
  readonly connectionsMax: number
}

// Long enough for a handshake with TLS over a slow line; a dead host is reported before callers give up.
const connectTimeoutMs = 10_000

// Notices a peer that vanished without a word, while the connection waits for work.
const keepAliveDelayMs = 30_000

// What a timer can wait for: it takes anything longer for no time at all.
const timerMsMax = 2 ** 31 - 1

// Never given to transactions, which can be many and may wait for what a batch, a read or a migration does first.
const reservedMax = 2

/** Connections that are opened here, as many as are needed at once up to a limit, and kept for the next caller. */
export class OwnConnections implements Connections {
  readonly location: string
  readonly #config: ConnectionConfig
  readonly #options: ConnectionsOptions
  readonly #idle: Connection[] = []
  readonly #waiting: Waiter[] = []
  readonly #modes = new WeakMap<Connection, Mode>()
  #used = 0
  #usedByTransactions = 0
  #isClosed = false
  #hasTimeoutRollback = false

  /** @param config where and as whom to connect */
  constructor(location: string, config: ConnectionConfig, options: ConnectionsOptions) {
    this.location = location
    this.#config = config
    this.#options = options
  }

  get hasTimeoutRollback(): boolean {
    return this.#hasTimeoutRollback
  }

  async take(mode: Mode): Promise<Connection> {
    if (this.#isClosed) throw new ClosedError()
    if (this.#isFull(mode)) await this.#wait(mode)
    else this.#enter(mode)
    try {
      const connection = this.#takeIdle(mode) ?? (await this.#open())
      this.#modes.set(connection, mode)
      return connection
    } catch (error) {
      this.#leave(mode)
      throw toFault(error, { location: this.location, tried: 'connect', app: null })
    }
  }

  give(connection: Connection): void {
    if (this.#isClosed) void connection.leave()
    else if (connection.isUsable) this.#idle.push(connection)
    else connection.destroy()
    this.#leave(this.#modes.get(connection) ?? 'reads')
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const waiter of this.#waiting.splice(0)) waiter.reject(new ClosedError())
    await Promise.all(this.#idle.splice(0).map((connection) => connection.leave()))
  }

  /** The last one used, for it is the likeliest to be alive; one that was last used for the same needs no statement to prepare it. */
  #takeIdle(mode: Mode): Connection | undefined {
    for (;;) {
      const index = this.#idle.findLastIndex((connection) => connection.mode === mode)
      const idle = index === -1 ? this.#idle.pop() : this.#idle.splice(index, 1)[0]
      if (idle === undefined || idle.isUsable) return idle
      idle.destroy()
    }
  }

  async #open(): Promise<Connection> {
    const { connection, support } = await connect(this.location, this.#config, this.#options)
    this.#hasTimeoutRollback = support.hasTimeoutRollback
    return connection
  }

  /** How many connections transactions may have at once. */
  get #transactionsMax(): number {
    return Math.max(1, this.#options.connectionsMax - reservedMax)
  }

  #isFull(mode: Mode): boolean {
    if (mode === 'transaction' && this.#usedByTransactions >= this.#transactionsMax) return true
    return this.#used >= this.#options.connectionsMax
  }

  #enter(mode: Mode): void {
    this.#used += 1
    if (mode === 'transaction') this.#usedByTransactions += 1
  }

  /** Hands the place of a connection to whoever waits longest and may have it. */
  #leave(mode: Mode): void {
    this.#used -= 1
    if (mode === 'transaction') this.#usedByTransactions -= 1
    const index = this.#waiting.findIndex((waiter) => !this.#isFull(waiter.mode))
    const [waiter] = index === -1 ? [] : this.#waiting.splice(index, 1)
    if (waiter === undefined) return
    this.#enter(waiter.mode)
    waiter.resolve()
  }

  #wait(mode: Mode): Promise<void> {
    const { connectionsMax, lockWaitMs } = this.#options
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiter: Waiter = {
      mode,
      resolve: (): void => {
        clearTimeout(timer)
        resolve()
      },
      reject: (error: Error): void => {
        clearTimeout(timer)
        reject(error)
      },
    }
    const timer = setTimeout(
      () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        const which =
          mode === 'transaction'
            ? `${this.#transactionsMax} connections for transactions`
            : `${connectionsMax} connections`
        const message = `all ${which} to ${this.location} have been in use for ${lockWaitMs} ms: end transactions sooner, or raise connectionsMax`
        reject(new LockTimeoutError(message, { connectionsMax, lockWaitMs }))
      },
      Math.min(lockWaitMs, timerMsMax),
    )
    this.#waiting.push(waiter)
    return promise
  }
}

interface Waiter {
  readonly mode: Mode
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

async function connect(
  location: string,
  config: ConnectionConfig,
  { lockWaitMs }: ConnectionsOptions,
): Promise<{ connection: Connection; support: Support }> {
  const driver = await import('mariadb').catch((error: unknown) => {
    throw new DriverMissingError('mariadb', { cause: error })
  })
  const raw = await driver.createConnection({
    connectTimeout: connectTimeoutMs,
    keepAliveDelay: keepAliveDelayMs,
    ...config,
    // utf8mb4 both ways.
    collation: 'UTF8MB4_BIN',
    // Nothing of the application's gets into a statement but through `literals.ts`.
    multipleStatements: true,
    // The driver's own default is to write warnings to the console.
    logger: { error: ignore, warning: ignore },
  })
  // Whether it still lives is asked when it is needed; without a listener an error would end the process.
  raw.on('error', ignore)
  const connection = new Connection(raw, {
    location,
    canJoin: true,
    before: {
      transaction: [`SET autocommit = 0, ${lockWait('transaction', lockWaitMs)}`],
      batch: [`SET autocommit = 0, ${lockWait('batch', lockWaitMs)}`],
      reads: ['SET autocommit = 1'],
    },
    beforeReturn: [],
  })
  try {
    await connection.runAll([
      'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
      `SET sql_mode = '${sqlMode}', ${tableWait(lockWaitMs)}`,
    ])
    return { connection, support: await checkSupport(connection) }
  } catch (error) {
    connection.destroy()
    throw error
  }
}

function ignore(): void {}
