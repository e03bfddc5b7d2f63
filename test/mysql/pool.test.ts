import type { PoolConfig } from 'mariadb'
import { describe, expect, it } from 'vitest'
import { Stockpile } from '../../src/index.ts'
import { mysql } from '../../src/storage/mysql/index.ts'
import { change, deal, quantityOf, settle } from '../storage/farm.ts'
import { openLab, openPool } from './open-lab.ts'

const settings = 'SELECT @@autocommit, @@tx_isolation, @@innodb_lock_wait_timeout, @@lock_wait_timeout, @@sql_mode'

describe("an application's own pool", () => {
  const habits: [string, PoolConfig][] = [
    ['a plain one', {}],
    ['one that turns bigints into numbers', { bigIntAsNumber: true, insertIdAsNumber: true, supportBigNumbers: true }],
    ['one with named placeholders and nested tables', { namedPlaceholders: true, nestTables: true, metaAsArray: true }],
    ['one that casts', { typeCast: () => 'cast' }],
    ['one that does not pipeline', { pipelining: false }],
    ['one that does not commit by itself', { initSql: 'SET autocommit = 0', noControlAfterUse: true }],
    ['one with another sql_mode', { initSql: "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'" }],
  ]

  it.each(habits)('serves when it is %s, and is as it was afterwards', async (_what, config) => {
    await using lab = await openLab()
    const pool = openPool(lab.url, { ...config, connectionLimit: 1 })
    const before = await pool.query({ sql: settings, rowsAsArray: true })
    const storage = mysql(pool)
    await settle(storage, [deal([change('set', 'ü', "egg's", 9_007_199_254_740_993n)], { key: 'k' })])
    await settle(storage, [deal([change('add', 'ü', "egg's", 2n)])])
    expect(await quantityOf(storage, 'ü', "egg's")).toBe(9_007_199_254_740_995n)
    expect(await quantityOf(lab.storage, 'ü', "egg's")).toBe(9_007_199_254_740_995n)
    const session = await storage.begin()
    await session.rollback()
    const snapshot = await storage.snapshot()
    expect(await snapshot.accountCount('farm')).toBe(1)
    await snapshot.end()
    await storage.close()
    await expect(storage.fetch([])).rejects.toMatchObject({ code: 'CLOSED' })
    expect(pool.activeConnections()).toBe(0)
    expect(await pool.query({ sql: settings, rowsAsArray: true })).toEqual(before)
    await pool.end()
  })

  it('is not taken for Stockpile when the application inserts holdings through it', async () => {
    await using lab = await openLab()
    const pool = openPool(lab.url, { connectionLimit: 1, noControlAfterUse: true })
    await using stockpile = new Stockpile({ storage: mysql(pool) })
    const ann = stockpile.tally('farm', 'ann')
    await ann.add('egg', 5)
    await stockpile.transaction(() => ann.add('rye', 1))
    await pool.query("INSERT INTO farm_stockpile_holding (user_id, item_id, quantity) VALUES ('ann', 'ham', 3)")
    const [entry] = await ann.history({ limit: 1 })
    expect(entry).toMatchObject({ version: 3n, item: 'ham', balance: 3n, data: { changed: 'by hand' } })
    expect((await stockpile.verify('farm')).breaks).toEqual([])
    await stockpile.close()
    await pool.end()
  })

  it('never shows an older state through a connection that has a transaction open', async () => {
    await using lab = await openLab()
    const pool = openPool(lab.url, { initSql: 'SET autocommit = 0', noControlAfterUse: true, connectionLimit: 1 })
    const storage = mysql(pool)
    expect(await quantityOf(storage, 'u', 'egg')).toBeUndefined()
    await settle(lab.storage, [deal([change('add', 'u', 'egg', 1n)])])
    expect(await quantityOf(storage, 'u', 'egg')).toBe(1n)
    await storage.close()
    await pool.end()
  })

  it('is refused when it would lose characters', async () => {
    await using lab = await openLab()
    const pool = openPool(lab.url, { charset: 'latin1' })
    const storage = mysql(pool)
    await expect(quantityOf(storage, 'u', 'egg')).rejects.toMatchObject({ code: 'UNSUPPORTED_DATABASE' })
    await storage.close()
    await pool.end()
  })

  it('that is closed too early is reported as closed', async () => {
    await using lab = await openLab()
    const pool = openPool(lab.url)
    const storage = mysql(pool)
    await pool.end()
    await expect(quantityOf(storage, 'u', 'egg')).rejects.toMatchObject({ code: 'CLOSED' })
    await storage.close()
  })
})

describe('connections of its own', () => {
  it('are replaced when the server has ended them', async () => {
    await using lab = await openLab()
    expect(await quantityOf(lab.storage, 'u', 'egg')).toBeUndefined()
    const session = await lab.storage.begin()
    await session.savepoint(1)
    const mine = 'SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()'
    for (const id of await lab.probe.query(mine)) await lab.probe.query(`KILL ${id}`)
    await expect(session.savepoint(2)).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    await session.rollback()
    await settle(lab.storage, [deal([change('add', 'u', 'egg', 1n)])])
    expect(await quantityOf(lab.storage, 'u', 'egg')).toBe(1n)
  })

  it('are all gone after close', async () => {
    await using lab = await openLab()
    const sessions = await Promise.all([lab.storage.begin(), lab.storage.begin()])
    const closed = lab.storage.close()
    await Promise.all(sessions.map((session) => session.rollback()))
    await closed
    await expect(lab.storage.begin()).rejects.toMatchObject({ code: 'CLOSED' })
    const others = 'SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()'
    await expect.poll(() => lab.probe.query(others)).toEqual(['0'])
  })
})
