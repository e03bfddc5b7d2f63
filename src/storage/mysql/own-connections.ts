import type { ConnectionConfig } from 'mariadb'
import { ClosedError, DriverMissingError } from '../../errors.ts'
import { Places } from '../places.ts'
import type { ShareLock } from './cached-statements.ts'
import { Connection, type Mode } from './connection.ts'
import { lockWait, ownWrites, sqlMode, tableWait, type Connections } from './connections.ts'
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

/** Connections that are opened here, as many as are needed at once up to a limit, and kept for the next caller. */
export class OwnConnections implements Connections {
  readonly location: string
  readonly #config: ConnectionConfig
  readonly #options: ConnectionsOptions
  readonly #idle: Connection[] = []
  readonly #places: Places
  readonly #modes = new WeakMap<Connection, Mode>()
  #isClosed = false
  #support: Support | null = null

  /** @param config where and as whom to connect */
  constructor(location: string, config: ConnectionConfig, options: ConnectionsOptions) {
    this.location = location
    this.#config = config
    this.#options = options
    this.#places = new Places(location, options.connectionsMax, options.lockWaitMs)
  }

  get hasTimeoutRollback(): boolean {
    return this.#support?.hasTimeoutRollback ?? false
  }

  get shareLock(): ShareLock {
    return this.#support?.shareLock ?? 'FOR SHARE SKIP LOCKED'
  }

  async take(mode: Mode): Promise<Connection> {
    if (this.#isClosed) throw new ClosedError()
    await this.#places.enter(mode)
    try {
      const connection = this.#takeIdle(mode) ?? (await this.#open())
      this.#modes.set(connection, mode)
      return connection
    } catch (error) {
      this.#places.leave(mode)
      throw toFault(error, { location: this.location, tried: 'connect', app: null })
    }
  }

  give(connection: Connection): void {
    if (this.#isClosed) void connection.leave()
    else if (connection.isUsable) this.#idle.push(connection)
    else connection.destroy()
    this.#places.leave(this.#modes.get(connection) ?? 'reads')
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#places.refuse(new ClosedError())
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
    this.#support = support
    return connection
  }
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
      transaction: [`SET autocommit = 0, ${ownWrites('transaction')}, ${lockWait('transaction', lockWaitMs)}`],
      batch: [`SET autocommit = 0, ${ownWrites('batch')}, ${lockWait('batch', lockWaitMs)}`],
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
