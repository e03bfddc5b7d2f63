import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { JoinRefusedError } from '../../errors.ts'
import type {
  AccountName,
  EntryQuery,
  Executor,
  HistoryRow,
  HoldingAnswer,
  HoldingQuery,
  JoinedSession,
  Loaded,
  Names,
  Writes,
} from '../contract.ts'
import { toVersions } from './alter.ts'
import type { Line } from './connection.ts'
import { toFault } from './faults.ts'
import { fetchEntries, fetchOne, SqliteSession } from './session.ts'
import { appStatements, sharedStatements, type AppStatements } from './statements.ts'

type Row = Readonly<Record<string, unknown>>

interface Asked {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

/**
 * A connection that first only writes down what is asked of it, and then answers. No statement of a session depends on what another one of
 * the same call was answered, so the code that asks SQLite at once serves clients that take their time as well.
 */
class Tape implements Line {
  readonly isInTransaction = true
  readonly asked: Asked[] = []
  readonly #apps = new Map<string, AppStatements>()
  #answers: (readonly Row[])[] | null = null

  /** From now on answers, in the order in which it was asked. */
  play(answers: readonly (readonly Row[])[]): void {
    this.#answers = [...answers]
  }

  app(app: string): AppStatements {
    let statements = this.#apps.get(app)
    if (statements === undefined) this.#apps.set(app, (statements = appStatements(app)))
    return statements
  }

  all<Answer>(sql: string, ...parameters: unknown[]): Answer[] {
    if (this.#answers !== null) return (this.#answers.shift() ?? []) as readonly unknown[] as Answer[]
    this.asked.push({ sql, parameters })
    return []
  }

  get<Answer>(sql: string, ...parameters: unknown[]): Answer | undefined {
    return this.all<Answer>(sql, ...parameters)[0]
  }

  run(sql: string, ...parameters: unknown[]): number {
    this.all(sql, ...parameters)
    return 0
  }

  execute(sql: string): void {
    this.all(sql)
  }

  commit(): void {}

  rollback(): void {}
}

/** Runs a statement through the application's client. */
async function ask(executor: Executor, { sql, parameters }: Asked): Promise<Row[]> {
  const { text, bound } = withoutLongs(sql, parameters)
  // The library's own statements begin so.
  const names = /^SELECT ([a-z_, ]+?)\s+FROM /.exec(text)?.[1]?.split(', ')
  if (names === undefined) return (await executor.query(text, bound)) as Row[]
  // A number that a client answers may have lost its last digits: whole numbers come as text with an i before it, all else with a t.
  const columns = names.map((name) => `CASE typeof(${name}) WHEN 'integer' THEN 'i' ELSE 't' END || ${name} AS ${name}`)
  const rows = await executor.query(`SELECT ${columns.join(', ')} FROM (${text})`, bound)
  return rows.map((row) => {
    const values = Object.values(row) as (string | null)[]
    return Object.fromEntries(names.map((name, index) => [name, toColumn(values[index] ?? null)]))
  })
}

function toColumn(value: string | null): string | bigint | null {
  if (value === null) return null
  return value.startsWith('i') ? BigInt(value.slice(1)) : value.slice(1)
}

/** Writes bigints into the statement, where they are exact, whatever a client makes of those that are bound. */
function withoutLongs(
  sql: string,
  parameters: readonly unknown[],
): { text: string; bound: (string | number | null)[] } {
  const bound: (string | number | null)[] = []
  let next = 0
  const text = sql.replaceAll('?', () => {
    const value = parameters[next++]
    if (typeof value === 'bigint') return value.toString()
    bound.push(value as string | number | null)
    return '?'
  })
  return { text, bound }
}

/** A part of the application's own transaction. */
class SqliteJoinedSession implements JoinedSession {
  readonly #executor: Executor
  #isUndone = false

  constructor(executor: Executor) {
    this.#executor = executor
  }

  load(names: Names): Promise<Loaded> {
    return this.#play('read what the deals name', (line) => new SqliteSession(line).load(names))
  }

  save(writes: Writes): Promise<void> {
    return this.#play('save', (line) => new SqliteSession(line).save(writes))
  }

  noteChanges(accounts: readonly AccountName[]): Promise<void> {
    return this.#play('note changes', (line) => new SqliteSession(line).noteChanges(accounts))
  }

  fetch(queries: readonly HoldingQuery[]): Promise<HoldingAnswer[]> {
    return this.#play('read holdings', async (line) => queries.map((query) => fetchOne(line, query)))
  }

  entries(query: EntryQuery): Promise<HistoryRow[]> {
    return this.#play('read history', async (line) => fetchEntries(line, query))
  }

  savepoint(level: number): Promise<void> {
    return this.#run('set a savepoint', `SAVEPOINT stockpile_${level}`)
  }

  restore(level: number): Promise<void> {
    return this.#run('roll back to a savepoint', `ROLLBACK TO stockpile_${level}`, `RELEASE stockpile_${level}`)
  }

  release(level: number): Promise<void> {
    return this.#run('release a savepoint', `RELEASE stockpile_${level}`)
  }

  commit(): Promise<void> {
    return this.release(0)
  }

  async rollback(): Promise<void> {
    if (this.#isUndone) return
    this.#isUndone = true
    await this.restore(0).catch(() => undefined)
  }

  async schemaVersions(): Promise<ReadonlyMap<string, number>> {
    const tried = 'read the schema versions'
    const [hasMeta] = await this.#attempt(tried, () => this.#executor.query(sharedStatements.hasMeta, []))
    if (hasMeta === undefined) return new Map()
    const asked = { sql: sharedStatements.schemaVersions, parameters: [] }
    const rows = await this.#attempt(tried, () => ask(this.#executor, asked))
    return toVersions(rows as unknown as { name: string; value: string }[])
  }

  async reserve(name: string, atLeast: bigint, count: bigint): Promise<bigint> {
    const parameters = [name, atLeast, count, atLeast, count]
    const [row] = await this.#attempt('reserve numbers', () =>
      ask(this.#executor, { sql: sharedStatements.reserve, parameters }),
    )
    const [value] = Object.values(row ?? {})
    return BigInt(value as string) - count
  }

  async #play<T>(tried: string, work: (line: Line) => Promise<T>): Promise<T> {
    const tape = new Tape()
    await work(tape)
    return this.#attempt(tried, async () => {
      const answers: Row[][] = []
      for (const asked of tape.asked) answers.push(await ask(this.#executor, asked))
      tape.play(answers)
      return work(tape)
    })
  }

  #run(tried: string, ...statements: readonly string[]): Promise<void> {
    return this.#attempt(tried, async () => {
      for (const sql of statements) await this.#executor.query(sql, [])
    })
  }

  async #attempt<T>(tried: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw toFault(error, tried)
    }
  }
}

/**
 * Joins the application's own transaction and sets a savepoint in it.
 *
 * @param path of the storage's file
 */
export async function joinTransaction(executor: Executor, path: string): Promise<JoinedSession> {
  const { client } = executor
  const location = `sqlite:${path}`
  if (!(await isInTransaction(executor)))
    throw new JoinRefusedError('no transaction is open on it: BEGIN IMMEDIATE first', { client, location })
  const [main] = await executor
    .query("SELECT file FROM pragma_database_list WHERE name = 'main'", [])
    .catch((error: unknown) => {
      throw toFault(error, 'find its file')
    })
  const [file] = Object.values(main ?? {}) as unknown[]
  if (typeof file !== 'string' || file === '' || realPath(file) !== realPath(path)) {
    const advice = 'open the same file with it'
    throw new JoinRefusedError(`its file is ${String(file) || 'in memory'}, and not ${path}: ${advice}`, {
      client,
      location,
    })
  }
  const session = new SqliteJoinedSession(executor)
  await session.savepoint(0)
  return session
}

async function isInTransaction(executor: Executor): Promise<boolean> {
  const known = executor.isInTransaction?.()
  if (known !== undefined) return known
  try {
    // Fails where a transaction is open.
    await executor.query('BEGIN', [])
  } catch {
    return true
  }
  await executor.query('ROLLBACK', [])
  return false
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}
