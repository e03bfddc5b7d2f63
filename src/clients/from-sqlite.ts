import { JoinRefusedError } from '../errors.ts'
import type { Executor } from '../storage/contract.ts'

/** What is used of a database of better-sqlite3. */
interface BetterSqlite {
  readonly inTransaction: boolean
  prepare(sql: string): {
    readonly reader: boolean
    all(...parameters: readonly unknown[]): unknown[]
    run(...parameters: readonly unknown[]): unknown
  }
}

/** What is used of a database of node:sqlite. */
interface NodeSqlite {
  readonly isTransaction: boolean
  prepare(sql: string): { all(...parameters: readonly unknown[]): unknown[] }
}

/** Speaks to a database of better-sqlite3. */
export function fromBetterSqlite(database: BetterSqlite): Executor {
  const client = 'better-sqlite3'
  return {
    dialect: 'sqlite',
    client,
    isInTransaction: () => database.inTransaction,
    query: async (sql, parameters) => {
      checkOpen(database.inTransaction, client)
      const statement = database.prepare(sql)
      if (statement.reader) return statement.all(...parameters) as object[]
      statement.run(...parameters)
      return []
    },
  }
}

/** Speaks to a database of node:sqlite. */
export function fromNodeSqlite(database: NodeSqlite): Executor {
  const client = 'node:sqlite'
  return {
    dialect: 'sqlite',
    client,
    isInTransaction: () => database.isTransaction,
    query: async (sql, parameters) => {
      checkOpen(database.isTransaction, client)
      return database.prepare(sql).all(...parameters) as object[]
    },
  }
}

/** Nothing may happen outside of the transaction, and that of `db.transaction(fn)` is over as soon as `fn` returns. */
function checkOpen(isOpen: boolean, client: string): void {
  if (isOpen) return
  throw new JoinRefusedError(
    'its transaction is over, as that of db.transaction(fn) is when fn returns: BEGIN IMMEDIATE, await join(), and then COMMIT, each by hand',
    { client },
  )
}
