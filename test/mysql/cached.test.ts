import { describe, expect, it } from 'vitest'
import { Stockpile } from '../../src/index.ts'
import type { WholeAnswer } from '../../src/storage/cached-contract.ts'
import type { Storage } from '../../src/storage/contract.ts'
import { mysql } from '../../src/storage/mysql/index.ts'
import { shareLockOf } from '../../src/storage/mysql/support.ts'
import { accounts, change, deal, makeTables, quantityOf, settle } from '../storage/farm.ts'
import { openLab, openPool } from './open-lab.ts'

/** Gives an account of `farm` one egg. */
async function addEgg(storage: Storage, user: string): Promise<void> {
  await settle(storage, [deal([change('add', user, 'egg', 1n)])])
}

/** What is seen of accounts of `farm`: version, and whether account and generation were unlocked. */
async function look(storage: Storage, ...users: string[]): Promise<unknown[]> {
  const answers = await storage.fetchWhole(users.map((user) => ({ app: 'farm', user })))
  return answers.map(({ version, isUnlocked, isGenerationUnlocked }: WholeAnswer) => [
    version,
    isUnlocked,
    isGenerationUnlocked,
  ])
}

describe('a whole account', () => {
  it.each(['a url', 'a pool'])('through %s tells of a lock without waiting for it', async (way) => {
    const pools: ReturnType<typeof openPool>[] = []
    await using lab = await openLab({}, (url) => {
      if (way === 'a url') return url
      pools.push(openPool(url))
      return pools[0]!
    })
    const { storage } = lab
    await addEgg(storage, 'ann')
    await addEgg(storage, 'bob')
    const session = await storage.begin()
    await session.load(accounts('ann'), 'wait')
    expect(await look(storage, 'ann', 'bob', 'nobody')).toEqual([
      [1n, false, true],
      [1n, true, true],
      [0n, false, true],
    ])
    await session.rollback()
    expect(await look(storage, 'ann')).toEqual([[1n, true, true]])
    const bulk = await storage.bulk('farm')
    expect(await look(storage, 'bob')).toEqual([[1n, true, false]])
    await bulk.rollback()
    expect(await look(storage, 'bob')).toEqual([[1n, true, true]])
    for (const pool of pools) await pool.end()
  })

  it('of several apps comes with the serials, and with the generation of its app', async () => {
    await using lab = await openLab()
    await makeTables(lab.storage, 'zoo')
    await using stockpile = new Stockpile({ storage: mysql(lab.url) })
    const lions = await stockpile.serial('zoo', 1).add('lion', 2)
    await stockpile.tally('farm', 1).add('egg', 3)
    const bulk = await lab.storage.bulk('zoo')
    expect(bulk.generation).toBe(2n)
    await bulk.commit()
    const [zoo, farm, again] = await lab.storage.fetchWhole([
      { app: 'zoo', user: '1' },
      { app: 'farm', user: '1' },
      { app: 'zoo', user: '1' },
    ])
    expect(zoo?.serials.map(({ serial }) => serial)).toEqual(lions.serials())
    expect([zoo?.generation, farm?.generation]).toEqual([2n, 1n])
    expect(farm?.holdings.map(({ quantity }) => quantity)).toEqual([3n])
    expect(again).toEqual(zoo)
  })

  it('is locked in the way that each server has', () => {
    expect(shareLockOf('10.6.4-MariaDB-log')).toBe('LOCK IN SHARE MODE SKIP LOCKED')
    expect(shareLockOf('8.0.36')).toBe('FOR SHARE SKIP LOCKED')
  })
})

describe('a bulk change', () => {
  it('is one transaction, with its parameters exact, its history, and nothing on the list', async () => {
    await using lab = await openLab()
    const { storage } = lab
    await addEgg(storage, 'ann')
    await storage.noteCache(null, 'a cache')
    const bulk = await storage.bulk('farm')
    expect(
      await bulk.run('UPDATE farm_stockpile_holding SET quantity = ? WHERE user_id = ? AND position <=> ?', [
        2n ** 63n - 1n,
        'ann',
        null,
      ]),
    ).toEqual({ rows: [], count: 1 })
    expect(await bulk.run("SELECT quantity AS many, '?;' AS text FROM farm_stockpile_holding;", [])).toEqual({
      rows: [{ many: 2n ** 63n - 1n, text: '?;' }],
      count: 1,
    })
    expect(await quantityOf(storage, 'ann', 'egg')).toBe(1n)
    await bulk.commit()
    expect(await quantityOf(storage, 'ann', 'egg')).toBe(2n ** 63n - 1n)
    expect(await lab.probe.query('SELECT COUNT(*) FROM stockpile_change')).toEqual(['0'])
    expect(await lab.probe.query('SELECT data FROM farm_stockpile_history WHERE version = 2')).toEqual([
      '{"changed":"by hand"}',
    ])
    await expect(bulk.run('SELECT 1', [])).rejects.toMatchObject({ code: 'TRANSACTION_CLOSED' })
  })

  it('refuses what would end its transaction, before anything is done', async () => {
    await using lab = await openLab()
    const bulk = await lab.storage.bulk('farm')
    for (const sql of [
      'COMMIT',
      '/* why */ -- not\n truncate farm_stockpile_holding',
      'UPDATE farm_stockpile_holding SET quantity = 1; COMMIT',
      'set @a = 1, autocommit = 1',
      'CREATE TABLE mine (id INT)',
      '',
    ]) {
      await expect(bulk.run(sql, [])).rejects.toMatchObject({ code: 'DATABASE' })
    }
    await bulk.run('CREATE TEMPORARY TABLE mine AS SELECT 1 AS quantity', [])
    await bulk.commit()
    expect(await lab.probe.query("SELECT value FROM stockpile_meta WHERE name = 'generation:farm'")).toEqual(['2'])
  })

  it('says what to do where a statement reads a table that a trigger writes', async () => {
    await using lab = await openLab()
    await addEgg(lab.storage, 'ann')
    const bulk = await lab.storage.bulk('farm')
    const gift = "INSERT INTO farm_stockpile_holding (user_id, item_id, quantity) SELECT user_id, 'ham', 1 FROM"
    await expect(bulk.run(`${gift} farm_stockpile_account`, [])).rejects.toThrow(/read it into a temporary table first/)
    await bulk.run('CREATE TEMPORARY TABLE everybody AS SELECT user_id FROM farm_stockpile_account', [])
    await bulk.run(`${gift} everybody`, [])
    await bulk.commit()
    expect(await quantityOf(lab.storage, 'ann', 'ham')).toBe(1n)
  })

  it('that a routine has committed on the way is found out, and goes no further', async () => {
    await using lab = await openLab()
    await lab.probe.query('CREATE PROCEDURE ending() COMMIT')
    const bulk = await lab.storage.bulk('farm')
    await expect(bulk.run('CALL ending()', [])).rejects.toThrow(/a statement has ended its transaction/)
    await expect(bulk.commit()).rejects.toMatchObject({ code: 'TRANSACTION_CLOSED' })
  })

  it('waits for another of the same app', async () => {
    await using lab = await openLab({ lockWaitMs: 1_000 })
    const bulk = await lab.storage.bulk('farm')
    await expect(lab.storage.bulk('farm')).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' })
    await bulk.commit()
    const next = await lab.storage.bulk('farm')
    expect(next.generation).toBe(3n)
    await next.rollback()
  })

  it('of an app without tables says which command makes them', async () => {
    await using lab = await openLab()
    await expect(lab.storage.bulk('nowhere')).rejects.toMatchObject({ code: 'TABLES_MISSING' })
  })
})

describe('the list of changes', () => {
  it('gives each account to one taker, and keeps those of whom the work failed', async () => {
    await using lab = await openLab()
    const { storage } = lab
    const session = await storage.begin()
    await session.noteChanges([
      { app: 'farm', user: 'ann' },
      { app: 'farm', user: 'ann' },
      { app: 'farm', user: 'bob' },
    ])
    expect(await storage.takeChanges(10, async () => undefined)).toBe(0)
    await session.commit(null, [])
    const failure = new Error('no cache')
    await expect(storage.takeChanges(2, () => Promise.reject(failure))).rejects.toBe(failure)
    const taken: string[] = []
    const first = storage.takeChanges(2, async (rows) => {
      taken.push(...rows.map(({ user }) => user))
      await storage.takeChanges(2, async (others) => {
        taken.push(...others.map(({ user }) => user))
      })
    })
    expect(await first).toBe(1)
    expect(taken).toEqual(['ann', 'bob'])
    expect(await storage.takeChanges(10, async () => undefined)).toBe(0)
  })
})

describe('the note about the cache', () => {
  it('is replaced only by who knows it, and every deal sees it from then on', async () => {
    await using lab = await openLab()
    const { storage } = lab
    expect(await storage.noteCache(null, 'one')).toBe('one')
    expect(await storage.noteCache(null, 'two')).toBe('one')
    expect(await storage.noteCache('two', null)).toBe('one')
    const session = await storage.begin()
    expect((await session.load(accounts('ann'), 'wait')).cache).toBe('one')
    await storage.noteCache('one', 'two')
    expect((await session.load(accounts('bob'), 'wait')).cache).toBe('two')
    await session.rollback()
    expect(await storage.noteCache('two', null)).toBeNull()
    expect(await storage.cacheNote()).toBeNull()
    expect(await storage.listen(() => undefined)).toBeNull()
  })
})
