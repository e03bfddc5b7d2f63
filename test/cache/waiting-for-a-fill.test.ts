import { afterEach, expect, test } from 'vitest'
import { memoryCache, Stockpile, type Storage } from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'

const opened: Stockpile[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map((stockpile) => stockpile.close()))
})

/** A storage whose reads for fills, once they are read, wait until they are let through. */
function withHeldFills(storage: Storage): { storage: Storage; isHeld: Promise<void>; letThrough: () => void } {
  const held = Promise.withResolvers<void>()
  const through = Promise.withResolvers<void>()
  const holding = new Proxy(storage, {
    get: (target, name) => {
      if (name !== 'fetchWhole') {
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      }
      return async (...accounts: Parameters<Storage['fetchWhole']>) => {
        const answers = await target.fetchWhole(...accounts)
        held.resolve()
        await through.promise
        return answers
      }
    },
  })
  return { storage: holding, isHeld: held.promise, letThrough: through.resolve }
}

test('who waits for a fill is not answered by what was read before a bulk change that was acknowledged meanwhile', async () => {
  const { storage, isHeld, letThrough } = withHeldFills(sqlite(':memory:'))
  const stockpile = new Stockpile({ storage, cache: memoryCache({ waitMs: 60_000 }) })
  opened.push(stockpile)
  const inventory = stockpile.tally('farm', 'ann')
  await inventory.add('wheat', 5)
  const first = inventory.get('wheat')
  await isHeld
  await stockpile.bulk('farm', async (sql) => {
    await sql('UPDATE farm_stockpile_holding SET quantity = 7')
  })
  const second = inventory.get('wheat')
  // The second read asks at the end of this turn of the event loop, and finds the first one's fill under way.
  await new Promise(setImmediate)
  letThrough()
  expect(await first).toBe(5n)
  expect(await second).toBe(7n)
})

test('many who ask for the same account at once read the database once', async () => {
  const { storage, isHeld, letThrough } = withHeldFills(sqlite(':memory:'))
  const stockpile = new Stockpile({ storage, cache: memoryCache({ waitMs: 60_000 }) })
  opened.push(stockpile)
  const inventory = stockpile.tally('farm', 'ann')
  await inventory.add('wheat', 5)
  const first = inventory.get('wheat')
  await isHeld
  const others = Promise.all(Array.from({ length: 50 }, () => inventory.get('wheat')))
  await new Promise(setImmediate)
  letThrough()
  expect([await first, ...(await others)]).toEqual(Array.from({ length: 51 }, () => 5n))
  expect(stockpile.cacheStatistics).toMatchObject({ misses: 1, hits: 50, fills: 1 })
})
