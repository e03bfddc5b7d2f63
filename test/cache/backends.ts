import { inject } from 'vitest'
import { memcached } from '../../src/cache/memcached/index.ts'
import { redis } from '../../src/cache/redis/index.ts'
import { memoryCache } from '../../src/index.ts'
import type { CacheBackend, CachePlace, MortalCachePlace } from '../../src/testing/index.ts'
import { startMemcached } from '../servers/memcached.ts'
import { startRedis } from '../servers/redis.ts'
import type { Server } from '../servers/server.ts'

/** The caches that everything is tested with. */
export const cacheBackends: readonly CacheBackend[] = [
  { name: 'memory', create: async (options) => place(sharing(memoryCache(options))) },
  {
    name: 'memcached',
    create: async (options) => place(() => memcached(inject('memcachedUrl'), options)),
    createMortal: async (options) => mortal(await startMemcached(), (url) => memcached(url, options)),
  },
  {
    name: 'redis',
    create: async (options) => place(() => redis(inject('redisUrl'), options)),
    createMortal: async (options) => mortal(await startRedis(), (url) => redis(url, options)),
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
