import { afterEach, expect, test } from 'vitest'
import { memoryCache, Stockpile } from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'

let stockpile: Stockpile | undefined

afterEach(() => stockpile?.close())

test('a savepoint can be the first thing that is done with a Stockpile that has a cache', async () => {
  stockpile = new Stockpile({ storage: sqlite(':memory:'), cache: memoryCache() })
  const inventory = stockpile.tally('farm', 'ann')
  await stockpile.transaction(async () => {
    await stockpile?.transaction(async () => undefined)
    await expect(
      stockpile?.transaction(async () => {
        await inventory.add('wheat', 5)
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    await inventory.add('wheat', 2)
  })
  expect(await inventory.get('wheat')).toBe(2n)
  expect(await inventory.uncached.get('wheat')).toBe(2n)
})
