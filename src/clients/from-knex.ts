import { JoinRefusedError } from '../errors.ts'
import type { Executor, Storage } from '../storage/contract.ts'
import { unnumbered } from './unnumbered.ts'

/** What is used of a transaction of Knex. */
interface KnexTransaction {
  readonly isTransaction?: boolean
  readonly client: { readonly dialect?: unknown }
  isCompleted?(): boolean
  raw(sql: string, bindings: readonly unknown[]): PromiseLike<unknown>
}

const dialects: ReadonlyMap<unknown, Storage['dialect']> = new Map([
  ['postgresql', 'postgres'],
  ['mysql', 'mysql'],
  ['sqlite3', 'sqlite'],
])

/** Speaks to a transaction of Knex. */
export function fromKnex(transaction: KnexTransaction, assumed: Storage['dialect']): Executor {
  if (transaction.isTransaction !== true || transaction.isCompleted?.() === true)
    throw new JoinRefusedError('it is Knex outside of a transaction: hand in the trx of knex.transaction()', {
      client: 'Knex',
    })
  const dialect = dialects.get(transaction.client.dialect) ?? assumed
  return {
    dialect,
    client: 'Knex',
    isInTransaction: () => transaction.isCompleted?.() !== true,
    query: async (sql, parameters) => {
      const { parts, values } = unnumbered(sql, parameters, dialect)
      return rowsOf(await transaction.raw(parts.join('?'), values), dialect)
    },
  }
}

/** Each driver's own answer comes through: PostgreSQL's is an object, MySQL's rows and fields, SQLite's rows. */
function rowsOf(answer: unknown, dialect: Storage['dialect']): readonly object[] {
  if (dialect === 'postgres') return (answer as { readonly rows?: readonly object[] }).rows ?? []
  const rows: unknown = dialect === 'mysql' && Array.isArray(answer) ? answer[0] : answer
  return Array.isArray(rows) ? (rows as object[]) : []
}
