import { JoinRefusedError } from '../errors.ts'
import type { Executor, Storage } from '../storage/contract.ts'

/** What is used of a transaction of Kysely. */
interface KyselyTransaction {
  readonly isTransaction: boolean
  getExecutor(): { readonly adapter: object }
  executeQuery(query: object): Promise<{ readonly rows: readonly object[] }>
}

// The text alone counts; the rest only has to be there.
const queryId = { queryId: 'stockpile' }

/** Speaks to a transaction of Kysely. */
export function fromKysely(transaction: KyselyTransaction, assumed: Storage['dialect']): Executor {
  if (!transaction.isTransaction)
    throw new JoinRefusedError('it is Kysely outside of a transaction: hand in the trx of db.transaction()', {
      client: 'Kysely',
    })
  return {
    dialect: dialectOf(transaction.getExecutor().adapter) ?? assumed,
    client: 'Kysely',
    isInTransaction: () => true,
    query: async (sql, parameters) => {
      const query = { kind: 'RawNode', sqlFragments: [sql], parameters: [] }
      return (await transaction.executeQuery({ sql, parameters, query, queryId })).rows
    },
  }
}

/** By the names of its adapter's class and of those that it extends; undefined for one of somebody's own. */
function dialectOf(adapter: object): Storage['dialect'] | undefined {
  for (let type: unknown = adapter.constructor; typeof type === 'function'; type = Object.getPrototypeOf(type)) {
    if (type.name.startsWith('Postgres')) return 'postgres'
    if (/^(?:Mysql|MariaDb)/i.test(type.name)) return 'mysql'
    if (type.name.startsWith('Sqlite')) return 'sqlite'
  }
  return undefined
}
