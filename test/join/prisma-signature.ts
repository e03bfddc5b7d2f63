import { Client as PgClient } from 'pg'
import { byHand, type ClientKind } from './client.ts'

/**
 * What a transaction of Prisma 7 on PostgreSQL looks like from outside, over a client of pg: its packages, with a generated client, are a
 * hundred times the size of what is tested here.
 */
export const prismaSignature: ClientKind = {
  name: "Prisma's signature on postgres",
  dialect: 'postgres',
  open: async (url) => {
    const client = new PgClient(url)
    await client.connect()
    const transaction = {
      _activeProvider: 'postgresql',
      $queryRawUnsafe: async (sql: string, ...values: readonly unknown[]): Promise<unknown> => {
        const { rows } = await client.query<Record<string, unknown>>(sql, [...values]).catch(wrap)
        return rows
      },
      $executeRawUnsafe: async (sql: string, ...values: readonly unknown[]): Promise<number> => {
        const { rowCount } = await client.query(sql, [...values]).catch(wrap)
        return rowCount ?? 0
      },
    }
    const sql = async (statement: string): Promise<void> => {
      await transaction.$executeRawUnsafe(statement)
    }
    return {
      transaction: (work) => byHand('BEGIN', sql, () => work({ connection: transaction, sql })),
      close: () => client.end(),
    }
  },
}

/** Prisma tells of the database's code deep inside of its own error. */
function wrap(error: unknown): never {
  const { code, message } = error as { code: string; message: string }
  const cause = { originalCode: code, originalMessage: message, kind: 'postgres' }
  const facts = { code: 'P2010', meta: { driverAdapterError: { cause } } }
  throw Object.assign(new Error(`Raw query failed. Code: ${code}. Message: ${message}`), facts)
}
