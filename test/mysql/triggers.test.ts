import { createConnection, type Connection } from 'mariadb'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Stockpile } from '../../src/index.ts'
import { mysql } from '../../src/storage/mysql/index.ts'
import { makeTables } from '../storage/farm.ts'
import type { Lab } from '../storage/lab.ts'
import { openLab } from './open-lab.ts'

/** A transaction that is rolled back in the end. */
async function openTransaction(url: string): Promise<{ query(sql: string): Promise<unknown> } & AsyncDisposable> {
  const connection = await createConnection(url.replace(/^mysql:/, 'mariadb:'))
  await connection.query('BEGIN')
  return {
    query: (sql) => connection.query(sql),
    [Symbol.asyncDispose]: async () => {
      await connection.query('ROLLBACK')
      await connection.end()
    },
  }
}

describe('a change by hand', () => {
  let lab: Lab
  let stockpile: Stockpile
  let hand: Connection
  let apps = 0
  let app = ''

  beforeAll(async () => {
    lab = await openLab()
    stockpile = new Stockpile({ storage: mysql(lab.url) })
    hand = await createConnection(lab.url.replace(/^mysql:/, 'mariadb:'))
  })
  afterAll(async () => {
    await hand.end()
    await stockpile.close()
    await lab[Symbol.asyncDispose]()
  })
  beforeEach(async () => {
    app = `hand${(apps += 1)}`
    await makeTables(lab.storage, app)
  })

  /** Runs a statement, with `{h}` for the table of holdings and `{s}` for that of serials. */
  async function byHand(sql: string): Promise<unknown> {
    return hand.query(sql.replaceAll('{h}', `${app}_stockpile_holding`).replaceAll('{s}', `${app}_stockpile_serial`))
  }

  /** The history of a user by lines: version, item, change, balance, serials, whether it says that it was by hand. */
  async function linesOf(user: string): Promise<unknown[]> {
    const entries = await stockpile.tally(app, user).history()
    return entries
      .toReversed()
      .map(({ version, item, change, balance, serials, data }) => [
        Number(version),
        item,
        Number(change),
        Number(balance),
        serials === null ? null : Object.fromEntries(Object.entries(serials).map(([key, list]) => [key, list])),
        data?.['changed'] === 'by hand',
      ])
  }

  async function expectInOrder(): Promise<void> {
    expect((await stockpile.verify(app)).breaks).toEqual([])
  }

  it('of a count is in the history, and deals go on from there', async () => {
    const inventory = stockpile.tally(app, 'ann')
    await inventory.add('egg', 5)
    await byHand("UPDATE {h} SET quantity = 7 WHERE user_id = 'ann'")
    expect(await inventory.add('egg', 1)).toBe(8n)
    await byHand("DELETE FROM {h} WHERE user_id = 'ann'")
    expect(await inventory.add('egg', 2)).toBe(2n)
    await byHand("INSERT INTO {h} (user_id, item_id, quantity) VALUES ('ann', 'ham', 4), ('bob', 'ham', 3)")
    expect(await inventory.subtract('ham', 1)).toBe(3n)
    await byHand("UPDATE {h} SET quantity = 0 WHERE user_id = 'bob'")
    expect(await stockpile.tally(app, 'bob').add('ham', 1)).toBe(1n)
    expect(await linesOf('ann')).toEqual([
      [1, 'egg', 5, 5, null, false],
      [2, 'egg', 2, 7, null, true],
      [3, 'egg', 1, 8, null, false],
      [4, 'egg', -8, 0, null, true],
      [5, 'egg', 2, 2, null, false],
      [6, 'ham', 4, 4, null, true],
      [7, 'ham', -1, 3, null, false],
    ])
    await expectInOrder()
  })

  it('of nothing leaves no entry', async () => {
    await stockpile.tally(app, 'ann').add('egg', 5)
    await byHand('UPDATE {h} SET quantity = 5, position = position')
    expect(await linesOf('ann')).toHaveLength(1)
    await expectInOrder()
  })

  it('of two thousand rows of many accounts gives each row an entry', async () => {
    await stockpile.deal(
      Array.from({ length: 2_000 }, (_, index) => stockpile.tally(app, (index % 500) + 1).plan.add(`i${index}`, 3)),
    )
    await byHand('UPDATE {h} SET quantity = quantity + 4')
    const entries = await stockpile.tally(app, 1).history()
    expect(entries.slice(0, 4).map(({ version, balance }) => [version, balance])).toEqual([
      [5n, 7n],
      [4n, 7n],
      [3n, 7n],
      [2n, 7n],
    ])
    await expectInOrder()
  })

  it('that moves a holding to an account of a lower version moves its serials too, and that account’s deals go on', async () => {
    const ann = stockpile.hybrid(app, 'ann')
    for (let version = 1; version <= 6; version += 1) await ann.add('egg', 1)
    const serials = (await ann.convert('egg', 2)).serials()
    await stockpile.tally(app, 'bob').add('ham', 1)
    await byHand("UPDATE {h} SET user_id = 'bob' WHERE user_id = 'ann'")
    expect((await linesOf('ann')).at(-1)).toEqual([8, 'egg', -6, 0, { in: [], out: serials, set: [] }, true])
    expect((await linesOf('bob')).at(-1)).toEqual([2, 'egg', 6, 6, { in: serials, out: [], set: [] }, true])
    const bob = stockpile.hybrid(app, 'bob')
    for (let round = 1; round <= 8; round += 1) await bob.add('egg', 1)
    await bob.subtract('egg', 13)
    expect(await linesOf('bob')).toHaveLength(11)
    await expectInOrder()
  })

  it('of serials corrects their number in the holding', async () => {
    const ann = stockpile.serial(app, 'ann')
    const [one, two, three] = (await ann.add('hen', 3)).serials()
    await byHand(`DELETE FROM {s} WHERE serial = ${two}`)
    await byHand(`INSERT INTO {s} (user_id, item_id, serial, properties) VALUES ('bob', 'hen', ${two}, '{"n":1}')`)
    await byHand(`UPDATE {s} SET properties = '{"n":2}' WHERE serial = ${two}`)
    await byHand(`UPDATE {s} SET user_id = 'bob' WHERE serial = ${one}`)
    await byHand(`UPDATE {s} SET serial = 900 WHERE serial = ${three}`)
    expect((await linesOf('ann')).slice(1)).toEqual([
      [2, 'hen', -1, 2, { in: [], out: [two], set: [] }, true],
      [3, 'hen', -1, 1, { in: [], out: [one], set: [] }, true],
      [4, 'hen', 0, 1, { in: [900n], out: [three], set: [] }, true],
    ])
    expect(await linesOf('bob')).toEqual([
      [1, 'hen', 1, 1, { in: [two], out: [], set: [] }, true],
      [2, 'hen', 0, 1, { in: [], out: [], set: [two] }, true],
      [3, 'hen', 1, 2, { in: [one], out: [], set: [] }, true],
    ])
    expect((await ann.add('hen', 2)).serials()).toHaveLength(3)
    await byHand("DELETE FROM {s} WHERE user_id = 'bob'")
    expect([...(await stockpile.serial(app, 'bob').all()).keys()]).toEqual([])
    await expectInOrder()
  })

  it('that deletes a holding takes its serials along and names all of them, however short the session’s lists are', async () => {
    const ann = stockpile.hybrid(app, 'ann')
    await ann.add('hen', 2)
    const made = await ann.convert('hen', 2)
    await stockpile.serial(app, 'bob').add('hen', 400)
    await byHand('SET SESSION group_concat_max_len = 64')
    await byHand('DELETE FROM {h}')
    expect((await linesOf('ann')).at(-1)).toEqual([3, 'hen', -2, 0, { in: [], out: made.serials(), set: [] }, true])
    expect(await lab.probe.query(`SELECT COUNT(*) FROM ${app}_stockpile_serial`)).toEqual(['0'])
    expect(await byHand('SELECT @@SESSION.group_concat_max_len AS length')).toEqual([{ length: 64n }])
    await expectInOrder()
  })

  it('that fails half-way in a trigger doesn’t keep the next one from being noticed', async () => {
    await stockpile.serial(app, 'ann').add('hen', 1)
    await byHand('SET SESSION innodb_lock_wait_timeout = 0')
    {
      await using other = await openTransaction(lab.url)
      await other.query(`SELECT * FROM ${app}_stockpile_holding FOR UPDATE`)
      const serial = "INSERT INTO {s} (user_id, item_id, serial, properties) VALUES ('ann', 'hen', 4711, '{}')"
      await expect(byHand(serial)).rejects.toMatchObject({ errno: 1205 })
    }
    await byHand('SET SESSION innodb_lock_wait_timeout = DEFAULT')
    await byHand("INSERT INTO {h} (user_id, item_id, quantity) VALUES ('ann', 'egg', 3)")
    expect((await linesOf('ann')).at(-1)).toEqual([2, 'egg', 3, 3, null, true])
    await expectInOrder()
  })

  it('on a connection that a client took back in the midst of a deal is not taken for the deal', async () => {
    const ann = stockpile.tally(app, 'ann')
    await ann.add('egg', 5)
    await hand.query('BEGIN')
    let isTakenBack = false
    const run = async (sql: string): Promise<unknown> => {
      if (!isTakenBack && sql.startsWith(`INSERT INTO \`${app}_stockpile_holding\``)) {
        isTakenBack = true
        await hand.query('ROLLBACK')
      }
      if (isTakenBack) throw new Error('Transaction already closed')
      return hand.query(sql)
    }
    const transaction = { _activeProvider: 'mysql', $queryRawUnsafe: run, $executeRawUnsafe: run }
    await expect(stockpile.join(transaction, () => ann.add('egg', 1))).rejects.toThrow('Transaction already closed')
    expect(await hand.query('SELECT @stockpile_writes IS NULL AS isTidy')).toEqual([{ isTidy: 0 }])
    await byHand('UPDATE {h} SET quantity = 7')
    await byHand('DELETE FROM {h}')
    expect((await linesOf('ann')).slice(1)).toEqual([
      [2, 'egg', 2, 7, null, true],
      [3, 'egg', -7, 0, null, true],
    ])
    await expectInOrder()
  })

  it('of the number of serials is refused, for the serials themselves are to be changed', async () => {
    await stockpile.serial(app, 'ann').add('hen', 3)
    for (const sql of [
      'UPDATE {h} SET serials = 4',
      "INSERT INTO {h} (user_id, item_id, quantity, serials) VALUES ('bob', 'hen', 0, 1)",
    ]) {
      await expect(byHand(sql)).rejects.toMatchObject({ sqlState: '45000' })
    }
    expect(await linesOf('bob')).toEqual([])
    await expectInOrder()
  })

  it('that crosses a deal happens before it, after it, or not at all', async () => {
    const ann = stockpile.tally(app, 'ann')
    await ann.add('egg', 5)
    let crossing: Promise<unknown> | undefined
    const free = `SELECT user_id FROM ${app}_stockpile_holding FOR UPDATE SKIP LOCKED`
    await stockpile.transaction(async () => {
      const before = await ann.get('egg', { lock: true })
      if (crossing === undefined) {
        // Once it has the row of the holding it wants that of the account.
        crossing = byHand('UPDATE {h} SET quantity = quantity + 10').then(
          () => 'done',
          (error: { errno: number }) => error.errno,
        )
        while ((await lab.probe.query(free)).length > 0);
      }
      await ann.set('egg', before + 1n)
    })
    expect([
      ['done', 16n],
      [1213, 6n],
    ]).toContainEqual([await crossing, await ann.get('egg')])
    await expectInOrder()
  })

  it('puts its accounts on the list only where there is a cache and no bulk change', async () => {
    await stockpile.tally(app, 'ann').add('egg', 5)
    await byHand('UPDATE {h} SET quantity = 6')
    expect(await lab.storage.noteCache(null, 'a cache')).toBe('a cache')
    await stockpile
      .tally(app, 'ann')
      .set('ham', 1)
      .catch(() => undefined)
    await byHand('UPDATE {h} SET quantity = 7')
    await byHand(`SET @stockpile_bulk = '${app}'`)
    await byHand('UPDATE {h} SET quantity = 8')
    await byHand('SET @stockpile_bulk = NULL')
    await lab.storage.noteCache('a cache', null)
    expect(await lab.probe.query(`SELECT user_id FROM stockpile_change WHERE app = '${app}'`)).toEqual(['ann'])
    await expectInOrder()
  })
})
