import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { Stockpile } from '../../src/index.ts'
import { postgres } from '../../src/storage/postgres/index.ts'
import type { Lab } from '../storage/lab.ts'
import { openLab } from './open-lab.ts'

/** The entries of a user of `farm`, oldest first: item, change, balance, and whether they were made by hand. */
async function entriesOf(stockpile: Stockpile, user: string): Promise<unknown[]> {
  const entries = await stockpile.tally('farm', user).history()
  return entries.toReversed().map(({ item, change, balance, data }) => [item, change, balance, data?.['changed']])
}

async function expectInOrder(stockpile: Stockpile): Promise<void> {
  expect((await stockpile.verify('farm')).breaks).toEqual([])
}

/** Works as a role that may do nothing but change holdings. */
async function asStranger(lab: Lab, work: (client: Client) => Promise<void>): Promise<void> {
  const role = `stranger_${randomBytes(4).toString('hex')}`
  await lab.probe.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`)
  await lab.probe.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON farm_stockpile_holding TO ${role}`)
  const url = new URL(lab.url)
  url.username = role
  const client = new Client(url.href)
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
    await lab.probe.query(`DROP OWNED BY ${role}`)
    await lab.probe.query(`DROP ROLE ${role}`)
  }
}

describe('a change by hand', () => {
  it('is noticed whatever its maker may do, calls tables and searches first', async () => {
    await using lab = await openLab()
    await using stockpile = new Stockpile({ storage: postgres(lab.url) })
    await stockpile.tally('farm', 'ann').add('egg', 5)
    await asStranger(lab, async (client) => {
      await client.query(
        'CREATE TEMPORARY TABLE farm_stockpile_account (user_id text, version bigint, changed_at bigint)',
      )
      await client.query('CREATE TEMPORARY TABLE farm_stockpile_history (user_id text)')
      await client.query("UPDATE public.farm_stockpile_holding SET quantity = 7 WHERE user_id = 'ann'")
      await client.query("SET search_path = ''")
      await client.query(
        "INSERT INTO public.farm_stockpile_holding (user_id, item_id, quantity) VALUES ('ann', 'ham', 1)",
      )
      await client.query("DELETE FROM public.farm_stockpile_holding WHERE item_id = 'egg'")
      await client.query('DISCARD TEMP')
      await client.query('SET search_path = public')
      await expect(client.query("SELECT farm_stockpile_advance('ann')")).rejects.toThrow(/^permission denied/)
    })
    expect(await entriesOf(stockpile, 'ann')).toEqual([
      ['egg', 5n, 5n, undefined],
      ['egg', 2n, 7n, 'by hand'],
      ['ham', 1n, 1n, 'by hand'],
      ['egg', -7n, 0n, 'by hand'],
    ])
    await expectInOrder(stockpile)
  })

  it('by TRUNCATE is refused, with what to use instead', async () => {
    await using lab = await openLab()
    await expect(lab.probe.query('TRUNCATE farm_stockpile_holding')).rejects.toMatchObject({
      message: expect.stringContaining('TRUNCATE of farm_stockpile_holding is refused') as unknown,
      hint: 'Use DELETE, or DELETE within bulk of Stockpile.',
    })
    await expect(lab.probe.query('TRUNCATE farm_stockpile_serial')).rejects.toThrow(/is refused/)
  })

  it('by an upsert is noticed once for each row, inserted or updated', async () => {
    await using lab = await openLab()
    await using stockpile = new Stockpile({ storage: postgres(lab.url) })
    await stockpile.tally('farm', 'ann').add('egg', 5)
    await lab.probe.query(
      `INSERT INTO farm_stockpile_holding (user_id, item_id, quantity) VALUES ('ann', 'egg', 2), ('ann', 'ham', 3), ('bob', 'ham', 4)
        ON CONFLICT (user_id, item_id) DO UPDATE SET quantity = farm_stockpile_holding.quantity + excluded.quantity`,
    )
    expect((await entriesOf(stockpile, 'ann')).slice(1)).toEqual([
      ['egg', 2n, 7n, 'by hand'],
      ['ham', 3n, 3n, 'by hand'],
    ])
    expect(await entriesOf(stockpile, 'bob')).toEqual([['ham', 4n, 4n, 'by hand']])
    await expectInOrder(stockpile)
  })

  it('of the number of serials is put right: it says how many there are', async () => {
    await using lab = await openLab()
    await using stockpile = new Stockpile({ storage: postgres(lab.url) })
    await stockpile.serial('farm', 'ann').add('cow', 3)
    await lab.probe.query('UPDATE farm_stockpile_holding SET serials = 7, quantity = 2')
    await lab.probe.query(
      "INSERT INTO farm_stockpile_holding (user_id, item_id, quantity, serials) VALUES ('bob', 'cow', 1, 9)",
    )
    expect(await lab.probe.query('SELECT serials FROM farm_stockpile_holding ORDER BY user_id')).toEqual(['3', '0'])
    await expectInOrder(stockpile)
  })

  it('that fails half-way in a trigger and is rolled back does not keep the next one from being noticed', async () => {
    await using lab = await openLab()
    await using stockpile = new Stockpile({ storage: postgres(lab.url) })
    const ann = stockpile.hybrid('farm', 'ann')
    await ann.add('cow', ann.quantity([7n]))
    const [holder, hand] = [new Client(lab.url), new Client(lab.url)]
    await Promise.all([holder.connect(), hand.connect()])
    await holder.query('BEGIN; SELECT FROM farm_stockpile_holding FOR UPDATE')
    await hand.query("BEGIN; SET LOCAL lock_timeout = '20ms'; SAVEPOINT before")
    // The trigger has begun to count it, which nothing is to notice.
    const added = hand.query("INSERT INTO farm_stockpile_serial VALUES ('ann', 'cow', 8, '{}')")
    await expect(added).rejects.toMatchObject({ code: '55P03', where: expect.stringContaining('_place') as unknown })
    await holder.query('ROLLBACK')
    await hand.query('ROLLBACK TO before')
    await hand.query('UPDATE farm_stockpile_holding SET quantity = 2')
    await hand.query('DELETE FROM farm_stockpile_holding')
    await hand.query('COMMIT')
    await Promise.all([holder.end(), hand.end()])
    expect((await entriesOf(stockpile, 'ann')).slice(1)).toEqual([
      ['cow', 2n, 3n, 'by hand'],
      ['cow', -3n, 0n, 'by hand'],
    ])
    await expectInOrder(stockpile)
  })
})

describe('whoever listens', () => {
  it('is told of a change by hand when it is committed, if there is a cache, and not of a bulk change', async () => {
    await using lab = await openLab()
    const told: string[] = []
    const client = new Client(lab.url)
    await client.connect()
    client.on('notification', ({ channel }) => told.push(channel))
    await client.query('LISTEN stockpile_change')
    const change =
      "INSERT INTO farm_stockpile_holding (user_id, item_id, quantity) SELECT 'ann', g::text, 1 FROM generate_series(1, 5) AS g"
    await lab.probe.query(change)
    await lab.storage.noteCache(null, 'the cache')
    const bulk = await lab.storage.bulk('farm')
    await bulk.run(change.replace('ann', 'bob'), [])
    await bulk.commit()
    await client.query('SELECT 1')
    expect(told).toEqual([])
    await lab.probe.query(change.replace('ann', 'eve'))
    await client.query('SELECT 1')
    expect(told).toEqual(['stockpile_change'])
    const taken: string[] = []
    await lab.storage.takeChanges(100, async (accounts) => {
      taken.push(...accounts.map(({ user }) => user))
    })
    expect(taken).toEqual(['eve'])
    await client.end()
  })
})
