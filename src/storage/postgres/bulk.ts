import { uuidv7 } from 'uuidv7'
import { DatabaseError, TablesMissingError, TransactionClosedError } from '../../errors.ts'
import type { BulkSession, SqlAnswer, SqlParameter } from '../cached-contract.ts'
import { markBulk, raiseGeneration } from './cached-statements.ts'
import type { Connection } from './connection.ts'
import type { Connections } from './connections.ts'
import { isDuplicate, toFault } from './faults.ts'
import { PostgresSession, type SessionOptions } from './session.ts'
import { requireSoleStatement } from './sole-statement.ts'
import { once } from './statement.ts'
import { bounds } from './statements.ts'

/**
 * A transaction at READ COMMITTED that has an app's generation locked, and runs the user's statements as the server plans them by itself. What
 * ends a transaction can't hide from `requireSoleStatement`: a routine that tries is refused by the server.
 */
export class PostgresBulkSession implements BulkSession {
  readonly generation: bigint
  readonly #connections: Connections
  readonly #connection: Connection
  readonly #options: Omit<SessionOptions, 'isBatch'>
  #isOver = false

  private constructor(
    connections: Connections,
    connection: Connection,
    options: Omit<SessionOptions, 'isBatch'>,
    generation: bigint,
  ) {
    this.#connections = connections
    this.#connection = connection
    this.#options = options
    this.generation = generation
  }

  /**
   * Begins one, as soon as nobody else changes the app in this way.
   *
   * @throws TablesMissingError where the app has no tables, and what `Storage` says
   */
  static async open(
    connections: Connections,
    connection: Connection,
    options: Omit<SessionOptions, 'isBatch'>,
    app: string,
  ): Promise<PostgresBulkSession> {
    try {
      const patience = once(`SELECT set_config('lock_timeout', $1, true)`, [String(options.lockWaitMs)])
      const answers = await connection.run([bounds.begin, patience, markBulk(app), raiseGeneration(app)])
      const generation = answers[3]?.rows[0]?.[0]
      if (typeof generation !== 'string') throw new TablesMissingError(app, connections.location)
      return new PostgresBulkSession(connections, connection, options, BigInt(generation))
    } catch (error) {
      await connection.run([bounds.rollback]).catch(() => undefined)
      connections.give(connection)
      throw toFault(error, { location: connections.location, tried: 'begin a change by SQL', app })
    }
  }

  async run(sql: string, parameters: readonly SqlParameter[]): Promise<SqlAnswer> {
    if (this.#isOver) throw new TransactionClosedError()
    requireSoleStatement(sql)
    try {
      return await this.#connection.ask(sql, parameters)
    } catch (error) {
      const fault = toFault(error, { location: this.#connections.location, tried: 'run a statement', app: null })
      // Here it is the statement that is to blame, and it would be again.
      throw isDuplicate(error) ? new DatabaseError(fault.message, fault.data, { cause: error }) : fault
    }
  }

  async commit(): Promise<void> {
    if (this.#isOver) throw new TransactionClosedError()
    this.#isOver = true
    const id = uuidv7()
    const options = { ...this.#options, isBatch: false, isJoined: true }
    const session = new PostgresSession(this.#connections, this.#connection, options)
    try {
      await session.save({ apps: [], receipts: [], commit: { id, time: Date.now() } })
    } catch (error) {
      await session.rollback()
      throw error
    }
    await session.commit(id, [id])
  }

  async rollback(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    await this.#connection.run([bounds.rollback]).catch(() => undefined)
    this.#connections.give(this.#connection)
  }
}
