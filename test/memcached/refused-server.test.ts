import { expect, test } from 'vitest'
import { memcached } from '../../src/cache/memcached/index.ts'
import { Stockpile, UnsupportedCacheError } from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'
import { startMemcached } from '../servers/memcached.ts'

test('a writer is told what to do about a server that can’t be used, and nothing is written', async () => {
  await using server = await startMemcached({ args: ['-C'] })
  await using stockpile = new Stockpile({ storage: sqlite(':memory:'), cache: memcached(server.url) })
  const animals = stockpile.tally('farm', 1)
  await expect(animals.add('cow', 3)).rejects.toThrow(UnsupportedCacheError)
  await expect(animals.add('cow', 3)).rejects.toThrow('start it without -C')
  expect(await animals.get('cow')).toBe(0n)
})
