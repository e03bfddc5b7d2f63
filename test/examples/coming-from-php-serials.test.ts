import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  FirstAddedSorter,
  InvalidArgumentError,
  NoTransactionError,
  NotEnoughError,
  QuantityInspector,
  RecentSorter,
  SerialNotFoundError,
  SerialTakenError,
  Sorter,
  Stockpile,
  Transfer,
} from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'

// What docs/coming-from-php.md says that behaves better about serials and wrappers, tried one by one.

let stockpile: Stockpile

beforeEach(() => {
  stockpile = new Stockpile({ storage: sqlite(':memory:'), clock: () => 1_800_000_000_000 })
})

afterEach(() => stockpile.close())

describe('serials', () => {
  it('are all different, ten thousand at once', async () => {
    const quantity = await stockpile.serial('farm', 1).add('ant', 10_000)
    expect(new Set(quantity.serials()).size).toBe(10_000)
  })

  it('that somebody else has taken meanwhile cost none of the others', async () => {
    const farm = stockpile.serial('farm', 1)
    const [first, second, third] = (await farm.add('sheep', 3)).serials()
    const outcomes = await Promise.allSettled([
      farm.subtract('sheep', [second!]),
      farm.subtract('sheep', [first!, second!, third!]),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect((await farm.get('sheep')).serials()).toEqual([first, third])
  })

  it('that were given away can not be added again', async () => {
    const farm = stockpile.serial('farm', 1)
    const quantity = await farm.add('sheep', 1)
    await new Transfer(farm, stockpile.serial('farm', 2)).subtract('sheep', quantity)
    await expect(farm.add('sheep', quantity)).rejects.toBeInstanceOf(SerialTakenError)
    expect((await farm.get('sheep')).value()).toBe(0n)
  })

  it('keep their properties as they are, or refuse them', async () => {
    const farm = stockpile.serial('farm', 1)
    const properties = { name: 'Žofie 🐑', notes: 'é'.repeat(20_000) }
    await farm.add('sheep', farm.quantity([[7, properties]]))
    expect((await farm.get('sheep')).get(7)).toEqual(properties)
    expect(() => farm.quantity([[8, { notes: 'é'.repeat(40_000) }]])).toThrow(InvalidArgumentError)
  })
})

describe('transfers', () => {
  it('need no transaction to happen on both sides or on neither', async () => {
    const [mine, theirs] = [stockpile.tally('farm', 1), stockpile.tally('farm', 2)]
    await theirs.add('sheep', 1)
    const transfer = await stockpile.transaction(async () => new Transfer(mine, theirs))
    await expect(transfer.add('sheep', 2)).rejects.toBeInstanceOf(NotEnoughError)
    expect(await mine.get('sheep')).toBe(0n)
    expect(await theirs.get('sheep')).toBe(1n)
  })

  it('of a number between hybrids keep serials serials', async () => {
    const [mine, theirs] = [stockpile.hybrid('farm', 1), stockpile.hybrid('farm', 2)]
    await theirs.add('sheep', theirs.quantity({ tally: 1, serials: { 7: { name: 'Dolly' }, 8: { name: 'Molly' } } }))
    const received = await new Transfer(mine, theirs).add('sheep', 2)
    expect(received.export()).toEqual({ tally: '1', serials: { 8: { name: 'Molly' } } })
    expect((await theirs.get('sheep')).export()).toEqual({ tally: '0', serials: { 7: { name: 'Dolly' } } })
  })

  it('move serials as they are stored, not as an old copy has them', async () => {
    const [mine, theirs] = [stockpile.serial('farm', 1), stockpile.serial('farm', 2)]
    await theirs.add('sheep', theirs.quantity([[7, { xp: 1 }]]))
    const copy = await theirs.get('sheep')
    await theirs.add('sheep', theirs.quantity([[7, { xp: 2 }]]))
    expect((await new Transfer(mine, theirs).add('sheep', copy)).get(7)).toEqual({ xp: 2 })
  })

  it('of what the other does not have are refused', async () => {
    const [mine, theirs] = [stockpile.serial('farm', 1), stockpile.serial('farm', 2)]
    await mine.add('sheep', [7])
    await expect(new Transfer(mine, theirs).add('sheep', [7])).rejects.toBeInstanceOf(SerialNotFoundError)
    expect((await mine.get('sheep')).serials()).toEqual([7n])
  })
})

describe('wrappers', () => {
  it('sort in the order that was asked for', async () => {
    const sorted = new Sorter(stockpile.tally('farm', 1))
    for (const item of [13, 14, 15]) await sorted.add(item)
    await sorted.sort([15, 13, 14])
    expect([...(await sorted.all()).keys()]).toEqual(['15', '13', '14'])
  })

  it('sort what was gone and came again as the newest', async () => {
    const sorted = new FirstAddedSorter(stockpile.tally('farm', 1))
    for (const item of [13, 14, 15]) await sorted.add(item)
    await sorted.subtract(13)
    await sorted.add(13)
    expect([...(await sorted.all()).keys()]).toEqual(['13', '15', '14'])
  })

  it('sort what came in the same millisecond by what came later', async () => {
    const sorted = new RecentSorter(stockpile.tally('farm', 1))
    for (const item of [15, 13, 14]) await sorted.add(item)
    expect([...(await sorted.all()).keys()]).toEqual(['14', '13', '15'])
  })

  it('forget an order that was rolled back', async () => {
    const sorted = new RecentSorter(stockpile.tally('farm', 1))
    for (const item of [13, 14]) await sorted.add(item)
    const work = stockpile.transaction(async () => {
      await sorted.add(13)
      await sorted.sort([13])
      throw new Error('changed my mind')
    })
    await expect(work).rejects.toThrow('changed my mind')
    expect([...(await sorted.all()).keys()]).toEqual(['14', '13'])
  })

  it('sorted twice at the same moment keep one list above the other', async () => {
    const sorted = new Sorter(stockpile.tally('farm', 1))
    for (const item of [1, 2, 3, 4]) await sorted.add(item)
    await Promise.all([sorted.sort([1, 2]), sorted.sort([4, 3])])
    expect([...(await sorted.all()).keys()]).toEqual(['4', '3', '1', '2'])
  })

  it('inspect serials that a number takes, and make none for it', async () => {
    const inspected = new QuantityInspector(stockpile.serial('farm', 1), () => undefined)
    await inspected.add('sheep', [1, 2, 3])
    expect((await inspected.subtract('sheep', 2)).serials()).toEqual([1n])
  })

  it('hand a locked read on to the core', async () => {
    const sorted = new RecentSorter(new QuantityInspector(stockpile.hybrid('farm', 1), () => undefined))
    await sorted.add('sheep', 3)
    await expect(sorted.get('sheep', { lock: true })).rejects.toBeInstanceOf(NoTransactionError)
    const locked = await stockpile.transaction(async () => sorted.get('sheep', { lock: true }))
    expect(locked.value()).toBe(3n)
  })
})
