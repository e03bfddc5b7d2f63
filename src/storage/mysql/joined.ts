import { JoinRefusedError } from '../../errors.ts'
import type {
  Executor,
  HoldingAnswer,
  HoldingQuery,
  JoinedSession,
  Loaded,
  LockWait,
  Names,
  Writes,
} from '../contract.ts'
import { touchesHoldings } from '../touches-holdings.ts'
import { readSchemaVersions } from './alter.ts'
import type { Line } from './connection.ts'
import { lentWrites, othersWrites, type Connections } from './connections.ts'
import { isSavepointMissing, isTableMissing, toFault } from './faults.ts'
import { fetchHoldings } from './fetch.ts'
import { MysqlSession } from './session.ts'
import { raiseMeta, readMeta } from './statements.ts'

const keep = 'RELEASE SAVEPOINT stockpile_0'
const undo = 'ROLLBACK TO SAVEPOINT stockpile_0'

// Columns that hold 64 bits, which some clients answer as numbers that lose the last digits.
const longColumns: ReadonlySet<string> = new Set([
  'version',
  'changed_at',
  'quantity',
  'position',
  'serial',
  'change',
  'balance',
  'time',
])

// The library's own statements begin so; what comes after it may hold anybody's text.
const headPattern = /^\(?SELECT ([\w`, ]+?)\s+FROM /

/** Runs statements through the application's client, one after the other: after one that fails, nothing more is sent. */
class ExecutorLine implements Line {
  readonly location: string
  readonly isUsable = true
  readonly mode = 'transaction'
  /**
   * Whether rows are locked as they are read. At REPEATABLE READ, which may be what the application uses, any other read answers from the
   * transaction's snapshot, and a quantity that is older than the lock on its account would be written back.
   */
  isLocking = false
  readonly #executor: Executor

  constructor(executor: Executor, location: string) {
    this.#executor = executor
    this.location = location
  }

  enter(): void {}

  async rows<Row extends readonly unknown[]>(sql: string): Promise<Row[]> {
    const head = headPattern.exec(sql)?.[1]
    if (head === undefined) return (await this.#executor.query(sql, [])).map((row) => Object.values(row) as never)
    const names = head.split(', ').map((column) => column.replace(/^.* AS /, '').replaceAll('`', ''))
    const columns = names.map((name, index) => {
      const column = `q.\`${name}\``
      return `${longColumns.has(name) ? `CAST(${column} AS CHAR)` : column} AS c${index}`
    })
    const inner = `${sql}${this.#lockOf(sql, names[0])}`
    const rows = await this.#executor.query(`SELECT ${columns.join(', ')} FROM (${inner}) AS q`, [])
    return rows.map((row) => Object.values(row).map((value, index) => toColumn(names, index, value)) as never)
  }

  #lockOf(sql: string, column: string | undefined): '' | ' FOR UPDATE' | ' LOCK IN SHARE MODE' {
    // Receipts need no lock: inserting one that is there fails.
    if (!this.isLocking || sql.endsWith('FOR UPDATE') || column === 'key') return ''
    // Everybody reads the note about the cache, and nobody is to wait for another who does.
    return column === 'value' ? ' LOCK IN SHARE MODE' : ' FOR UPDATE'
  }

  async rowsOfAll<Row extends readonly unknown[]>(statements: readonly string[]): Promise<Row[][]> {
    const answers: Row[][] = []
    for (const sql of statements) answers.push(await this.rows<Row>(sql))
    return answers
  }

  async run(sql: string): Promise<number> {
    await this.#executor.query(sql, [])
    return 0
  }

  async runAll(statements: readonly string[]): Promise<void> {
    for (const sql of statements) await this.run(sql)
  }

  async runThen(statements: readonly string[], last: string): Promise<void> {
    await this.runAll([...statements, last])
  }

  async leave(): Promise<void> {}

  destroy(): void {}
}

/** A value as the driver `mariadb` would answer it: 64 bits as a bigint, 32 as a number. */
function toColumn(names: readonly string[], index: number, value: unknown): unknown {
  const name = names[index] ?? ''
  if (value === null) return null
  if (longColumns.has(name)) return BigInt(value as string)
  // Serials are a number in a holding and a text in history.
  return name === 'line' || (name === 'serials' && names.includes('quantity')) ? Number(value) : value
}

/** A part of the application's own transaction. */
class MysqlJoinedSession extends MysqlSession implements JoinedSession {
  readonly #line: ExecutorLine
  readonly #locked = new Set<string>()
  #isUndone = false

  constructor(connections: Connections, line: ExecutorLine, outcomeWaitMs: number) {
    super(connections, line, { mode: 'transaction', batch: null, outcomeWaitMs })
    this.#line = line
  }

  override async load(names: Names, wait: LockWait): Promise<Loaded> {
    for (const { app, users } of names.apps) for (const user of users) this.#locked.add(`${app} ${user}`)
    this.#line.isLocking = true
    try {
      return await super.load(names, wait)
    } finally {
      this.#line.isLocking = false
    }
  }

  override async save(writes: Writes): Promise<void> {
    if (!touchesHoldings(writes)) return super.save(writes)
    const deals = new Set(writes.apps.flatMap(({ history }) => history.map(({ deal }) => deal)))
    await this.#attempt('save', () => this.#line.run(`SET ${lentWrites(deals)}`))
    try {
      await super.save(writes)
    } catch (error) {
      // The history is undone, and with it what was said of it; this only tidies up.
      await this.#line.run(`SET ${othersWrites}`).catch(() => undefined)
      throw error
    }
    // What comes next may be the application's own.
    await this.#attempt('save', () => this.#line.run(`SET ${othersWrites}`))
  }

  override fetch(queries: readonly HoldingQuery[]): Promise<HoldingAnswer[]> {
    const isLocked = queries.every(({ app, user }) => this.#locked.has(`${app} ${user}`))
    if (!isLocked) return super.fetch(queries)
    return this.#attempt('read holdings', () => fetchHoldings(this.#line, queries, ' FOR UPDATE'))
  }

  override commit(): Promise<void> {
    return this.#attempt('keep what was done in its transaction', async () => {
      await this.#line.run(keep)
    })
  }

  override async rollback(): Promise<void> {
    if (this.#isUndone) return
    this.#isUndone = true
    await this.#line.runAll([undo, keep]).catch(() => undefined)
  }

  schemaVersions(): Promise<ReadonlyMap<string, number>> {
    return this.#attempt('read the schema versions', () => readSchemaVersions(this.#line))
  }

  reserve(name: string, atLeast: bigint, count: bigint): Promise<bigint> {
    return this.#attempt('reserve numbers', async () => {
      await this.#line.run(raiseMeta(name, atLeast, count))
      const [row] = await this.#line.rows<readonly [string]>(readMeta(name))
      return BigInt(row?.[0] ?? 0) - count
    })
  }

  async #attempt<T>(tried: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw toFault(error, { location: this.#line.location, tried, app: null })
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
  outcomeWaitMs: number,
  identity: string | null,
): Promise<JoinedSession> {
  const { location } = connections
  const { client } = executor
  const line = new ExecutorLine(executor, location)
  try {
    // Outside of a transaction a savepoint is gone as soon as it is set; rolling back to it leaves it where it is.
    await line.runAll(['SAVEPOINT stockpile_0', undo])
    const found = await identityAt(line)
    if (found === identity) return new MysqlJoinedSession(connections, line, outcomeWaitMs)
    await line.run(keep)
  } catch (error) {
    if (!isSavepointMissing(error)) throw toFault(error, { location, tried: 'join a transaction', app: null })
    throw new JoinRefusedError('no transaction is open on it: BEGIN first', { client, location }, { cause: error })
  }
  throw new JoinRefusedError(`it leads to another database than ${location}: use a connection to the same one`, {
    client,
    location,
  })
}

/** The identity of the database that a connection leads to; null where it has no tables. */
export async function identityAt(line: Pick<Line, 'rows'>): Promise<string | null> {
  try {
    const [row] = await line.rows<readonly [string]>(readMeta('identity'))
    return row?.[0] ?? null
  } catch (error) {
    if (!isTableMissing(error)) throw error
    return null
  }
}
