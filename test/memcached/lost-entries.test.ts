import { expect, test } from 'vitest'
import type { Lookup } from '../../src/cache/contract.ts'
import { memcached } from '../../src/cache/memcached/index.ts'
import { MemcachedToken } from '../../src/cache/memcached/token.ts'
import { startMemcached } from '../servers/memcached.ts'
import { say } from '../servers/say.ts'
import { fill, guard, intend, lease, look, lookupOf, unreachable } from './lookups.ts'

/** A run of lookups that nobody else makes. */
function manyLookups(count: number, run: number): Lookup[] {
  return Array.from({ length: count }, (_, index) => ({ key: `much:${run}:${index}`, guard }))
}

test('after a restart CAS ids repeat, and a token of the life before stores nothing', async () => {
  await using server = await startMemcached()
  const first = await say(server, 'ms a 1 c\r\nx\r\n')
  await server.restart()
  const cache = memcached(server.url)
  const other = memcached(server.url)
  const old = await lease(cache, 'b')
  await server.restart()
  // The danger: without the life in it, this token would be somebody else's.
  expect(await say(server, 'ms a 1 c\r\nx\r\n')).toBe(first)

  await expect.poll(() => look(other, 'b')).toMatchObject({ state: 'leased' })
  await expect.poll(() => look(cache, 'c')).not.toEqual(unreachable)
  const lent = await look(cache, 'b')
  expect(lent).toEqual({ state: 'busy', reason: 'lease' })
  expect(await cache.store([{ token: old, text: 'of the life before' }])).toEqual([false])
  await cache.release([old])
  expect(await look(cache, 'b')).toEqual({ state: 'busy', reason: 'lease' })
  await Promise.all([cache.close(), other.close()])
})

test('a token with the CAS id of the new life is refused for its connection alone', async () => {
  await using server = await startMemcached()
  const cache = memcached(server.url)
  const old = await lease(cache, 'a')
  await server.restart()
  await expect.poll(() => look(cache, 'a')).not.toEqual(unreachable)
  await cache.remove(['a'])
  const now = await lease(cache, 'a')
  if (!(old instanceof MemcachedToken) || !(now instanceof MemcachedToken)) throw new Error('other tokens')
  const repeated = new MemcachedToken('a', old.incarnation, now.cas, old.epoch)
  expect(await cache.store([{ token: repeated, text: 'old' }])).toEqual([false])
  expect(await cache.store([{ token: now, text: 'new' }])).toEqual([true])
  await cache.close()
})

test('flush_all ends leases and intents: what they were for stores nothing', async () => {
  await using server = await startMemcached()
  const cache = memcached(server.url)
  const token = await lease(cache, 'a')
  const intended = await intend(cache, 'b')
  if (!intended.isAcknowledged || intended.token === null) throw new Error('no intent')
  expect(await say(server, 'flush_all\r\n')).toBe('OK\r\n')
  const values = [token, intended.token].map((one) => ({ token: one, text: 'x' }))
  expect(await cache.store(values)).toEqual([false, false])
  await lease(cache, 'a')
  await lease(cache, 'b')
  await cache.close()
})

test('an evicted lease is given to the next reader, and its first holder stores nothing', async () => {
  await using server = await startMemcached({ args: ['-m', '2'] })
  const cache = memcached(server.url)
  const token = await lease(cache, 'a')
  // Leases are all of one size, of which a page of a megabyte holds some ten thousand.
  for (let run = 0; run < 15; run++) await cache.find(manyLookups(2_000, run))
  expect(await say(server, 'stats\r\n')).toMatch(/STAT evictions [1-9]/)
  expect(await cache.store([{ token, text: 'late' }])).toEqual([false])
  const next = await lease(cache, 'a')
  expect(await cache.store([{ token, text: 'late' }])).toEqual([false])
  expect(await cache.store([{ token: next, text: 'new' }])).toEqual([true])
  await cache.close()
})

test('a server that is full and evicts nothing gives no lease, and an intent removes the value instead', async () => {
  await using server = await startMemcached({ args: ['-m', '2', '-M'] })
  const cache = memcached(server.url)
  await fill(cache, 'a', 'x'.repeat(10_000))
  let full = false
  for (let run = 0; run < 50 && !full; run++) {
    const found = await cache.find(manyLookups(2_000, run))
    full = found.some(({ entry }) => entry.state === 'busy' && entry.reason === 'full')
  }
  expect(full).toBe(true)
  const intended = await intend(cache, 'a')
  expect(intended).toMatchObject({ isAcknowledged: true, token: null, before: 'x'.repeat(10_000) })
  expect(await look(cache, 'a')).toEqual({ state: 'busy', reason: 'full' })
  // Who comes to know the server only now can use it all the same.
  const late = memcached(server.url)
  expect(await look(late, 'a')).toEqual({ state: 'busy', reason: 'full' })
  expect(await intend(late, 'a')).toMatchObject({ isAcknowledged: true, token: null })
  await Promise.all([cache.close(), late.close()])
})

test('a value that is larger than allowed is not sent, so the entry that is there stays', async () => {
  await using server = await startMemcached()
  const cache = memcached(server.url, { valueBytesMax: 2_000 })
  const token = await lease(cache, 'a')
  expect(await cache.store([{ token, text: 'ü'.repeat(1_001) }])).toEqual([false])
  expect(await look(cache, 'a')).toEqual({ state: 'busy', reason: 'lease' })
  expect(await cache.store([{ token, text: 'ü'.repeat(1_000) }])).toEqual([true])
  await cache.close()
})

test.each([
  { args: ['-I', '512k'], entryBytesMax: 512 * 1024 },
  { args: [], entryBytesMax: 1024 * 1024 },
  { args: ['-I', '2m'], entryBytesMax: 2 * 1024 * 1024 },
])(
  'what a server with $args doesn’t take is not sent to it, and what is sent it takes',
  async ({ args, entryBytesMax }) => {
    await using server = await startMemcached({ args })
    const cache = memcached(server.url, { valueBytesMax: 4_000_000 })
    const intended = await intend(cache, 'a')
    if (!intended.isAcknowledged || intended.token === null) throw new Error('no intent')
    const { token } = intended
    const bytesMax = entryBytesMax - 512 - 'a'.length
    expect(await cache.store([{ token, text: 'x'.repeat(bytesMax + 1) }])).toEqual([false])
    expect(await look(cache, 'a')).toEqual({ state: 'busy', reason: 'intent' })
    expect(await cache.store([{ token, text: 'x'.repeat(bytesMax) }])).toEqual([true])
    await cache.close()
  },
)

test('a value of the largest size that is usual is stored and read', async () => {
  await using server = await startMemcached()
  const cache = memcached(server.url)
  const text = 'x'.repeat(1_000_000)
  await fill(cache, 'k'.repeat(250), text)
  const [found] = await cache.find([lookupOf('k'.repeat(250))])
  expect(found?.entry).toMatchObject({ state: 'value', text })
  await cache.close()
})
