import { expect, test } from 'vitest'
import { redis } from '../../src/cache/redis/index.ts'
import { startRedis } from '../servers/redis.ts'
import { fill, lease, look, openOutsider, until, untilReached } from './lab.ts'

const patient = { timeoutMs: 10_000, leaseMs: 60_000, intentMs: 60_000 }

test('what a restart brings back from the disk is no value, no lease and no intent', async () => {
  await using server = await startRedis()
  const cache = redis(server.url, patient)
  await fill(cache, 'value', 'old')
  const token = await lease(cache, 'lease')
  await cache.intend([{ key: 'intent', guard: 'guard' }])
  {
    await using outsider = await openOutsider(server.url)
    await outsider.send('SAVE')
  }
  // Acknowledged, and not on the disk.
  await cache.intend([{ key: 'value', guard: 'guard' }])
  await server.restart()
  await using outsider = await openOutsider(server.url)
  expect(await outsider.send('GETRANGE', 'value', '0', '0')).toBe('V')
  expect(await outsider.send('GETRANGE', 'lease', '0', '0')).toBe('L')
  expect(await outsider.send('GETRANGE', 'intent', '0', '0')).toBe('I')
  await untilReached(cache)
  expect(await cache.store([{ token, text: 'old' }])).toEqual([false])
  await cache.release([token])
  expect(await outsider.send('EXISTS', 'lease')).toBe(1)
  const [intended] = await cache.intend([{ key: 'value', guard: 'guard' }])
  expect(intended).toMatchObject({ isAcknowledged: true, before: null })
  for (const key of ['lease', 'intent']) expect(await look(cache, key)).toMatchObject({ state: 'leased' })
  await cache.close()
})

test('a server that was a replica in between has begun another life, with nothing of the one before', async () => {
  await using one = await startRedis()
  await using two = await startRedis()
  const [cache, unaware] = [redis(one.url, patient), redis(one.url, patient)]
  await using first = await openOutsider(one.url)
  await using second = await openOutsider(two.url)
  await fill(cache, 'a', 'old')
  const before = await lease(cache, 'b')
  expect(await look(unaware, 'a')).toMatchObject({ state: 'value', text: 'old' })
  await second.send('REPLICAOF', one.host, String(one.port))
  await until(async () => (await second.send('EXISTS', 'a')) === 1)
  await second.send('REPLICAOF', 'NO', 'ONE')
  // The other server never hears of this.
  expect((await cache.intend([{ key: 'a', guard: 'guard' }]))[0]?.isAcknowledged).toBe(true)
  await first.send('REPLICAOF', two.host, String(two.port))
  await until(async () => (await first.send('GETRANGE', 'a', '0', '0')) === 'V')
  // As a replica it has nothing to say, not even of what it has.
  expect(await look(cache, 'a')).toEqual({ state: 'busy', reason: 'unreachable' })
  expect((await cache.intend([{ key: 'a', guard: 'guard' }]))[0]?.isAcknowledged).toBe(false)
  await first.send('REPLICAOF', 'NO', 'ONE')
  // Not even to somebody who noticed nothing of it.
  expect(await look(unaware, 'a')).toMatchObject({ state: 'leased' })
  await unaware.remove(['a'])
  expect(await cache.store([{ token: before, text: 'old' }])).toEqual([false])
  const entry = await look(cache, 'a')
  expect(entry.state).toBe('leased')
  expect(entry).not.toMatchObject({ token: { incarnation: before.incarnation } })
  await cache.close()
  await unaware.close()
})

test('a replica that has not reached its primary yet says nothing either', async () => {
  await using server = await startRedis()
  await using outsider = await openOutsider(server.url)
  const cache = redis(server.url, patient)
  await fill(cache, 'a', 'old')
  await outsider.send('REPLICAOF', '127.0.0.1', '1')
  expect(await outsider.send('GETRANGE', 'a', '0', '0')).toBe('V')
  expect(await look(cache, 'a')).toEqual({ state: 'busy', reason: 'unreachable' })
  expect(await cache.remove(['a'])).toEqual([false])
  await outsider.send('REPLICAOF', 'NO', 'ONE')
  expect(await look(cache, 'a')).toMatchObject({ state: 'leased' })
  await cache.close()
})

test('a server that forgets its scripts gets them again, and goes on with its life', async () => {
  await using server = await startRedis()
  await using outsider = await openOutsider(server.url)
  const cache = redis(server.url, patient)
  await fill(cache, 'a', 'text')
  await outsider.send('SCRIPT', 'FLUSH')
  expect(await look(cache, 'a')).toMatchObject({ state: 'value', text: 'text' })
  await outsider.send('SCRIPT', 'FLUSH')
  expect((await cache.intend([{ key: 'a', guard: 'guard' }]))[0]).toMatchObject({
    isAcknowledged: true,
    before: 'text',
  })
  await outsider.send('SCRIPT', 'FLUSH')
  const many = await Promise.all(Array.from({ length: 50 }, (_, nth) => look(cache, `many${nth}`)))
  expect(new Set(many.map(({ state }) => state))).toEqual(new Set(['leased']))
  expect(await cache.remove(['a'])).toEqual([true])
  await cache.close()
})

test('a server that is emptied goes on, and no token of before fits', async () => {
  await using server = await startRedis()
  await using outsider = await openOutsider(server.url)
  const cache = redis(server.url, patient)
  const token = await lease(cache, 'a')
  await outsider.send('FLUSHALL')
  expect(await cache.store([{ token, text: 'old' }])).toEqual([false])
  expect(await look(cache, 'a')).toMatchObject({ state: 'leased' })
  await cache.close()
})
