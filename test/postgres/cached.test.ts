import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { executorOf } from '../../src/clients/executor-of.ts'
import { accounts, change, deal, settle } from '../storage/farm.ts'
import type { Lab } from '../storage/lab.ts'
import { openLab, openPool } from './open-lab.ts'

const ann = { app: 'farm', user: 'ann' }

async function openConnection(url: string): Promise<Client> {
  const client = new Client(url)
  await client.connect()
  return client
}

async function lockOf({ probe }: Lab): Promise<string | undefined> {
  const [lock] = await probe.query("SELECT xmax::text FROM farm_stockpile_account WHERE user_id = 'ann'")
  return lock
}

async function isUnlocked({ storage }: Lab): Promise<boolean | undefined> {
  return (await storage.fetchWhole([ann]))[0]?.isUnlocked
}

describe('a whole account', () => {
  it('that a deal has written is seen unlocked without a lock', async () => {
    await using lab = await openLab()
    await settle(lab.storage, [deal([change('add', 'ann', 'egg', 1n)])])
    await settle(lab.storage, [deal([change('add', 'ann', 'egg', 1n)])])
    const before = await lockOf(lab)
    expect(before).not.toBe('0')
    expect(await isUnlocked(lab)).toBe(true)
    expect(await lockOf(lab)).toBe(before)
  })

  it('whose lock can not be told from a trace of one is seen unlocked by locking it for reading', async () => {
    await using lab = await openLab()
    const older = await openConnection(lab.url)
    await older.query('BEGIN')
    await older.query('SELECT pg_current_xact_id()')
    await settle(lab.storage, [deal([change('add', 'ann', 'egg', 1n)])])
    await settle(lab.storage, [deal([change('add', 'ann', 'egg', 1n)])])
    const session = await lab.storage.begin()
    await session.load(accounts('ann'), 'wait')
    await session.rollback()
    const before = await lockOf(lab)
    const [answer] = await lab.storage.fetchWhole([ann])
    expect(answer).toMatchObject({ isUnlocked: true, isGenerationUnlocked: true, version: 2n, generation: 1n })
    expect(answer?.holdings.map(({ quantity }) => quantity)).toEqual([2n])
    expect(await lockOf(lab)).not.toBe(before)
    await older.end()
  })

  it('that a group of transactions has locked is unlocked unless one of them writes it', async () => {
    await using lab = await openLab()
    await settle(lab.storage, [deal([change('add', 'ann', 'egg', 1n)])])
    const [first, second] = [await openConnection(lab.url), await openConnection(lab.url)]
    for (const client of [first, second]) {
      await client.query('BEGIN')
      await client.query("SELECT FROM farm_stockpile_account WHERE user_id = 'ann' FOR KEY SHARE")
    }
    expect(await isUnlocked(lab)).toBe(true)
    // Beside the other's lock: what a row of another table that refers to this one leaves.
    await first.query("UPDATE farm_stockpile_account SET version = version + 1 WHERE user_id = 'ann'")
    expect(await isUnlocked(lab)).toBe(false)
    await first.query('ROLLBACK')
    expect(await isUnlocked(lab)).toBe(true)
    await first.end()
    await second.end()
  })

  it('is seen locked while a session has it, and leaves no transaction open', async () => {
    await using lab = await openLab()
    await settle(lab.storage, [deal([change('add', 'ann', 'egg', 1n)])])
    const session = await lab.storage.begin()
    await session.load(accounts('ann'), 'wait')
    expect(await isUnlocked(lab)).toBe(false)
    expect(
      await lab.probe.query("SELECT query FROM pg_stat_activity WHERE state ~ 'in transaction' AND query ~ 'SHARE'"),
    ).toEqual([])
    await session.rollback()
    expect(await isUnlocked(lab)).toBe(true)
  })
})

describe('a transaction of the application’s own', () => {
  it('is told the note about the cache, and puts accounts on the list and wakes those who listen, with its COMMIT', async () => {
    await using lab = await openLab()
    await lab.storage.noteCache(null, 'noted')
    const wakes = counter()
    await lab.storage.listen(wakes.call)
    await wakes.reached(1)
    const client = await openConnection(lab.url)
    await client.query('BEGIN')
    const session = await lab.storage.join(executorOf(client, 'postgres'))
    expect((await session.load(accounts('ann'), 'wait')).cache).toBe('noted')
    await session.noteChanges([ann])
    await session.commit(null, [])
    expect(await lab.storage.takeChanges(9, async () => undefined)).toBe(0)
    await client.query('COMMIT')
    await wakes.reached(2)
    expect(await lab.storage.takeChanges(9, async () => undefined)).toBe(1)
    await client.end()
  })
})

describe('a bulk change', () => {
  it('can not be ended by a statement, wherever that hides', async () => {
    await using lab = await openLab()
    await lab.probe.query("CREATE PROCEDURE ending() LANGUAGE plpgsql AS 'BEGIN COMMIT; END'")
    const refusals = []
    for (const sql of ['/* a */ -- b\n COMMIT', '/* /* nested */ */ END', 'SELECT 1; COMMIT', 'CALL ending()']) {
      const bulk = await lab.storage.bulk('farm')
      refusals.push(await bulk.run(sql, []).catch((error: unknown) => (error as { code: unknown }).code))
      await bulk.rollback()
    }
    expect(refusals).toEqual(['INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'DATABASE', 'DATABASE'])
    const bulk = await lab.storage.bulk('farm')
    expect(bulk.generation).toBe(2n)
    await bulk.run('SELECT 1/0', []).catch(() => undefined)
    await expect(bulk.commit()).rejects.toMatchObject({ code: 'DATABASE' })
    await expect(bulk.commit()).rejects.toMatchObject({ code: 'TRANSACTION_CLOSED' })
  })

  it('is planned as the server plans it, with exact parameters', async () => {
    await using lab = await openLab()
    const bulk = await lab.storage.bulk('farm')
    const { rows } = await bulk.run(
      `SELECT current_setting('enable_seqscan') AS seqscan, $1::bigint + 1 AS sum, $2::text AS text, $3::text AS nothing`,
      [9007199254740993n, 'egg', null],
    )
    expect(rows).toEqual([{ seqscan: 'on', sum: '9007199254740994', text: 'egg', nothing: null }])
    await bulk.rollback()
  })
})

/** Waits until something was called so often. */
function counter(): { readonly call: () => void; readonly reached: (count: number) => Promise<void> } {
  let calls = 0
  let check = (): void => undefined
  return {
    call: () => {
      calls += 1
      check()
    },
    reached: (count) =>
      new Promise((resolve) => {
        check = () => {
          if (calls >= count) resolve()
        }
        check()
      }),
  }
}

describe('listening', () => {
  it('goes on when its connection was lost, and looks then for what was missed', async () => {
    await using lab = await openLab()
    const wakes = counter()
    const stop = await lab.storage.listen(wakes.call)
    await wakes.reached(1)
    const session = await lab.storage.begin()
    await session.noteChanges([ann])
    await session.commit(null, [])
    await wakes.reached(2)
    await lab.probe.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ '^LISTEN'")
    await wakes.reached(3)
    await lab.probe.query("NOTIFY stockpile_change, ''")
    await wakes.reached(4)
    await stop?.()
    expect(await lab.probe.query("SELECT pid FROM pg_stat_activity WHERE query ~ '^LISTEN'")).toEqual([])
  })

  it('ends with its storage, and gives a pool its place back', async () => {
    let pool: ReturnType<typeof openPool> | undefined
    await using lab = await openLab({}, (url) => (pool = openPool(url)))
    await lab.storage.listen(() => undefined)
    expect(pool?.totalCount).toBeGreaterThan(0)
    expect(pool?.idleCount).toBe((pool?.totalCount ?? 0) - 1)
    await lab.storage.close()
    expect(pool?.idleCount).toBe(pool?.totalCount)
    await pool?.end()
  })

  it('says why it can’t begin', async () => {
    await using lab = await openLab()
    const { postgres } = await import('../../src/storage/postgres/index.ts')
    const url = new URL(lab.url)
    url.password = 'wrong'
    const storage = postgres(url.href)
    await expect(storage.listen(() => undefined)).rejects.toMatchObject({ name: 'DatabaseError' })
    await storage.close()
  })
})
