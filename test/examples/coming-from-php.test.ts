import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  InvalidArgumentError,
  NoTransactionError,
  NotEnoughError,
  Quantity,
  QuantityOverflowError,
  SecondDatabaseError,
  Stockpile,
} from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'

// What docs/coming-from-php.md says that behaves better, tried one by one.

let stockpile: Stockpile

beforeEach(() => {
  stockpile = new Stockpile({ storage: sqlite(':memory:'), clock: () => 1_800_000_000_000 })
})

afterEach(() => stockpile.close())

describe('transactions', () => {
  it('stay open after a refused write that was handled, and commit what came before and after', async () => {
    const farm = stockpile.tally('farm', 1)
    await stockpile.transaction(async () => {
      await farm.add('wool', 2)
      await expect(farm.subtract('gold', 1)).rejects.toBeInstanceOf(NotEnoughError)
      await farm.add('milk', 3)
    })
    expect([...(await farm.all())]).toEqual([
      ['milk', 3n],
      ['wool', 2n],
    ])
  })

  it('roll back everything when a refused write is not handled', async () => {
    const farm = stockpile.tally('farm', 1)
    const work = stockpile.transaction(async () => {
      await farm.add('wool', 2)
      await farm.subtract('gold', 1)
    })
    await expect(work).rejects.toBeInstanceOf(NotEnoughError)
    expect(await farm.get('wool')).toBe(0n)
  })

  it('take no harm from an argument that is refused', async () => {
    const farm = stockpile.tally('farm', 1)
    await stockpile.transaction(async () => {
      await farm.add('wool', 2)
      await expect(farm.get('')).rejects.toBeInstanceOf(InvalidArgumentError)
      expect(() => stockpile.tally('Not an app', 1)).toThrow(InvalidArgumentError)
    })
    expect(await farm.get('wool')).toBe(2n)
  })

  it('are committed, and say so, though a callback throws', async () => {
    const reported: string[] = []
    const report = (message: string): void => void reported.push(message)
    const logger = { debug: report, info: report, warn: report, error: report }
    await using other = new Stockpile({ storage: sqlite(':memory:'), logger })
    const farm = other.tally('farm', 1)
    const answer = await other.transaction(async () => {
      other.onCommit(() => {
        throw new Error('the mail server is away')
      })
      return farm.add('wool', 2)
    })
    expect(answer).toBe(2n)
    expect(await farm.get('wool')).toBe(2n)
    expect(reported).toHaveLength(1)
  })

  it('call every callback, those made in a loop as well', async () => {
    const called: number[] = []
    await stockpile.transaction(async () => {
      for (const number of [1, 2, 3]) stockpile.onCommit(() => called.push(number))
      await stockpile.tally('farm', 1).add('wool')
    })
    expect(called).toEqual([1, 2, 3])
  })

  it('are needed for a callback: none waits for somebody else’s commit', () => {
    expect(() => stockpile.onCommit(() => undefined)).toThrow(NoTransactionError)
    expect(() => stockpile.onRollback(() => undefined)).toThrow(NoTransactionError)
  })

  it('are rolled back as a whole, though one used an app for the first time', async () => {
    const farm = stockpile.tally('farm', 1)
    await farm.add('wool')
    const work = stockpile.transaction(async () => {
      await farm.add('wool', 7)
      await stockpile.tally('never_seen', 1).add('milk', 7)
      throw new Error('changed my mind')
    })
    await expect(work).rejects.toThrow('changed my mind')
    expect(await farm.get('wool')).toBe(1n)
    expect(await stockpile.tally('never_seen', 1).add('milk')).toBe(1n)
  })

  it('of one process at the same moment do not mix', async () => {
    const farm = stockpile.tally('farm', 1)
    const outcomes = await Promise.allSettled(
      [1, 2, 3, 4].map((item) =>
        stockpile.transaction(async () => {
          await farm.add(item)
          await new Promise((resolve) => setImmediate(resolve))
          if (item % 2 === 0) throw new Error('not an odd one')
          await farm.add(item)
        }),
      ),
    )
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected'])
    expect([...(await farm.all())]).toEqual([
      ['1', 2n],
      ['3', 2n],
    ])
  })

  it('do not pretend to span two databases', async () => {
    await using other = new Stockpile({ storage: sqlite(':memory:') })
    const work = stockpile.transaction(async () => {
      await stockpile.tally('farm', 1).add('wool')
      await other.tally('farm', 2).add('wool')
    })
    await expect(work).rejects.toBeInstanceOf(SecondDatabaseError)
    expect(await stockpile.tally('farm', 1).get('wool')).toBe(0n)
  })
})

describe('counts', () => {
  it('set to a number end there, whatever others do at the same moment', async () => {
    const farm = stockpile.tally('farm', 1)
    await farm.add('sheep', 3)
    await Promise.all([farm.add('sheep', 3), farm.set('sheep', 2), farm.subtract('sheep', 1)])
    const entries = await farm.history()
    expect(entries.map(({ balance }) => balance)).toEqual([1n, 2n, 6n, 3n])
  })

  it('are exact up to 2^63 - 1, and refuse one more', async () => {
    const farm = stockpile.tally('farm', 1)
    const most = 2n ** 63n - 1n
    expect(await farm.add('dust', most)).toBe(most)
    await expect(farm.add('dust')).rejects.toBeInstanceOf(QuantityOverflowError)
    expect(await farm.get('dust')).toBe(most)
  })

  it('belong to apps whose names have no line break at their end', () => {
    expect(() => stockpile.tally('farm\n', 1)).toThrow(InvalidArgumentError)
  })

  it('of users with long numbers are never those of one user', async () => {
    const users = ['9'.repeat(30), `${'9'.repeat(29)}8`]
    for (const user of users) await stockpile.tally('farm', user).add(4_294_967_296)
    for (const user of users) expect(await stockpile.tally('farm', user).get(4_294_967_296)).toBe(1n)
  })
})

describe('quantities', () => {
  it('are in the order of their serials, however they were made', () => {
    const quantity = new Quantity([
      [30, {}],
      [10, {}],
    ])
    quantity.set(20, {})
    expect(quantity.serials()).toEqual([10n, 20n, 30n])
    expect(quantity.grab(1).serials()).toEqual([30n])
  })

  it('answer the number of a serial that they make', async () => {
    const farm = stockpile.serial('farm', 1)
    await farm.ready()
    const quantity = farm.quantity()
    const serial = quantity.add({ xp: 1 })
    expect(quantity.get(serial)).toEqual({ xp: 1 })
  })

  it('refuse numbers that are none', () => {
    expect(() => stockpile.serial('farm', 1).quantity(['007'])).toThrow(InvalidArgumentError)
    expect(() => stockpile.serial('farm', 1).quantity(['0'])).toThrow(InvalidArgumentError)
  })

  it('that are empty are refused where something should go, and leave no transaction open', async () => {
    const farm = stockpile.hybrid('farm', 1)
    await farm.add('sheep', 2)
    await expect(farm.subtract('sheep', farm.quantity())).rejects.toBeInstanceOf(InvalidArgumentError)
    expect((await farm.subtract('sheep')).value()).toBe(1n)
  })
})
