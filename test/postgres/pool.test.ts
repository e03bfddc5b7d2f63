import { Client, type PoolConfig } from 'pg'
import { describe, expect, inject, it } from 'vitest'
import { postgres } from '../../src/storage/postgres/index.ts'
import { accountRow, accounts, change, deal, quantityOf, settle, writes } from '../storage/farm.ts'
import { openLab, openPool } from './open-lab.ts'

const settings = `SELECT string_agg(name || '=' || setting, ',' ORDER BY name) FROM pg_settings
  WHERE name LIKE 'enable_%' OR name IN ('lock_timeout', 'jit', 'plan_cache_mode', 'transaction_isolation')`

describe("an application's own pool", () => {
  const habits: [string, PoolConfig][] = [
    ['a plain one', {}],
    ['one that parses numbers its own way', { types: { getTypeParser: () => () => 'parsed' } }],
    ['one with a query_timeout', { query_timeout: 30_000 }],
    ['one that asks for binary answers', { binary: true } as PoolConfig],
    ['one with another isolation', { options: '-c default_transaction_isolation=serializable' }],
    ['one that only reads by default', { options: '-c default_transaction_read_only=on' }],
  ]

  it.each(habits)('serves when it is %s, and is as it was afterwards', async (_what, config) => {
    await using lab = await openLab()
    const pool = openPool(lab.url, { ...config, max: 1 })
    const before = await pool.query(settings)
    const storage = postgres(pool)
    await settle(storage, [deal([change('set', 'ü', "egg's", 9_007_199_254_740_993n)], { key: 'k' })])
    await settle(storage, [deal([change('add', 'ü', "egg's", 2n)])])
    expect(await quantityOf(storage, 'ü', "egg's")).toBe(9_007_199_254_740_995n)
    const session = await storage.begin()
    await session.load(accounts('ü'), 'wait')
    await session.rollback()
    const snapshot = await storage.snapshot()
    expect(await snapshot.accountCount('farm')).toBe(1)
    await snapshot.end()
    await storage.close()
    await expect(storage.fetch([])).rejects.toMatchObject({ code: 'CLOSED' })
    expect(pool.idleCount).toBe(1)
    expect((await pool.query(settings)).rows).toEqual(before.rows)
    await pool.end()
  })

  it('may forget prepared statements between transactions', async () => {
    await using lab = await openLab()
    const pool = openPool(lab.url, { max: 1 })
    const storage = postgres(pool)
    await settle(storage, [deal([change('add', 'u', 'egg', 1n)])])
    await pool.query('DEALLOCATE ALL')
    await expect(quantityOf(storage, 'u', 'egg')).rejects.toMatchObject({ code: 'CONFLICT', isRetryable: true })
    expect(await quantityOf(storage, 'u', 'egg')).toBe(1n)
    await storage.close()
    await pool.end()
  })

  it('keeps no prepared statements where they are not wanted', async () => {
    await using lab = await openLab({ preparedStatements: false }, (url) => openPool(url, { max: 1 }))
    const pool = openPool(lab.url, { max: 1 })
    const storage = postgres(pool, { preparedStatements: false })
    await settle(storage, [deal([change('add', 'u', 'egg', 1n)])])
    await settle(storage, [deal([change('add', 'u', 'egg', 1n)])])
    expect(await quantityOf(storage, 'u', 'egg')).toBe(2n)
    expect((await pool.query('SELECT name FROM pg_prepared_statements')).rows).toEqual([])
    await storage.close()
    await pool.end()
  })

  it('can be used for many apps without filling the server with prepared statements', async () => {
    await using lab = await openLab()
    const pool = openPool(lab.url, { max: 1 })
    const storage = postgres(pool)
    for (let app = 0; app < 90; app += 1) {
      const queries = [null, ['egg']].map((items) => ({ app: `app_${app}`, user: 'u', items, hasSerials: false }))
      await expect(storage.fetch(queries)).rejects.toMatchObject({ code: 'TABLES_MISSING' })
    }
    const session = await storage.alter()
    for (let app = 0; app < 220; app += 1) {
      for (const step of storage.migrations.app(`app_${app}`)) await session.apply(`app:app_${app}`, step)
    }
    await session.end()
    for (let app = 0; app < 220; app += 1) {
      const queries = [null, ['egg']].map((items) => ({ app: `app_${app}`, user: 'u', items, hasSerials: false }))
      expect(await storage.fetch(queries)).toHaveLength(2)
    }
    const { rows } = await pool.query<{ count: string }>('SELECT count(*) FROM pg_prepared_statements')
    expect(Number(rows[0]?.count)).toBeGreaterThan(300)
    expect(Number(rows[0]?.count)).toBeLessThan(410)
    await storage.close()
    await pool.end()
  })

  it('that is closed too early is reported as closed', async () => {
    await using lab = await openLab()
    const pool = openPool(lab.url)
    const storage = postgres(pool)
    await pool.end()
    await expect(quantityOf(storage, 'u', 'egg')).rejects.toMatchObject({ code: 'CLOSED' })
    await storage.close()
  })

  it('is refused with the option pipeline, as is a single client', () => {
    const client = new Client(inject('postgresUrl'))
    const pool = openPool(inject('postgresUrl'), { pipeline: true })
    for (const target of [client, pool, {}, null]) {
      expect(() => postgres(target as never)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error)
    }
  })
})

describe('connections of its own', () => {
  it('are replaced when the server has ended them', async () => {
    await using lab = await openLab()
    const idle = await lab.storage.begin()
    const busy = await lab.storage.begin()
    await busy.save(writes({ accountsNew: [accountRow('lost')] }))
    await idle.rollback()
    const others = `FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`
    await lab.probe.query(`SELECT pg_terminate_backend(pid) ${others} AND backend_type = 'client backend'`)
    await expect.poll(() => lab.probe.query(`SELECT count(*) ${others}`)).toEqual(['0'])
    await expect(busy.load(accounts('u'), 'wait')).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    await expect(busy.commit('00000000-0000-7000-8000-000000000000', [])).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
    })
    await settle(lab.storage, [deal([change('add', 'u', 'egg', 1n)])])
    expect(await quantityOf(lab.storage, 'u', 'egg')).toBe(1n)
    expect(await lab.probe.query("SELECT count(*) FROM farm_stockpile_account WHERE user_id = 'lost'")).toEqual(['0'])
  })

  it('are all gone after close', async () => {
    await using lab = await openLab()
    const sessions = await Promise.all([lab.storage.begin(), lab.storage.begin()])
    const closed = lab.storage.close()
    await Promise.all(sessions.map((session) => session.rollback()))
    await closed
    await expect(lab.storage.begin()).rejects.toMatchObject({ code: 'CLOSED' })
    const others = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`
    await expect.poll(() => lab.probe.query(others)).toEqual(['0'])
  })
})
