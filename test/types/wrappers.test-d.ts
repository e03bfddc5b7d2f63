import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import {
  FirstAddedSorter,
  type HybridInventory,
  HybridQuantity,
  Items,
  OldestSorter,
  Passthru,
  Quantity,
  QuantityInspector,
  RecentSorter,
  Sorter,
  Stockpile,
  Tally,
  Transfer,
  type Inventory,
  type Outcome,
  type Page,
  type Planned,
  type Properties,
  type SerialGiven,
  type SerialNumber,
} from '../../src/index.ts'

declare const stockpile: Stockpile

const monster = z.object({ xp: z.number().default(1), name: z.string().optional() })
type Monster = z.output<typeof monster>

const serial = stockpile.serial('farm', 1, { properties: monster })
const hybrid = stockpile.hybrid('farm', 1, { properties: monster })
const tally = stockpile.tally('farm', 1)

describe('properties', () => {
  test('are inferred from a schema of zod, valibot or arktype, end to end', () => {
    expectTypeOf(serial).toEqualTypeOf<Inventory<Quantity<Monster>, SerialGiven<Monster>>>()
    expectTypeOf(serial.get(1)).resolves.toEqualTypeOf<Quantity<Monster>>()
    expectTypeOf(serial.get([1])).resolves.toEqualTypeOf<Items<Quantity<Monster>>>()
    expectTypeOf(serial.add(1, 2)).resolves.toEqualTypeOf<Quantity<Monster>>()
    expectTypeOf(serial.quantity().get(5n)).toEqualTypeOf<Monster>()
    expectTypeOf(hybrid).toEqualTypeOf<HybridInventory<Monster>>()
    expectTypeOf(hybrid.convert(1, 2)).resolves.toEqualTypeOf<HybridQuantity<Monster>>()
    const ofValibot = stockpile.serial('farm', 1, { properties: v.object({ xp: v.optional(v.number(), 1) }) })
    expectTypeOf(ofValibot.quantity().get(1)).toEqualTypeOf<{ xp: number }>()
    const ofArktype = stockpile.serial('farm', 1, { properties: type({ xp: 'number = 1' }) })
    expectTypeOf(ofArktype.quantity().get(1)).toEqualTypeOf<{ xp: number }>()
  })

  test('are any JSON without a schema', () => {
    expectTypeOf(stockpile.serial('farm', 1)).toEqualTypeOf<Inventory<Quantity, SerialGiven<Properties>>>()
    expectTypeOf<Quantity['add']>().parameter(0).toEqualTypeOf<Properties | undefined>()
  })

  test('that break the schema do not compile', () => {
    expectTypeOf(serial.quantity()).toEqualTypeOf<Quantity<Monster>>()
    // @ts-expect-error xp is a number
    serial.quantity().add({ xp: 'many' })
    // @ts-expect-error a quantity of other properties
    void serial.add(1, new Quantity<{ hp: number }>())
    // @ts-expect-error a serial inventory counts nothing
    void serial.convert
    // @ts-expect-error serials are no text
    void serial.add(1, 'five')
  })
})

describe('quantities', () => {
  test('answer bigints and typed properties', () => {
    const quantity = serial.quantity()
    expectTypeOf(quantity.value()).toEqualTypeOf<bigint>()
    expectTypeOf(quantity.serials()).toEqualTypeOf<bigint[]>()
    expectTypeOf(quantity.all()).toEqualTypeOf<Map<bigint, Monster>>()
    expectTypeOf([...quantity]).toEqualTypeOf<[bigint, Monster][]>()
    expectTypeOf(quantity.grab(2)).toEqualTypeOf<Quantity<Monster>>()
    expectTypeOf(quantity.add({ xp: 1 })).toEqualTypeOf<bigint>()
    expectTypeOf(hybrid.quantity().grab([1])).toEqualTypeOf<HybridQuantity<Monster>>()
    expectTypeOf(hybrid.quantity().tally()).toEqualTypeOf<bigint>()
    expectTypeOf<SerialNumber>().toEqualTypeOf<bigint | number | string>()
    // @ts-expect-error a quantity of serials counts nothing
    void quantity.tally
  })
})

describe('layers', () => {
  test('keep the quantity and what goes in', () => {
    for (const sorted of [new Sorter(serial), new RecentSorter(serial), new FirstAddedSorter(serial)]) {
      expectTypeOf(sorted.get(1)).resolves.toEqualTypeOf<Quantity<Monster>>()
      expectTypeOf(sorted.add(1, [5n])).resolves.toEqualTypeOf<Quantity<Monster>>()
      expectTypeOf(sorted.page()).resolves.toEqualTypeOf<Page<Quantity<Monster>>>()
    }
    expectTypeOf(new OldestSorter(tally).add(1, 5)).resolves.toEqualTypeOf<bigint>()
    // @ts-expect-error a tally takes no list of serials
    void new Sorter(tally).add(1, [5n])
    expectTypeOf(new Passthru(tally).get(1)).resolves.toEqualTypeOf<bigint>()
  })

  test('let methods of one layer through those above', () => {
    const stack = new QuantityInspector(new RecentSorter(hybrid), (quantity) => {
      expectTypeOf(quantity).toEqualTypeOf<HybridQuantity<Monster>>()
    })
    expectTypeOf<typeof stack.sort>().parameter(0).toEqualTypeOf<Iterable<string | number | bigint>>()
    expectTypeOf(stack.convert(1, 2)).resolves.toEqualTypeOf<HybridQuantity<Monster>>()
    expectTypeOf(new Transfer(stack, hybrid).page()).resolves.toEqualTypeOf<Page<HybridQuantity<Monster>>>()
    // @ts-expect-error nothing below sorts
    void new QuantityInspector(tally, () => undefined).sort
    // @ts-expect-error nothing below converts
    void new Sorter(serial).convert
  })

  test('bind accounts of one kind, wrapped or not', () => {
    expectTypeOf(new Transfer(tally, new RecentSorter(tally)).add(1, 5)).resolves.toEqualTypeOf<bigint>()
    // @ts-expect-error counts and serials don't fit
    void new Transfer(tally, serial)
  })
})

describe('deals', () => {
  test('answer each change with the quantity of its inventory', () => {
    const trade = new Transfer(serial, serial)
    const outcomes = stockpile.deal([tally.plan.add(1), trade.plan.subtract(2), hybrid.plan.convert(3, 1)])
    expectTypeOf(outcomes).resolves.toEqualTypeOf<
      [Outcome<bigint>, Outcome<Quantity<Monster>>, Outcome<HybridQuantity<Monster>>]
    >()
    expectTypeOf(new Sorter(serial).plan.add(1, [5])).toEqualTypeOf<Planned<Quantity<Monster>>>()
    const list: Planned<bigint>[] = [tally.plan.add(1)]
    expectTypeOf(stockpile.deal(list)).resolves.toEqualTypeOf<Outcome<bigint>[]>()
    expectTypeOf<Tally['kind']>().toEqualTypeOf<'tally'>()
  })
})
