import { describe, expect, test } from 'vitest'
import { redis } from '../../src/cache/redis/index.ts'
import { UnsupportedCacheError } from '../../src/errors.ts'
import type { CacheToken } from '../../src/index.ts'
import { startRedis } from '../servers/redis.ts'
import { fill, lease, look, openOutsider } from './lab.ts'

const patient = { timeoutMs: 10_000, leaseMs: 60_000, intentMs: 50_000, ttlMs: 40_000 }

describe('a server without room, where nothing may be evicted', () => {
  test('goes on answering reads, leases nothing, stores nothing, and still learns of writes', async () => {
    await using server = await startRedis({ args: ['--maxmemory-policy', 'noeviction'] })
    await using outsider = await openOutsider(server.url)
    const cache = redis(server.url, patient)
    await fill(cache, 'value', 'text')
    const token = await lease(cache, 'lease')
    await outsider.send('CONFIG', 'SET', 'maxmemory', '1')
    expect(await look(cache, 'value')).toMatchObject({ state: 'value', text: 'text' })
    expect(await look(cache, 'other')).toEqual({ state: 'busy', reason: 'full' })
    expect(await cache.store([{ token, text: 'new' }])).toEqual([false])
    const [intended] = await cache.intend([{ key: 'value', guard: 'guard' }])
    expect(intended).toMatchObject({ isAcknowledged: true, token: null, before: 'text' })
    expect(await outsider.send('EXISTS', 'value')).toBe(0)
    expect(await cache.intendGuard('guard')).toEqual([])
    await cache.release([token])
    expect(await cache.remove(['lease', 'value'])).toEqual([true, true])
    expect(await outsider.send('DBSIZE')).toBe(0)
    await outsider.send('CONFIG', 'SET', 'maxmemory', '0')
    expect(await look(cache, 'value')).toMatchObject({ state: 'leased' })
    await cache.close()
  })
})

describe('a server that holds other things', () => {
  test('takes what somebody else has put under a key for nothing', async () => {
    await using server = await startRedis()
    await using outsider = await openOutsider(server.url)
    const cache = redis(server.url, patient)
    const foreign = [
      ['RPUSH', 'x'],
      ['HSET', 'field', 'x'],
      ['SET', ''],
      ['SET', 'V'],
      ['SET', 'V'.repeat(500)],
    ]
    for (const [nth, [command = '', ...more]] of foreign.entries()) {
      const put = async (name: string): Promise<{ key: string; token: CacheToken }> => {
        const key = `${name}${nth}`
        const token = await lease(cache, key)
        await outsider.send('DEL', key)
        await outsider.send(command, key, ...more)
        return { key, token }
      }
      const found = await put('find')
      expect(await look(cache, found.key)).toMatchObject({ state: 'leased' })
      const known = await put('known')
      expect(await look(cache, known.key, known.token)).toMatchObject({ state: 'leased' })
      expect(await cache.remove([(await put('remove')).key])).toEqual([true])
      const { token } = await put('store')
      expect(await cache.store([{ token, text: 'x' }])).toEqual([false])
      const { key } = await put('intend')
      const [intended] = await cache.intend([{ key, guard: 'guard' }])
      expect(intended).toMatchObject({ isAcknowledged: true, before: null, token: { key } })
    }
    await cache.close()
  })

  test('is told how long each entry may stay', async () => {
    await using server = await startRedis()
    await using outsider = await openOutsider(server.url)
    const cache = redis(server.url, patient)
    await fill(cache, 'value', 'x')
    await lease(cache, 'lease')
    await cache.intend([{ key: 'intent', guard: 'guard' }])
    await cache.intendGuard('guard')
    for (const [key, mostMs] of [
      ['value', 40_000],
      ['lease', 60_000],
      ['intent', 50_000],
      ['guard', 50_000],
    ] as const) {
      const leftMs = Number(await outsider.send('PTTL', key))
      expect(leftMs).toBeLessThanOrEqual(mostMs)
      expect(leftMs).toBeGreaterThan(mostMs - 20_000)
    }
    await cache.close()
  })
})

test('a server of a cluster is refused: writers learn why, readers read the database', async () => {
  await using server = await startRedis({ args: ['--cluster-enabled', 'yes'] })
  const cache = redis(server.url, patient)
  expect(await look(cache, 'a')).toEqual({ state: 'busy', reason: 'unreachable' })
  const [intended] = await cache.intend([{ key: 'a', guard: 'guard' }])
  expect(intended).toMatchObject({ isAcknowledged: false, reason: expect.stringContaining('cluster') as string })
  expect(intended?.isAcknowledged === false && intended.cause).toBeInstanceOf(UnsupportedCacheError)
  expect(await cache.intendGuard('guard')).toBeNull()
  await cache.close()
})
