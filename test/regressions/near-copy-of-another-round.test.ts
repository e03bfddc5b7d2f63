import { expect, test } from 'vitest'
import { memoryCache, Stockpile, type Cache, type CacheFound } from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'

/** A cache whose answers to some reads are on their way until they are let through. */
function withSlowAnswers(cache: Cache): { cache: Cache; holdNext: () => { asked: Promise<void>; arrive: () => void } } {
  const holds: { tell(): void; arrival: Promise<void> }[] = []
  const slow = Object.assign(Object.create(cache) as Cache, {
    find: async (lookups: Parameters<Cache['find']>[0]): Promise<CacheFound[]> => {
      const hold = holds.shift()
      const found = await cache.find(lookups)
      hold?.tell()
      await hold?.arrival
      return found
    },
  })
  for (const name of ['intend', 'intendGuard', 'store', 'release', 'remove', 'close'] as const)
    Object.assign(slow, { [name]: cache[name].bind(cache) })
  return {
    cache: slow,
    holdNext: () => {
      const asked = Promise.withResolvers<void>()
      const arrival = Promise.withResolvers<void>()
      holds.push({ tell: asked.resolve, arrival: arrival.promise })
      return { asked: asked.promise, arrive: arrival.resolve }
    },
  }
}

test('a copy that the server says is good is answered, and not what a slower answer has put in its place meanwhile', async () => {
  const { cache, holdNext } = withSlowAnswers(memoryCache({ nearBytesMax: 1_000_000, relayMs: 0 }))
  await using stockpile = new Stockpile({ storage: sqlite(':memory:'), cache })
  const inventory = stockpile.tally('farm', 1)
  await inventory.set('wheat', 1)
  await inventory.get('wheat')
  while (stockpile.cacheStatistics?.fills !== 1) await new Promise(setImmediate)
  const first = holdNext()
  const old = inventory.get('wheat')
  await first.asked
  await inventory.set('wheat', 2)
  // The server's value of now is this process's copy of now.
  expect(await inventory.get('wheat')).toBe(2n)
  const second = holdNext()
  const present = inventory.get('wheat')
  await second.asked
  first.arrive()
  expect(await old).toBe(1n)
  second.arrive()
  expect(await present).toBe(2n)
  expect(stockpile.cacheStatistics).toMatchObject({ hits: 3, nearHits: 1 })
})
