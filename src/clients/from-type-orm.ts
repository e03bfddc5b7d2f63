import { JoinRefusedError } from '../errors.ts'
import type { Executor, Storage } from '../storage/contract.ts'

/** What is used of a query runner of TypeORM. */
interface QueryRunner {
  readonly isTransactionActive: boolean
  readonly connection?: { readonly options?: { readonly type?: unknown } }
  readonly dataSource?: { readonly options?: { readonly type?: unknown } }
  query(sql: string, parameters: readonly unknown[]): Promise<unknown>
}

/** What is used of an entity manager of TypeORM. */
interface EntityManager {
  readonly queryRunner?: QueryRunner
}

const dialects: readonly (readonly [RegExp, Storage['dialect']])[] = [
  [/postgres/, 'postgres'],
  [/mysql|mariadb/, 'mysql'],
  [/sqlite|sqljs/, 'sqlite'],
]

/** Speaks to a query runner of TypeORM, or to the one of an entity manager. */
export function fromTypeOrm(given: QueryRunner | EntityManager, assumed: Storage['dialect']): Executor {
  const client = 'TypeORM'
  const runner = 'isTransactionActive' in given ? given : given.queryRunner
  if (runner === undefined || !runner.isTransactionActive) {
    const advice = 'hand in the manager of dataSource.transaction(), or a query runner after startTransaction()'
    throw new JoinRefusedError(`it is TypeORM outside of a transaction: ${advice}`, { client })
  }
  const type = (runner.connection ?? runner.dataSource)?.options?.type
  const dialect = dialects.find(([pattern]) => typeof type === 'string' && pattern.test(type))?.[1] ?? assumed
  return {
    dialect,
    client,
    isInTransaction: () => runner.isTransactionActive,
    query: async (sql, parameters) => {
      const rows = await runner.query(sql, parameters)
      return Array.isArray(rows) ? rows.filter((row): row is object => typeof row === 'object' && row !== null) : []
    },
  }
}
