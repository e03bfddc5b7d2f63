import { describe, expectTypeOf, test } from 'vitest'
import {
  Inventory,
  Items,
  NotEnoughError,
  OutcomeUnknownError,
  Stockpile,
  StockpileError,
  Tally,
  VersionConflictError,
  type Amount,
  type Change,
  type Deal,
  type Entry,
  type ItemId,
  type Outcome,
  type Planned,
  type Selection,
  type StockpileOptions,
  type Storage,
  type UserId,
  type VerifyReport,
  type WriteOptions,
} from '../../src/index.ts'
import { mysql, type MysqlOptions } from '../../src/storage/mysql/index.ts'
import { postgres, type PostgresOptions } from '../../src/storage/postgres/index.ts'
import { sqlite, type SqliteOptions } from '../../src/storage/sqlite/index.ts'

declare const stockpile: Stockpile
declare const inventory: Tally

describe('an inventory', () => {
  test('answers a quantity for one item, and items for a list', () => {
    expectTypeOf(inventory.get(1000)).resolves.toEqualTypeOf<bigint>()
    expectTypeOf(inventory.get('sword')).resolves.toEqualTypeOf<bigint>()
    expectTypeOf(inventory.get([1000, 'sword', 3n])).resolves.toEqualTypeOf<Items<bigint>>()
    expectTypeOf(inventory.get(new Set(['sword']))).resolves.toEqualTypeOf<Items<bigint>>()
    expectTypeOf(inventory.all()).resolves.toEqualTypeOf<Items<bigint>>()
  })

  test('takes numbers and bigints, and answers bigints', () => {
    expectTypeOf<Amount>().toEqualTypeOf<number | bigint>()
    expectTypeOf<ItemId>().toEqualTypeOf<string | number | bigint>()
    expectTypeOf<UserId>().toEqualTypeOf<string | number | bigint>()
    expectTypeOf(inventory.add(1000)).resolves.toEqualTypeOf<bigint>()
    expectTypeOf(inventory.subtract(1000, 5n, { key: 'once' })).resolves.toEqualTypeOf<bigint>()
    expectTypeOf(inventory.set(1000, 0)).resolves.toEqualTypeOf<bigint>()
    expectTypeOf(inventory.quantity()).toEqualTypeOf<bigint>()
  })

  test('refuses what can never be right', () => {
    // @ts-expect-error set needs a quantity
    void inventory.set(1000)
    // @ts-expect-error a quantity is no text
    void inventory.add(1000, '5')
    // @ts-expect-error there is no item null
    void inventory.get(null)
    // @ts-expect-error a version is a bigint
    void inventory.add(1000, 1, { ifVersion: 1 })
    // @ts-expect-error options with a typing error
    void inventory.add(1000, 1, { keys: 'once' })
    // @ts-expect-error it belongs to one user for good
    inventory.user = '2'
    expectTypeOf(inventory.user).toEqualTypeOf<string>()
  })

  test('passes on options that may be undefined', () => {
    const options: WriteOptions = { key: undefined, data: undefined, ifVersion: undefined }
    expectTypeOf(inventory.add(1000, 1, options)).resolves.toEqualTypeOf<bigint>()
  })

  test('plans changes, which a deal answers with outcomes', () => {
    expectTypeOf(inventory.plan.add(1000, 1)).toEqualTypeOf<Planned<bigint>>()
    expectTypeOf(inventory.plan.add(1000, 1)).toExtend<Change>()
    expectTypeOf(inventory.plan.set('sword', 1n, { ifVersion: 3n })).toEqualTypeOf<Planned<bigint>>()
    expectTypeOf(stockpile.deal([inventory.plan.subtract(1000)])).resolves.toEqualTypeOf<[Outcome]>()
    expectTypeOf<Outcome['quantity']>().toEqualTypeOf<bigint>()
    expectTypeOf<Outcome['version']>().toEqualTypeOf<bigint>()
  })

  test('tells its history', () => {
    expectTypeOf(inventory.history({ item: 1000, since: new Date(), limit: 5 })).resolves.toEqualTypeOf<Entry[]>()
    expectTypeOf<Entry['data']>().toEqualTypeOf<Readonly<Record<string, unknown>> | null>()
    expectTypeOf<Entry['time']>().toEqualTypeOf<number>()
  })

  test('is an Inventory, as its core is, which anyone can extend by its two primitives', () => {
    expectTypeOf(stockpile.tally('farm', 1)).toEqualTypeOf<Inventory<bigint>>()
    expectTypeOf<Tally>().toExtend<Inventory<bigint>>()
    expectTypeOf<Inventory<bigint>['read']>().toEqualTypeOf<(selection: Selection) => Promise<Items<bigint>>>()
    expectTypeOf<Inventory<bigint>['write']>().toEqualTypeOf<(deal: Deal) => Promise<Outcome[]>>()
    // @ts-expect-error it is abstract
    expectTypeOf(new Inventory<bigint>()).toEqualTypeOf<Inventory<bigint>>()
  })
})

describe('items', () => {
  const items = new Items<bigint>([])

  test('take any form of an id, and answer undefined for what is not there', () => {
    expectTypeOf(items.get(1000)).toEqualTypeOf<bigint | undefined>()
    expectTypeOf(items.has(1000n)).toEqualTypeOf<boolean>()
    expectTypeOf([...items]).toEqualTypeOf<[string, bigint][]>()
    expectTypeOf(items.version).toEqualTypeOf<bigint>()
  })

  test('can not be written to', () => {
    expectTypeOf(items).not.toHaveProperty('set')
    // @ts-expect-error the version is what it was
    items.version = 1n
  })
})

describe('a Stockpile', () => {
  test('is made of a storage of any dialect', () => {
    expectTypeOf(sqlite).parameter(1).toEqualTypeOf<SqliteOptions | undefined>()
    expectTypeOf(mysql).parameter(1).toEqualTypeOf<MysqlOptions | undefined>()
    expectTypeOf(postgres).parameter(1).toEqualTypeOf<PostgresOptions | undefined>()
    expectTypeOf(sqlite).returns.toEqualTypeOf<Storage>()
    expectTypeOf(mysql).returns.toEqualTypeOf<Storage>()
    expectTypeOf(postgres).returns.toEqualTypeOf<Storage>()
    expectTypeOf<StockpileOptions['storage']>().toEqualTypeOf<Storage>()
    // @ts-expect-error without a storage there is nothing to keep things in
    void new Stockpile({})
  })

  test('answers what the callback of a transaction returned', () => {
    expectTypeOf(stockpile.transaction(async () => inventory.get(1))).resolves.toEqualTypeOf<bigint>()
    expectTypeOf(stockpile.transaction(async () => undefined)).resolves.toEqualTypeOf<undefined>()
    // @ts-expect-error the callback is asynchronous
    void stockpile.transaction(() => 5)
  })

  test('closes by itself at the end of a block', () => {
    expectTypeOf<Stockpile>().toExtend<AsyncDisposable>()
  })

  test('reports breaks by their rules', () => {
    expectTypeOf(stockpile.verify('farm')).resolves.toEqualTypeOf<VerifyReport>()
    expectTypeOf<VerifyReport['breaks'][number]['rule']>().toEqualTypeOf<
      'version-gap' | 'balance' | 'holding' | 'serials' | 'account-version' | 'no-account'
    >()
  })
})

describe('an error', () => {
  test('carries its code, whether a retry helps, and its facts as values', () => {
    expectTypeOf<StockpileError['code']>().toEqualTypeOf<string>()
    expectTypeOf<StockpileError['isRetryable']>().toEqualTypeOf<boolean>()
    expectTypeOf<NotEnoughError>().toExtend<StockpileError>()
    expectTypeOf<NotEnoughError['held']>().toEqualTypeOf<bigint>()
    expectTypeOf<NotEnoughError['wanted']>().toEqualTypeOf<bigint>()
    expectTypeOf<VersionConflictError['actual']>().toEqualTypeOf<bigint>()
    expectTypeOf<OutcomeUnknownError['deals']>().toEqualTypeOf<readonly string[]>()
  })
})
