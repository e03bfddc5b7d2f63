import { expect, test } from 'vitest'
import { memoryCache, Stockpile } from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'

test('close waits for the reads under way, those that the cache has and those that it has not', async () => {
  const stockpile = new Stockpile({ storage: sqlite(':memory:'), cache: memoryCache() })
  const users = Array.from({ length: 50 }, (_, nth) => `user ${nth}`)
  await stockpile.tally('farm', 'user 0').add('wheat', 5)
  await stockpile.tally('farm', 'user 0').get('wheat')
  const reads = Promise.all(users.map((user) => stockpile.tally('farm', user).get('wheat')))
  const closing = stockpile.close()
  expect(await reads).toEqual(users.map((user) => (user === 'user 0' ? 5n : 0n)))
  await closing
})
