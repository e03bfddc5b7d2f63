import { uuidv7 } from 'uuidv7'
import { ConflictError, DatabaseError, TablesMissingError, TransactionClosedError } from '../../errors.ts'
import type { BulkSession, SqlAnswer, SqlParameter } from '../cached-contract.ts'
import { generationOf, raiseGeneration } from './cached-statements.ts'
import type { Connection, Line, Mode } from './connection.ts'
import { othersWrites, type Connections } from './connections.ts'
import { isRolledBack, isSavepointMissing, toFault } from './faults.ts'
import { MysqlSession } from './session.ts'
import { requireSoleStatement } from './sole-statement.ts'
import { insertCommit, readMeta } from './statements.ts'

// While it is there the transaction is still the one that was begun.
const setMark = 'SAVEPOINT stockpile_bulk'
const removeMark = 'RELEASE SAVEPOINT stockpile_bulk'

/**
 * A transaction that changes holdings of an app by the user's own SQL, with the app's generation locked from its beginning. Its connection
 * isn't used again, whatever the statements have left in it.
 */
export class MysqlBulkSession implements BulkSession {
  readonly generation: bigint
  readonly #app: string
  readonly #connection: Connection
  readonly #session: MysqlSession

  private constructor(app: string, generation: bigint, connection: Connection, session: MysqlSession) {
    this.#app = app
    this.generation = generation
    this.#connection = connection
    this.#session = session
  }

  /**
   * Raises the app's generation, waiting for whoever else has done so.
   *
   * @throws TablesMissingError where the app has none
   */
  static async open(
    connections: Connections,
    connection: Connection,
    app: string,
    outcomeWaitMs: number,
  ): Promise<MysqlBulkSession> {
    const options = { mode: 'transaction', batch: null, outcomeWaitMs } as const
    const session = new MysqlSession(new LastUse(connections), connection, options)
    try {
      if ((await connection.run(raiseGeneration(app))) === 0) throw new TablesMissingError(app, connections.location)
      const [row] = await connection.rows<readonly [string]>(readMeta(generationOf(app)))
      await connection.runAll([`SET @stockpile_bulk = '${app}', ${othersWrites}`, setMark])
      return new MysqlBulkSession(app, BigInt(row?.[0] ?? 0), connection, session)
    } catch (error) {
      await session.rollback()
      throw toFault(error, { location: connections.location, tried: 'begin a bulk change', app })
    }
  }

  async run(sql: string, parameters: readonly SqlParameter[]): Promise<SqlAnswer> {
    requireSoleStatement(sql)
    return this.#attempt('run a statement of a bulk change', async () => {
      const answer = await this.#connection.ask(sql, parameters)
      await this.#connection.runAll([removeMark, setMark])
      return answer
    })
  }

  async commit(): Promise<void> {
    const id = uuidv7()
    await this.#attempt('commit a bulk change', () =>
      this.#connection.runAll([removeMark, insertCommit(id, Date.now())]),
    )
    await this.#session.commit(id, [id])
  }

  async rollback(): Promise<void> {
    await this.#session.rollback()
  }

  async #attempt<T>(tried: string, work: () => Promise<T>): Promise<T> {
    if (this.#session.isOver) throw new TransactionClosedError()
    try {
      return await work()
    } catch (error) {
      const { location } = this.#connection
      if (isRolledBack(error) || isSavepointMissing(error)) await this.#session.rollback()
      if (isSavepointMissing(error)) {
        const message =
          `${location} failed to ${tried}: a statement has ended its transaction, and what was done until then may be ` +
          `committed, with the generation of ${this.#app} raised: leave COMMIT, ROLLBACK and what commits by itself out of it`
        throw new DatabaseError(message, { tried, app: this.#app }, { cause: error })
      }
      const fault = toFault(error, { location, tried, app: this.#app })
      throw fault instanceof ConflictError && !isRolledBack(error)
        ? new DatabaseError(fault.message, fault.data, { cause: error })
        : fault
    }
  }
}

/** Connections that are dropped after their use. */
class LastUse implements Connections {
  readonly #connections: Connections

  constructor(connections: Connections) {
    this.#connections = connections
  }

  get location(): string {
    return this.#connections.location
  }

  get hasTimeoutRollback(): boolean {
    return this.#connections.hasTimeoutRollback
  }

  get shareLock(): Connections['shareLock'] {
    return this.#connections.shareLock
  }

  take(mode: Mode): Promise<Connection> {
    return this.#connections.take(mode)
  }

  give(connection: Line): void {
    connection.destroy()
    this.#connections.give(connection)
  }

  close(): Promise<void> {
    return this.#connections.close()
  }
}
