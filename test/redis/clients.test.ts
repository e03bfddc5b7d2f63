// The claims bring their titles and their assertions along.
// oxlint-disable vitest/valid-title vitest/expect-expect
import { Redis } from 'ioredis'
import { createClient, createClientPool, createCluster } from 'redis'
import { describe, expect, inject, test } from 'vitest'
import { redis, type RedisClient } from '../../src/cache/redis/index.ts'
import { InvalidArgumentError } from '../../src/errors.ts'
import type { Cache, CacheOptions } from '../../src/index.ts'
import { cacheClaims, isClaimApplicable, runCacheClaim, type CacheBackend } from '../../src/testing/index.ts'
import { startRedis } from '../servers/redis.ts'

/** Opens clients of one package; `end` ends them. */
type Open = (url: string) => Promise<{ client: RedisClient; end: () => void }>

const openers: Readonly<Record<string, Open>> = {
  redis: async (url) => {
    const client = createClient({ url })
    client.on('error', () => undefined)
    await client.connect()
    return { client, end: () => client.destroy() }
  },
  ioredis: async (url) => {
    const client = new Redis(url)
    client.on('error', () => undefined)
    return { client, end: () => client.disconnect() }
  },
}

// A machine that is busy with other tests may take its time.
const patient = { timeoutMs: 20_000, leaseMs: 60_000, intentMs: 60_000 }
// What a client holds back while its server is dead counts as not answered, after this.
const impatient = { timeoutMs: 1_500, leaseMs: 60_000, intentMs: 60_000 }

function backendOf(name: string, open: Open): CacheBackend {
  const caches = async (
    url: string,
    options: CacheOptions,
  ): Promise<{ cache: () => Cache; end: () => Promise<void> }> => {
    // One for each of the two caches that a claim works with.
    const opened = [await open(url), await open(url)]
    let next = 0
    return {
      cache: () => redis(opened[next++]!.client, options),
      end: async () => opened.forEach(({ end }) => end()),
    }
  }
  return {
    name,
    create: (options) => caches(inject('redisUrl'), { ...patient, ...options }),
    createMortal: async (options) => {
      const server = await startRedis()
      const place = await caches(server.url, { ...impatient, ...options })
      return {
        ...place,
        kill: () => server.kill(),
        restart: () => server.restart(),
        end: async () => {
          await place.end()
          await server.stop()
        },
      }
    },
  }
}

describe.each(Object.entries(openers))("the application's own client of %s", (name, open) => {
  const backend = backendOf(name, open)
  const claims = cacheClaims.filter((claim) => isClaimApplicable(claim, backend))
  for (const claim of claims) test.concurrent(claim.title, () => runCacheClaim(claim, backend))

  test('stays open, and is known by the same name as its URL', async () => {
    const { client, end } = await open(inject('redisUrl'))
    const [cache, own] = [redis(client), redis(inject('redisUrl'))]
    expect([cache.name, cache.location]).toEqual([own.name, own.location])
    await cache.close()
    const again = redis(client)
    expect((await again.find([{ key: `open:${name}`, guard: 'open' }]))[0]?.entry).not.toMatchObject({
      reason: 'unreachable',
    })
    end()
  })
})

describe('what a cache is made of', () => {
  test('is known by host, port and database, or by the name that it is given', () => {
    expect(redis('redis://Cache.example').name).toBe('redis:cache.example:6379/0')
    expect(redis('redis://user:secret@cache.example:7000/3').name).toBe('redis:cache.example:7000/3')
    expect(redis('rediss://user:secret@cache.example').location).toBe('redis://cache.example:6379/0')
    expect(redis('redis://cache.example', { name: 'farm' }).name).toBe('redis:farm')
  })

  test('is refused where it is no URL, no client, or many connections at once', () => {
    const [pool, cluster] = [createClientPool(), createCluster({ rootNodes: [{ url: 'redis://127.0.0.1:1' }] })]
    const prefixed = new Redis({ lazyConnect: true, keyPrefix: 'a:' })
    const targets = [
      '',
      'http://u:secret@x',
      'cache.example:6379',
      5,
      null,
      {},
      { get: () => 1 },
      pool,
      cluster,
      prefixed,
    ]
    for (const target of targets) {
      const make = (): Cache => redis(target as string)
      expect(make).toThrow(InvalidArgumentError)
      expect(make).not.toThrow(/secret/)
    }
    for (const name of ['', 'x'.repeat(201), 5]) {
      expect(() => redis('redis://x', { name: name as string })).toThrow(/options\.name must be/)
    }
    expect(() => redis('redis://x', { prefix: 'a' } as object)).toThrow(/options\.prefix must be left out/)
  })
})
