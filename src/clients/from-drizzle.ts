import { InvalidArgumentError } from '../errors.ts'
import type { Executor } from '../storage/contract.ts'
import { has } from './has.ts'
import { unnumbered } from './unnumbered.ts'

/** What is used of a transaction of Drizzle: `execute` on PostgreSQL and MySQL, `all` and `run` on SQLite. */
export interface DrizzleTransaction {
  execute?(query: never): PromiseLike<unknown>
  all?(query: never): unknown
  run?(query: never): unknown
}

/** What is used of the tag `sql` of Drizzle. */
export type DrizzleSql = (strings: TemplateStringsArray, ...values: never[]) => unknown

/**
 * A transaction of Drizzle as `stockpile.join` takes it. On better-sqlite3, whose `db.transaction` is over before anything can be awaited in
 * it, hand in the database itself between a BEGIN IMMEDIATE and a COMMIT of your own.
 *
 * @param transaction the `tx` of `db.transaction(async (tx) => ...)`
 * @param sql the tag `sql` of `drizzle-orm`
 * @throws InvalidArgumentError for what is no such transaction or tag
 */
export function fromDrizzle(transaction: DrizzleTransaction, sql: DrizzleSql): Executor {
  if (typeof sql !== 'function') throw new InvalidArgumentError('sql', sql, 'the tag sql of drizzle-orm')
  if (typeof transaction !== 'object' || transaction === null)
    throw new InvalidArgumentError('transaction', transaction, 'a transaction of Drizzle')
  const dialect = dialectOf(transaction)
  return {
    dialect,
    client: 'Drizzle',
    query: async (text, parameters) => {
      const { parts, values } = unnumbered(text, parameters, dialect)
      const query = sql(Object.assign([...parts], { raw: parts }), ...(values as never[])) as never
      if (dialect !== 'sqlite') return rowsOf(await transaction.execute?.(query), dialect)
      const isAnswering = /^\s*SELECT\b|\bRETURNING\b/.test(text)
      const answer: unknown = await (isAnswering ? transaction.all?.(query) : transaction.run?.(query))
      return isAnswering ? (answer as object[]) : []
    },
  }
}

function dialectOf(transaction: object): Executor['dialect'] {
  if (has(transaction, 'all', 'run')) return 'sqlite'
  if (!has(transaction, 'execute'))
    throw new InvalidArgumentError('transaction', transaction, 'a transaction of Drizzle')
  // Only PostgreSQL has materialized views, and Drizzle a method to refresh them.
  return has(transaction, 'refreshMaterializedView') ? 'postgres' : 'mysql'
}

/** Each driver's own answer comes through: pg's is an object with rows, mysql2's rows and fields, postgres.js's rows. */
function rowsOf(answer: unknown, dialect: Executor['dialect']): readonly object[] {
  if (Array.isArray(answer)) {
    const rows: unknown = dialect === 'mysql' ? answer[0] : answer
    return Array.isArray(rows) ? (rows as object[]) : []
  }
  const rows: unknown = (answer as { readonly rows?: unknown } | undefined)?.rows
  return Array.isArray(rows) ? (rows as object[]) : []
}
