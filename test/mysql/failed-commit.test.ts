import type { Pool } from 'mariadb'
import { describe, expect, it } from 'vitest'
import type { DriverConnection } from '../../src/storage/mysql/connection.ts'
import { mysql, type MariadbPool } from '../../src/storage/mysql/index.ts'
import { change, deal, quantityOf, settle } from '../storage/farm.ts'
import { openLab, openPool } from './open-lab.ts'

/** A pool whose connections run another statement for COMMIT and then report that it failed, as a server in a cluster may. */
function failing(pool: Pool, instead: 'COMMIT' | 'ROLLBACK'): MariadbPool {
  return {
    async getConnection(): Promise<DriverConnection> {
      const connection = await pool.getConnection()
      return {
        async query(query): Promise<unknown> {
          if (query.sql !== 'COMMIT') return connection.query<unknown>(query)
          await connection.query({ ...query, sql: instead })
          const facts = { errno: 1180, code: 'ER_ERROR_DURING_COMMIT', fatal: false }
          throw Object.assign(new Error('Got error 131 during COMMIT'), facts)
        },
        isValid: () => connection.isValid(),
        end: () => connection.end(),
        destroy: () => {
          connection.destroy()
        },
      }
    },
  }
}

describe('a batch whose COMMIT fails on a connection that lives on', () => {
  it.each([
    ['counts when it was committed all the same', 'COMMIT', 2n, [{ outcomes: [{ quantity: 2n }] }]],
    ['is reported by the error when it was not', 'ROLLBACK', 1n, { code: 'DATABASE', data: { number: 1180 } }],
  ] as const)('%s', async (_what, instead, quantity, expected) => {
    await using lab = await openLab()
    await settle(lab.storage, [deal([change('add', 'u', 'egg', 1n)])])
    const pool = openPool(lab.url, { connectionLimit: 1 })
    const storage = mysql(failing(pool, instead))
    const answer = settle(storage, [deal([change('add', 'u', 'egg', 1n)])]).catch((error: unknown) => error)
    expect(await answer).toMatchObject(expected)
    expect(await quantityOf(lab.storage, 'u', 'egg')).toBe(quantity)
    // The connection went back to its pool.
    expect(await quantityOf(storage, 'u', 'egg')).toBe(quantity)
    await storage.close()
    await pool.end()
  })
})
