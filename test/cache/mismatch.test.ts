import { afterEach, beforeEach, expect, test } from 'vitest'
import { Cacher, CacheMismatchError, InvalidArgumentError, memoryCache, Stockpile, Tally } from '../../src/index.ts'
import { memcached } from '../../src/cache/memcached/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'
import { makeTempFolder, removeTempFolder } from '../servers/temp-folder.ts'

let folder: string

beforeEach(async () => {
  folder = await makeTempFolder('mismatch')
})

afterEach(() => removeTempFolder(folder))

function open(cache?: ReturnType<typeof memoryCache>): Stockpile {
  const storage = sqlite(`${folder}/farm.db`)
  return new Stockpile(cache === undefined ? { storage } : { storage, cache })
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(CacheMismatchError)
  return (error as CacheMismatchError).message
}

test('two caches in memory of one process are told apart, and that they should be one', async () => {
  await using first = open(memoryCache())
  await first.tally('farm', 1).add('wheat')
  await using second = open(memoryCache())
  const message = await refusal(second.tally('farm', 1).add('wheat'))
  expect(message).toContain(`the memory of process ${process.pid}`)
  expect(message).toContain('give the same `memoryCache(...)` to all')
})

test('who has no cache, where another process has one in its memory, is told that processes must share one', async () => {
  await using first = open(memoryCache())
  await first.tally('farm', 1).add('wheat')
  await using second = open()
  const message = await refusal(second.tally('farm', 1).add('wheat'))
  expect(message).toContain('this Stockpile has no cache')
  expect(message).toContain('processes can share `memcached(...)` or `redis(...)`')
  expect(await first.tally('farm', 1).get('wheat')).toBe(1n)
})

test('who names a server in another way is told both names', async () => {
  // Nobody needs to be there: a read notes the cache as well.
  await using first = open(memcached('cache.invalid:1'))
  await using plain = open()
  await plain.tally('farm', 1).add('wheat')
  expect(await first.tally('farm', 1).get('wheat')).toBe(1n)
  await using second = open(memcached('cache.invalid:2'))
  const message = await refusal(second.tally('farm', 1).get('wheat'))
  expect(message).toContain('is cached in memcached://cache.invalid:1,')
  expect(message).toContain('has a cache in memcached://cache.invalid:2:')
  expect(message).toContain('give it the same `cache`')
})

test('a cache that is handed to a Cacher is refused, with where it belongs', async () => {
  await using stockpile = open()
  const core = new Tally(stockpile, 'farm', 1)
  const Loose = Cacher as unknown as new (inner: Tally, cache: object) => Tally
  expect(() => new Loose(core, memoryCache())).toThrow(InvalidArgumentError)
  expect(() => new Loose(core, memoryCache())).toThrow('new Stockpile({ storage, cache })')
})
