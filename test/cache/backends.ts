import { inject } from 'vitest'
import { memcached } from '../../src/cache/memcached/index.ts'
import { redis } from '../../src/cache/redis/index.ts'
import { memoryCache } from '../../src/index.ts'
import type { CacheBackend, CachePlace, MortalCachePlace } from '../../src/testing/index.ts'
import { startMemcached } from '../servers/memcached.ts'
import { startRedis } from '../servers/redis.ts'
import type { Server } from '../servers/server.ts'

// A machine that is busy with other tests may take its time; what is about time says its own.
const patient = { timeoutMs: 20_000, leaseMs: 60_000, intentMs: 60_000 }

/** The caches that everything is tested with. */
export const cacheBackends: readonly CacheBackend[] = [
  { name: 'memory', create: async (options) => place(sharing(memoryCache(options))) },
  {
    name: 'memcached',
    create: async (options) => place(() => memcached(inject('memcachedUrl'), { ...patient, ...options })),
    createMortal: async (options) =>
      mortal(await startMemcached(), (url) => memcached(url, { ...patient, ...options })),
  },
  {
    name: 'redis',
    create: async (options) => place(() => redis(inject('redisUrl'), { ...patient, ...options })),
    createMortal: async (options) => mortal(await startRedis(), (url) => redis(url, { ...patient, ...options })),
  },
]

function sharing<T>(one: T): () => T {
  return () => one
}

function place(cache: CachePlace['cache']): CachePlace {
  return { cache, end: async () => undefined }
}

function mortal(server: Server, open: (url: string) => ReturnType<CachePlace['cache']>): MortalCachePlace {
  return {
    cache: () => open(server.url),
    kill: () => server.kill(),
    restart: () => server.restart(),
    end: () => server.stop(),
  }
}
