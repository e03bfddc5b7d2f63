import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NotEnoughError } from '../../src/index.ts'
import { drivers } from './drivers.ts'
import { prismaSignature } from './prisma-signature.ts'
import { queryBuilders } from './query-builders.ts'
import { openShop, type Shop } from './shop.ts'
import { typeOrm } from './type-orm.ts'

const most = 2n ** 63n - 1n

describe.each([...drivers, ...queryBuilders, ...typeOrm, prismaSignature])('join through $name', (kind) => {
  let shop: Shop
  let users = 0

  beforeAll(async () => {
    shop = await openShop(kind)
  })

  afterAll(async () => {
    await shop[Symbol.asyncDispose]()
  })

  /** Whether the application's own row is there. */
  async function hasOrder(id: number): Promise<boolean> {
    try {
      await shop.client.transaction(async ({ sql }) => {
        await sql(`INSERT INTO orders (id) VALUES (${id})`)
        throw new Error('only a look')
      })
    } catch (error) {
      return !(error instanceof Error && error.message === 'only a look')
    }
    return false
  }

  it('commits an order and an inventory change together', async () => {
    const user = (users += 1)
    const inventory = shop.stockpile.tally('shop', user)
    await inventory.add('seat', 3)
    await shop.client.transaction(async ({ connection, sql }) => {
      await sql(`INSERT INTO orders (id) VALUES (${user})`)
      const { result } = await shop.stockpile.join(connection, () => inventory.subtract('seat', 1))
      expect(result).toBe(2n)
    })
    expect(await hasOrder(user)).toBe(true)
    expect(await inventory.get('seat')).toBe(2n)
    const [entry] = await inventory.history({ limit: 1 })
    expect(entry).toMatchObject({ version: 2n, change: -1n, balance: 2n })
  })

  it('rolls an order and an inventory change back together', async () => {
    const user = (users += 1)
    const inventory = shop.stockpile.tally('shop', user)
    const outcome = shop.client.transaction(async ({ connection, sql }) => {
      await sql(`INSERT INTO orders (id) VALUES (${user})`)
      await shop.stockpile.join(connection, () => inventory.add('seat', 1))
      throw new Error('the card was declined')
    })
    await expect(outcome).rejects.toThrow('the card was declined')
    expect(await hasOrder(user)).toBe(false)
    expect(await inventory.get('seat')).toBe(0n)
    expect(await inventory.history()).toEqual([])
  })

  it('lets a refused write undo itself alone', async () => {
    const user = (users += 1)
    const inventory = shop.stockpile.tally('shop', user)
    await shop.client.transaction(async ({ connection, sql }) => {
      await shop.stockpile.join(connection, async () => {
        await inventory.add('seat', 1)
        await expect(inventory.subtract('seat', 2)).rejects.toThrow(NotEnoughError)
        await sql(`INSERT INTO orders (id) VALUES (${user})`)
        await inventory.add('seat', 1)
      })
    })
    expect(await hasOrder(user)).toBe(true)
    expect(await inventory.get('seat')).toBe(2n)
  })

  it('undoes work that throws, and leaves the transaction usable', async () => {
    const user = (users += 1)
    const inventory = shop.stockpile.tally('shop', user)
    await shop.client.transaction(async ({ connection, sql }) => {
      const work = shop.stockpile.join(connection, async () => {
        await inventory.add('seat', 1)
        await inventory.subtract('seat', 2)
      })
      await expect(work).rejects.toThrow(NotEnoughError)
      await sql(`INSERT INTO orders (id) VALUES (${user})`)
      await shop.stockpile.join(connection, () => inventory.add('seat', 5))
    })
    expect(await hasOrder(user)).toBe(true)
    expect(await inventory.get('seat')).toBe(5n)
    expect(await inventory.history()).toHaveLength(1)
  })

  it('reads its own writes, which nobody else sees before the commit', async () => {
    const inventory = shop.stockpile.tally('shop', (users += 1))
    await inventory.add('seat', 1)
    await shop.client.transaction(async ({ connection }) => {
      await shop.stockpile.join(connection, async () => {
        await inventory.add('seat', 1)
        expect(await inventory.get('seat')).toBe(2n)
        expect(await inventory.get('seat', { lock: true })).toBe(2n)
        expect([...(await inventory.all())]).toEqual([['seat', 2n]])
        expect(await inventory.history()).toHaveLength(2)
      })
      expect(await inventory.get('seat')).toBe(1n)
    })
    expect(await inventory.get('seat')).toBe(2n)
  })

  it('notices what the application itself changes of a holding, and nothing that it has Stockpile change', async () => {
    const user = (users += 1)
    const inventory = shop.stockpile.hybrid('shop', user)
    const serial = BigInt(user)
    await inventory.add('seat', 1)
    await shop.client.transaction(async ({ connection, sql }) => {
      await shop.stockpile.join(connection, async () => {
        await inventory.add('ticket', inventory.quantity([serial]))
        await inventory.add('ticket', inventory.quantity([[serial, { row: 'A' }]]))
        await inventory.set('seat', 0)
        await inventory.add('seat', 3)
        await inventory.subtract('ticket', [serial])
      })
      await sql(`UPDATE shop_stockpile_holding SET quantity = 5 WHERE user_id = '${user}' AND item_id = 'seat'`)
      await shop.stockpile.join(connection, () => inventory.add('seat', 1))
    })
    const entries = await inventory.history()
    expect(entries.map(({ version, change, data }) => [version, change, data])).toEqual([
      [8n, 1n, null],
      [7n, 2n, { changed: 'by hand' }],
      [6n, -1n, null],
      [5n, 3n, null],
      [4n, -1n, null],
      [3n, 0n, null],
      [2n, 1n, null],
      [1n, 1n, null],
    ])
    expect((await shop.stockpile.verify('shop')).breaks).toEqual([])
  })

  it('notices what the application itself does before, between and after what it has Stockpile do', async () => {
    const user = (users += 1)
    const inventory = shop.stockpile.hybrid('shop', user)
    const serial = 1_000_000n + BigInt(user)
    const seat = `user_id = '${user}' AND item_id = 'seat'`
    await inventory.add('seat', 4)
    await shop.client.transaction(async ({ connection, sql }) => {
      await sql(`UPDATE shop_stockpile_holding SET quantity = 6 WHERE ${seat}`)
      await shop.stockpile.join(connection, async () => {
        await inventory.add('ticket', inventory.quantity([serial]))
        await sql(`INSERT INTO shop_stockpile_holding (user_id, item_id, quantity) VALUES ('${user}', 'row', 2)`)
        await expect(inventory.subtract('seat', 99)).rejects.toThrow(NotEnoughError)
        await sql(`UPDATE shop_stockpile_serial SET properties = '{"row":"A"}' WHERE serial = ${serial}`)
        await inventory.subtract('ticket', [serial])
      })
      await sql(`DELETE FROM shop_stockpile_holding WHERE ${seat}`)
      await shop.stockpile.join(connection, () => inventory.add('ticket', inventory.quantity([serial])))
      await sql(`DELETE FROM shop_stockpile_serial WHERE serial = ${serial}`)
    })
    const entries = await inventory.history()
    expect(entries.toReversed().map(({ version, item, change, data }) => [version, item, change, data])).toEqual([
      [1n, 'seat', 4n, null],
      [2n, 'seat', 2n, { changed: 'by hand' }],
      [3n, 'ticket', 1n, null],
      [4n, 'row', 2n, { changed: 'by hand' }],
      [5n, 'ticket', 0n, { changed: 'by hand' }],
      [6n, 'ticket', -1n, null],
      [7n, 'seat', -6n, { changed: 'by hand' }],
      [8n, 'ticket', 1n, null],
      [9n, 'ticket', -1n, { changed: 'by hand' }],
    ])
    expect((await shop.stockpile.verify('shop')).breaks).toEqual([])
  })

  it('keeps 64 bits exact, and any text', async () => {
    const inventory = shop.stockpile.tally('shop', `O'Neill ? $1 \\ " ünï ${(users += 1)}`)
    const item = `SELECT version FROM x; '?' $2 \\`
    const data = { why: 'a "quoted" \\ ? $1 ☃ text' }
    await shop.client.transaction(async ({ connection }) => {
      await shop.stockpile.join(connection, async () => {
        await inventory.add(item, most - 2n, { data })
        expect(await inventory.add(item, 1)).toBe(most - 1n)
        expect(await inventory.get(item)).toBe(most - 1n)
      })
    })
    expect(await inventory.add(item, 1)).toBe(most)
    expect((await inventory.history()).at(-1)?.data).toEqual(data)
  })

  it('keeps serials with their properties, and numbers that nobody else gets', async () => {
    const user = (users += 1)
    const inventory = shop.stockpile.serial('shop', user)
    await shop.client.transaction(async ({ connection }) => {
      await shop.stockpile.join(connection, async () => {
        const quantity = inventory.quantity()
        await inventory.ready()
        quantity.add({ row: 'A' })
        expect((await inventory.add('ticket', quantity)).value()).toBe(1n)
        expect((await inventory.add('ticket', 2)).value()).toBe(3n)
        expect((await inventory.get('ticket')).value()).toBe(3n)
      })
    })
    const after = await inventory.add('ticket', 1)
    expect(new Set(after.serials()).size).toBe(4)
    expect([...after.all().values()].filter((properties) => 'row' in properties)).toEqual([{ row: 'A' }])
  })

  it('remembers a key with the transaction, and answers it again', async () => {
    const inventory = shop.stockpile.tally('shop', (users += 1))
    const key = `order ${users} of ${kind.name}`
    const add = (): Promise<bigint> => inventory.add('seat', 1, { key })
    const rolledBack = shop.client.transaction(async ({ connection }) => {
      await shop.stockpile.join(connection, add)
      throw new Error('not yet')
    })
    await expect(rolledBack).rejects.toThrow('not yet')
    await shop.client.transaction(async ({ connection }) => {
      await shop.stockpile.join(connection, add)
      await shop.stockpile.join(connection, add)
    })
    expect(await add()).toBe(1n)
    expect(await inventory.get('seat')).toBe(1n)
  })

  it('makes a savepoint of a transaction inside', async () => {
    const inventory = shop.stockpile.tally('shop', (users += 1))
    await shop.client.transaction(async ({ connection }) => {
      await shop.stockpile.join(connection, async () => {
        await inventory.add('seat', 1)
        const inner = shop.stockpile.transaction(async () => {
          await inventory.add('seat', 10)
          throw new Error('undone')
        })
        await expect(inner).rejects.toThrow('undone')
        await shop.stockpile.transaction(() => inventory.add('seat', 100))
      })
    })
    expect(await inventory.get('seat')).toBe(101n)
  })

  it('does a deal over several accounts, and the books add up', async () => {
    const [mine, theirs] = [shop.stockpile.tally('shop', (users += 1)), shop.stockpile.tally('shop', (users += 1))]
    await mine.add('gold', 5)
    await shop.client.transaction(async ({ connection }) => {
      await shop.stockpile.join(connection, () =>
        shop.stockpile.deal([mine.plan.subtract('gold', 5), theirs.plan.add('gold', 5), theirs.plan.add('seat', 1)]),
      )
    })
    expect(await mine.get('gold')).toBe(0n)
    expect(await theirs.get('gold')).toBe(5n)
    expect((await shop.stockpile.verify('shop')).breaks).toEqual([])
  })

  it('runs callbacks when it is told of the outcome, and only once', async () => {
    const inventory = shop.stockpile.tally('shop', (users += 1))
    const told: string[] = []
    await shop.client.transaction(async ({ connection }) => {
      const work = async (): Promise<void> => {
        shop.stockpile.onCommit(() => told.push('committed'))
        shop.stockpile.onRollback(() => told.push('rolled back'))
        await inventory.add('seat', 1)
      }
      const first = await shop.stockpile.join(connection, work)
      const second = await shop.stockpile.join(connection, work)
      expect(told).toEqual([])
      await first.committed()
      await first.rolledBack()
      await second.rolledBack()
      await second.committed()
    })
    expect(told).toEqual(['committed', 'rolled back'])
  })
})
