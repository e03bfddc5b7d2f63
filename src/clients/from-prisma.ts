import type { Executor, Storage } from '../storage/contract.ts'

/** What is used of a transaction of Prisma. */
interface PrismaTransaction {
  readonly _activeProvider?: unknown
  $queryRawUnsafe(sql: string, ...values: readonly unknown[]): PromiseLike<unknown>
  $executeRawUnsafe(sql: string, ...values: readonly unknown[]): PromiseLike<unknown>
}

const dialects: ReadonlyMap<unknown, Storage['dialect']> = new Map([
  ['postgresql', 'postgres'],
  ['cockroachdb', 'postgres'],
  ['mysql', 'mysql'],
  ['sqlite', 'sqlite'],
])

/** Speaks to a transaction of Prisma: the `tx` of `prisma.$transaction(async (tx) => ...)`. */
export function fromPrisma(transaction: PrismaTransaction, assumed: Storage['dialect']): Executor {
  return {
    dialect: dialects.get(transaction._activeProvider) ?? assumed,
    client: 'Prisma',
    query: async (sql, parameters) => {
      const isAnswering = /^\s*SELECT\b|\bRETURNING\b/.test(sql)
      if (isAnswering) return (await transaction.$queryRawUnsafe(sql, ...parameters)) as readonly object[]
      await transaction.$executeRawUnsafe(sql, ...parameters)
      return []
    },
  }
}
