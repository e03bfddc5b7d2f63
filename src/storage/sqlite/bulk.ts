import { ConflictError, DatabaseError, TablesMissingError } from '../../errors.ts'
import type { BulkSession, SqlAnswer, SqlParameter } from '../cached-contract.ts'
import type { Connection } from './connection.ts'
import { attempt, SqliteSession } from './session.ts'
import { sharedStatements } from './statements.ts'

/** A change of an app by SQL: a transaction in which a row of `stockpile_meta` tells the triggers to put nothing on the list of changes. */
export class SqliteBulkSession implements BulkSession {
  readonly generation: bigint
  readonly #connection: Connection
  readonly #commitId: string
  readonly #now: number

  /**
   * @param connection with its write transaction open
   * @param commitId for `stockpile_commit`
   * @throws TablesMissingError for an app that this database doesn't know
   */
  constructor(
    connection: Connection,
    { app, location, commitId, now }: { app: string; location: string; commitId: string; now: number },
  ) {
    this.#connection = connection
    this.#commitId = commitId
    this.#now = now
    const hasMeta = connection.get(sharedStatements.hasMeta) !== undefined
    const name = `generation:${app}`
    const row = hasMeta ? connection.get<{ value: string }>(sharedStatements.nextGeneration, name) : undefined
    if (row === undefined) throw new TablesMissingError(app, location)
    this.generation = BigInt(row.value)
    connection.run(sharedStatements.noteMeta, 'bulk', app)
  }

  async run(sql: string, parameters: readonly SqlParameter[]): Promise<SqlAnswer> {
    try {
      return await attempt('run a statement of a bulk change', () => this.#connection.once(sql, parameters))
    } catch (error) {
      // A row with the same key is there: here it is the statement that is to blame, and it would be again.
      if (error instanceof ConflictError) throw new DatabaseError(error.message, error.data, { cause: error.cause })
      throw error
    }
  }

  async commit(): Promise<void> {
    await attempt('end a bulk change', () => {
      this.#connection.run(sharedStatements.deleteMeta, 'bulk')
      this.#connection.run(sharedStatements.insertCommit, this.#commitId, BigInt(this.#now))
    })
    await new SqliteSession(this.#connection).commit(this.#commitId)
  }

  async rollback(): Promise<void> {
    await attempt('roll back', () => this.#connection.rollback()).catch(() => undefined)
  }
}
