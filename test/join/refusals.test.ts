import BetterSqlite from 'better-sqlite3'
import { sql as drizzleSql } from 'drizzle-orm'
import createKnex from 'knex'
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import { createPool as createMariadbPool } from 'mariadb'
import { createConnection as createCallbackConnection } from 'mysql2'
import { DatabaseSync } from 'node:sqlite'
import { Pool } from 'pg'
import postgresJs from 'postgres'
import { describe, expect, inject, it } from 'vitest'
import {
  fromDrizzle,
  InTransactionError,
  InvalidArgumentError,
  JoinRefusedError,
  Stockpile,
  TablesMissingError,
  type Joinable,
} from '../../src/index.ts'
import type { ClientKind } from './client.ts'
import { drivers } from './drivers.ts'
import { queryBuilders } from './query-builders.ts'
import { openPlace, openShop, storageOf } from './shop.ts'

const clients = [...drivers, ...queryBuilders]
const dialects = ['sqlite', 'mysql', 'postgres'] as const
const betterSqlite = kindOf('better-sqlite3')

function kindOf(name: string): ClientKind {
  const kind = clients.find((client) => client.name === name)
  if (kind === undefined) throw new Error(`there is no client ${name}`)
  return kind
}

/** Joins with work that must never run. */
async function refusalOf(stockpile: Stockpile, connection: unknown): Promise<unknown> {
  let isRun = false
  const refusal = await stockpile
    .join(connection as Joinable, async () => {
      isRun = true
    })
    .catch((error: unknown) => error)
  expect(isRun).toBe(false)
  return refusal
}

describe('join refuses', () => {
  it.each(clients)('$name on another kind of database, and says which', async (kind) => {
    const other = dialects.find((dialect) => dialect !== kind.dialect) ?? 'sqlite'
    const [mine, theirs] = [await openPlace(other), await openPlace(kind.dialect)]
    const stockpile = new Stockpile({ storage: storageOf(other, mine.url) })
    const client = await kind.open(theirs.url)
    let refusal: unknown
    await client.transaction(async ({ connection }) => {
      refusal = await refusalOf(stockpile, connection)
    })
    expect(refusal).toBeInstanceOf(JoinRefusedError)
    expect(String(refusal)).toMatch(/leads to .* and this Stockpile is on .*: hand in/)
    await client.close()
    await stockpile.close()
    await Promise.all([mine.drop(), theirs.drop()])
  })

  it.each(drivers)('$name on another database of the same kind', async (kind) => {
    await using shop = await openShop(kind)
    await using otherShop = await openShop(kind)
    await otherShop.client.transaction(async ({ connection, sql }) => {
      const refusal = await refusalOf(shop.stockpile, connection)
      expect(refusal).toBeInstanceOf(JoinRefusedError)
      expect(String(refusal)).toMatch(/it leads to another database than|its file is .* and not/)
      await sql('INSERT INTO orders (id) VALUES (1)')
    })
  })

  it.each(drivers.filter(({ name }) => name !== 'postgres.js'))('$name without an open transaction', async (kind) => {
    await using shop = await openShop(kind)
    let left: Joinable | undefined
    await shop.client.transaction(async ({ connection }) => {
      left = connection
    })
    const refusal = await refusalOf(shop.stockpile, left)
    expect(refusal).toBeInstanceOf(JoinRefusedError)
    expect(String(refusal)).toContain('no transaction is open on it')
  })

  it('what is no connection in a transaction, each with what to do', async () => {
    const place = await openPlace('sqlite')
    const stockpile = new Stockpile({ storage: storageOf('sqlite', place.url) })
    const knex = createKnex({ client: 'better-sqlite3', connection: { filename: ':memory:' }, useNullAsDefault: true })
    const kysely = new Kysely<unknown>({
      dialect: {
        createAdapter: () => new PostgresAdapter(),
        createDriver: () => new DummyDriver(),
        createIntrospector: (database) => new PostgresIntrospector(database),
        createQueryCompiler: () => new PostgresQueryCompiler(),
      },
    })
    const mysqlUrl = inject('mysqlUrl')
    const mariadbPool = createMariadbPool(mysqlUrl.replace(/^mysql:/, 'mariadb:'))
    const callbacks = createCallbackConnection(mysqlUrl)
    const sql = postgresJs(inject('postgresUrl'))
    const given: readonly (readonly [unknown, string])[] = [
      [null, 'it is null'],
      ['pg', 'it is string'],
      [{}, 'no client that is known here'],
      [{ query: () => [] }, 'no client that is known here'],
      [new Pool(), 'it is a pool'],
      [mariadbPool, 'it is a pool'],
      [sql, 'hand in the sql of sql.begin'],
      [callbacks, 'hand in connection.promise()'],
      [knex, 'hand in the trx of knex.transaction()'],
      [kysely, 'hand in the trx of db.transaction()'],
    ]
    for (const [connection, advice] of given) {
      const refusal = await refusalOf(stockpile, connection)
      expect(refusal).toBeInstanceOf(JoinRefusedError)
      expect(String(refusal)).toContain(advice)
    }
    expect(() => fromDrizzle({}, drizzleSql)).toThrow(InvalidArgumentError)
    expect(() => fromDrizzle({ execute: async () => [] }, 'sql' as never)).toThrow(InvalidArgumentError)
    await expect(stockpile.join(new DatabaseSync(':memory:'), null as never)).rejects.toThrow(InvalidArgumentError)
    await Promise.all([knex.destroy(), kysely.destroy(), mariadbPool.end(), sql.end(), stockpile.close()])
    await new Promise((resolve) => callbacks.end(resolve))
    await place.drop()
  })

  it('a transaction of better-sqlite3 that is over when its function returns, and writes nothing', async () => {
    await using shop = await openShop(betterSqlite)
    const inventory = shop.stockpile.tally('shop', 1)
    const database = new BetterSqlite(shop.url)
    let joined: Promise<unknown> = Promise.resolve()
    database.transaction(() => {
      joined = shop.stockpile.join(database, () => inventory.add('seat', 1))
      joined.catch(() => undefined)
    })()
    await expect(joined).rejects.toThrow(JoinRefusedError)
    const asynchronous = database.transaction(async () => {
      joined = shop.stockpile.join(database, () => inventory.add('seat', 1))
      await joined.catch(() => undefined)
    })
    expect(() => asynchronous()).toThrow('Transaction function cannot return a promise')
    await expect(joined).rejects.toThrow(JoinRefusedError)
    expect(await inventory.get('seat')).toBe(0n)
    database.close()
  })

  it.each(dialects)('to make tables on %s, and names the command that does', async (dialect) => {
    await using shop = await openShop(drivers.find((kind) => kind.dialect === dialect) ?? betterSqlite)
    await shop.client.transaction(async ({ connection, sql }) => {
      const joined = shop.stockpile.join(connection, () => shop.stockpile.tally('new_app', 1).add('seat', 1))
      await expect(joined).rejects.toThrow(TablesMissingError)
      await expect(joined).rejects.toThrow('npx stockpile migrate new_app')
      await sql('INSERT INTO orders (id) VALUES (1)')
    })
    await expect(shop.client.transaction(async ({ sql }) => sql('INSERT INTO orders (id) VALUES (1)'))).rejects.toThrow(
      /duplicate|unique/i,
    )
  })

  it('a transaction of Stockpile around it, and another Stockpile inside it', async () => {
    await using shop = await openShop(betterSqlite)
    await using otherShop = await openShop(betterSqlite)
    await shop.client.transaction(async ({ connection }) => {
      const work = (): Promise<bigint> => shop.stockpile.tally('shop', 1).add('seat', 1)
      await expect(shop.stockpile.join(connection, () => shop.stockpile.join(connection, work))).rejects.toThrow(
        InTransactionError,
      )
      const elsewhere = (): Promise<bigint> => otherShop.stockpile.tally('shop', 1).add('seat', 1)
      await expect(shop.stockpile.join(connection, elsewhere)).rejects.toThrow('can not include')
    })
    await shop.stockpile.transaction(async () => {
      const joined = shop.stockpile.join(new DatabaseSync(':memory:'), async () => undefined)
      await expect(joined).rejects.toThrow(InTransactionError)
    })
  })
})
