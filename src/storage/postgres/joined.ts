import { DatabaseError, JoinRefusedError } from '../../errors.ts'
import type { Executor, JoinedSession } from '../contract.ts'
import { fetchSchemaVersions } from './alter.ts'
import type { Line } from './connection.ts'
import type { Connections } from './connections.ts'
import { isTableMissing, toFault } from './faults.ts'
import type { Answer } from './round.ts'
import { PostgresSession, type SessionOptions } from './session.ts'
import { raiseMeta, readMeta } from './shared-statements.ts'
import { savepoint } from './statements.ts'
import type { Call } from './statement.ts'

// SAVEPOINT outside of a transaction.
const noTransactionState = '25P01'

/** Runs statements through the application's client, one after the other. */
class ExecutorLine implements Line {
  // What became of the transaction is for the application to find out.
  readonly wasSent = false
  readonly #executor: Executor

  constructor(executor: Executor) {
    this.#executor = executor
  }

  async run(calls: readonly Call[]): Promise<Answer[]> {
    const answers: Answer[] = []
    for (const { statement, values } of calls) answers.push(await this.#ask(statement.sql, values))
    return answers
  }

  leave(): void {}

  async #ask(sql: string, values: readonly (string | null)[]): Promise<Answer> {
    const isReading = /^\s*SELECT\b/.test(sql)
    const rows = await this.#executor.query(isReading ? asText(sql) : sql, values)
    return { rows: isReading ? rows.map(columnsOf) : rows.map((row) => Object.values(row).map(String)), tag: '' }
  }
}

/**
 * The same rows, each as one text that lists its columns in their order, each as PostgreSQL writes it in text: whatever a client makes of
 * numbers, times and names, it leaves a text alone.
 */
function asText(sql: string): string {
  return `SELECT (SELECT json_agg(c.value)::text FROM json_each_text(row_to_json(q)) AS c) AS stockpile FROM (${sql}) AS q`
}

function columnsOf(row: object): (string | null)[] {
  const [text] = Object.values(row) as unknown[]
  if (typeof text !== 'string') throw new DatabaseError('the client answers texts as something else')
  return JSON.parse(text) as (string | null)[]
}

/** A part of the application's own transaction. */
class PostgresJoinedSession extends PostgresSession implements JoinedSession {
  readonly #line: Line
  readonly #location: string
  readonly #hasMeta: boolean
  #isUndone = false

  constructor(connections: Connections, line: Line, options: SessionOptions, hasMeta: boolean) {
    super(connections, line, options)
    this.#line = line
    this.#location = connections.location
    this.#hasMeta = hasMeta
  }

  // At once, and not with the statement after it: the application's own statements are none of the session's.
  override savepoint(level: number): Promise<void> {
    return this.#run('set a savepoint', savepoint('set', level))
  }

  override restore(level: number): Promise<void> {
    return this.#run('roll back to a savepoint', savepoint('undo', level))
  }

  override release(level: number): Promise<void> {
    return this.#run('release a savepoint', savepoint('keep', level))
  }

  override commit(): Promise<void> {
    return this.release(0)
  }

  override async rollback(): Promise<void> {
    if (this.#isUndone) return
    this.#isUndone = true
    await this.restore(0).catch(() => undefined)
  }

  async schemaVersions(): Promise<ReadonlyMap<string, number>> {
    if (!this.#hasMeta) return new Map()
    try {
      return await fetchSchemaVersions(this.#line)
    } catch (error) {
      throw toFault(error, { location: this.#location, tried: 'read the schema versions', app: null })
    }
  }

  async reserve(name: string, atLeast: bigint, count: bigint): Promise<bigint> {
    try {
      const [answer] = await this.#line.run([raiseMeta(name, atLeast, count)])
      return BigInt(answer?.rows[0]?.[0] ?? 0) - count
    } catch (error) {
      throw toFault(error, { location: this.#location, tried: 'reserve numbers', app: null })
    }
  }

  async #run(tried: string, calls: readonly Call[]): Promise<void> {
    try {
      await this.#line.run(calls)
    } catch (error) {
      throw toFault(error, { location: this.#location, tried, app: null })
    }
  }
}

/**
 * Joins the application's own transaction and sets a savepoint in it.
 *
 * @param identity of the database that the storage is on; null where it has no tables yet
 */
export async function joinTransaction(
  executor: Executor,
  connections: Connections,
  options: Omit<SessionOptions, 'isBatch' | 'isJoined'>,
  identity: string | null,
): Promise<JoinedSession> {
  const line = new ExecutorLine(executor)
  const { client } = executor
  const { location } = connections
  try {
    await line.run(savepoint('set', 0))
  } catch (error) {
    if (!isOutside(error)) throw toFault(error, { location, tried: 'set a savepoint', app: null })
    throw new JoinRefusedError(`no transaction is open on it: BEGIN first`, { client, location }, { cause: error })
  }
  const found = await identityAt(line).catch(async (error: unknown) => {
    await line.run(savepoint('undo', 0)).catch(() => undefined)
    throw toFault(error, { location, tried: 'read the identity of the database', app: null })
  })
  if (found !== identity) {
    await line.run(savepoint('undo', 0))
    throw new JoinRefusedError(`it leads to another database than ${location}: use a connection to the same one`, {
      client,
      location,
    })
  }
  return new PostgresJoinedSession(connections, line, { ...options, isBatch: false, isJoined: true }, found !== null)
}

/** The identity of the database that a connection leads to; null where it has no tables. */
export async function identityAt(line: Pick<Line, 'run'>): Promise<string | null> {
  try {
    const [answer] = await line.run([readMeta('identity')])
    return answer?.rows[0]?.[0] ?? null
  } catch (error) {
    if (!isTableMissing(error)) throw error
    return null
  }
}

function isOutside(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === noTransactionState
}
