import BetterSqlite from 'better-sqlite3'
import { createConnection } from 'mariadb'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { ConflictError, LockTimeoutError, TransactionClosedError } from '../../src/index.ts'
import type { ClientKind, OpenTransaction } from './client.ts'
import { drivers } from './drivers.ts'
import { prismaSignature } from './prisma-signature.ts'
import { queryBuilders } from './query-builders.ts'
import { openShop, type Shop } from './shop.ts'
import { typeOrm } from './type-orm.ts'

const locking = [...drivers, ...queryBuilders, ...typeOrm, prismaSignature].filter(
  ({ dialect }) => dialect !== 'sqlite',
)

/** Makes the statements of a transaction give up waiting for locks soon. */
async function waitBriefly({ dialect }: ClientKind, { sql }: OpenTransaction): Promise<void> {
  await sql(dialect === 'mysql' ? 'SET SESSION innodb_lock_wait_timeout = 1' : "SET LOCAL lock_timeout = '200ms'")
}

/** Holds the account of a user until it is told to let go. */
async function hold(shop: Shop, user: number): Promise<() => Promise<void>> {
  const [held, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const over = shop.stockpile.transaction(async () => {
    await shop.stockpile.tally('shop', user).add('seat', 1)
    held.resolve()
    await release.promise
  })
  await held.promise
  return async () => {
    release.resolve()
    await over
  }
}

/** Joins with work that meets a row which somebody else has locked, and uses the transaction after it. */
async function goOnAfterFault(kind: ClientKind, shop: Shop): Promise<void> {
  const [mine, theirs] = [shop.stockpile.tally('shop', 1), shop.stockpile.tally('shop', 2)]
  const letGo = await hold(shop, 2)
  try {
    await shop.client.transaction(async (transaction) => {
      await waitBriefly(kind, transaction)
      const joined = shop.stockpile.join(transaction.connection, async () => {
        await mine.add('seat', 1)
        await theirs.add('seat', 1).catch(() => undefined)
      })
      await expect(joined).rejects.toThrow(LockTimeoutError)
      await transaction.sql('INSERT INTO orders (id) VALUES (1)')
      await shop.stockpile.join(transaction.connection, () => mine.add('seat', 10))
    })
  } finally {
    await letGo()
  }
}

// It rejects a transaction in which any statement failed, whoever handled that.
const unforgiving = locking.filter(({ name }) => name.includes('postgres.js'))
const forgiving = locking.filter((kind) => !unforgiving.includes(kind))

describe.each(forgiving)('a fault inside join through $name', (kind) => {
  it('undoes the work, is told as what it is, and leaves the transaction usable', async () => {
    await using shop = await openShop(kind)
    await goOnAfterFault(kind, shop)
    expect(await shop.stockpile.tally('shop', 1).get('seat')).toBe(10n)
    expect(await shop.stockpile.tally('shop', 2).get('seat')).toBe(1n)
  })
})

describe.each(unforgiving)('a fault inside join through $name', (kind) => {
  it('is told as what it is, and rolls the whole transaction back as any fault does there', async () => {
    await using shop = await openShop(kind)
    await expect(goOnAfterFault(kind, shop)).rejects.toThrow('lock timeout')
    expect(await shop.stockpile.tally('shop', 1).get('seat')).toBe(0n)
  })
})

describe.each(locking)('a fault inside join through $name', (kind) => {
  it('that is a deadlock is a conflict, and says to run the whole transaction again', async () => {
    await using shop = await openShop(kind)
    const other = await kind.open(shop.url)
    const [one, two] = [shop.stockpile.tally('shop', 1), shop.stockpile.tally('shop', 2)]
    await shop.stockpile.deal([one.plan.add('seat', 1), two.plan.add('seat', 1)])
    const bothLocked = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
    const run = (client: Shop['client'], first: typeof one, second: typeof one, index: 0 | 1): Promise<void> =>
      client.transaction(async ({ connection }) => {
        await shop.stockpile.join(connection, () => first.add('seat', 1))
        bothLocked[index].resolve()
        await Promise.all(bothLocked.map(({ promise }) => promise))
        await shop.stockpile.join(connection, () => second.add('seat', 1))
      })
    const outcomes = await Promise.allSettled([run(shop.client, one, two, 0), run(other, two, one, 1)])
    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
    expect(reasons).toHaveLength(1)
    expect(reasons[0]).toBeInstanceOf(ConflictError)
    expect(reasons[0]).toMatchObject({ isRetryable: true })
    expect(String(reasons[0])).toContain('run all of it again')
    expect([await one.get('seat'), await two.get('seat')]).toEqual([2n, 2n])
    await other.close()
  })
})

describe.each(drivers)('join through $name', (kind) => {
  it('does two at once one after the other', async () => {
    await using shop = await openShop(kind)
    const inventory = shop.stockpile.tally('shop', 1)
    await shop.client.transaction(async ({ connection }) => {
      const outcomes = await Promise.allSettled([
        shop.stockpile.join(connection, () => inventory.add('seat', 1)),
        shop.stockpile.join(connection, async () => {
          await inventory.add('seat', 10)
          throw new Error('undone')
        }),
        shop.stockpile.join(connection, () => inventory.add('seat', 100)),
      ])
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    })
    expect(await inventory.get('seat')).toBe(101n)
  })

  it('refuses what comes after its end', async () => {
    await using shop = await openShop(kind)
    const inventory = shop.stockpile.tally('shop', 1)
    await shop.client.transaction(async ({ connection }) => {
      const ended = Promise.withResolvers<void>()
      let late: Promise<unknown> = Promise.resolve()
      await shop.stockpile.join(connection, async () => {
        await inventory.add('seat', 1)
        late = ended.promise.then(() => inventory.add('seat', 1))
        late.catch(() => undefined)
      })
      ended.resolve()
      await expect(late).rejects.toThrow(TransactionClosedError)
    })
    expect(await inventory.get('seat')).toBe(1n)
  })
})

describe('join in a transaction with a snapshot', () => {
  it('never writes back what is older than its lock: MariaDB at REPEATABLE READ', async () => {
    await using shop = await openShop(drivers.find(({ name }) => name === 'mariadb')!)
    const inventory = shop.stockpile.tally('shop', 1)
    await inventory.add('seat', 1)
    const connection = await createConnection(shop.url.replace(/^mysql:/, 'mariadb:'))
    await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ')
    await connection.query('BEGIN')
    await connection.query('SELECT * FROM shop_stockpile_holding')
    await inventory.add('seat', 10)
    const { result } = await shop.stockpile.join(connection, async () => {
      expect(await inventory.get('seat', { lock: true })).toBe(11n)
      return inventory.add('seat', 100)
    })
    expect(result).toBe(111n)
    await connection.query('COMMIT')
    await connection.end()
    expect(await inventory.get('seat')).toBe(111n)
    expect((await shop.stockpile.verify('shop')).breaks).toEqual([])
  })

  it('is a conflict where the account was changed meanwhile: PostgreSQL at REPEATABLE READ', async () => {
    await using shop = await openShop(drivers.find(({ name }) => name === 'pg')!)
    const inventory = shop.stockpile.tally('shop', 1)
    await inventory.add('seat', 1)
    const client = new Client(shop.url)
    await client.connect()
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    await client.query('SELECT * FROM shop_stockpile_holding')
    await inventory.add('seat', 10)
    await expect(shop.stockpile.join(client, () => inventory.add('seat', 100))).rejects.toThrow(ConflictError)
    await client.query('ROLLBACK')
    await client.end()
    expect(await inventory.get('seat')).toBe(11n)
  })

  it('is a lock timeout where somebody wrote meanwhile: SQLite without IMMEDIATE', async () => {
    await using shop = await openShop(drivers.find(({ name }) => name === 'better-sqlite3')!)
    const inventory = shop.stockpile.tally('shop', 1)
    await inventory.add('seat', 1)
    const database = new BetterSqlite(shop.url)
    database.exec('BEGIN')
    database.prepare('SELECT * FROM orders').all()
    await inventory.add('seat', 10)
    await expect(shop.stockpile.join(database, () => inventory.add('seat', 100))).rejects.toThrow(LockTimeoutError)
    database.exec('ROLLBACK')
    database.close()
    expect(await inventory.get('seat')).toBe(11n)
  })
})
