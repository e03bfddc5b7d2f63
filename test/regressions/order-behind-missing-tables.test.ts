import { expect, test } from 'vitest'
import { Stockpile } from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'

test('a deal that waits for its tables is not overtaken by a later one of the same account', async () => {
  await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
  const known = stockpile.tally('known', 1)
  await known.add('x', 1)
  const both = stockpile.deal([known.plan.add('x', 5), stockpile.tally('unheard_of', 1).plan.add('y')])
  const later = known.subtract('x', 6)
  await both
  expect(await later).toBe(0n)
})

test('a deal that breaks a rule makes no tables', async () => {
  await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
  await expect(stockpile.tally('unheard_of', 1).add('x', 1, { key: '' })).rejects.toThrow('key must be')
  expect(await stockpile.apps()).toEqual([])
})

test('deals that need many serial numbers at once all get theirs', async () => {
  await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
  const users = Array.from({ length: 12 }, (_user, index) => stockpile.serial('swords', index + 1))
  const quantities = await Promise.all(users.map((inventory) => inventory.add('sword', 9_000)))
  expect(quantities.map((quantity) => quantity.value())).toEqual(users.map(() => 9_000n))
  expect(new Set(quantities.flatMap((quantity) => quantity.serials())).size).toBe(12 * 9_000)
})
