import { inject } from 'vitest'
import { memcached } from '../../src/cache/memcached/index.ts'
import { redis } from '../../src/cache/redis/index.ts'
import { Stockpile, type Cache, type CacheOptions } from '../../src/index.ts'
import { openStorage } from '../chaos/open-storage.ts'
import type { CliDatabase } from './databases.ts'

/** A cache that processes share, as the command line and as an application names it. */
export interface CliCache {
  /** What `--cache` is. */
  readonly url: string
  open(options?: CacheOptions): Cache
}

/** The caches that the command line is tested with, by name. */
export const cacheNames = ['memcached', 'redis'] as const

/** The cache of a name. */
export function cacheOf(name: (typeof cacheNames)[number]): CliCache {
  if (name === 'redis') return { url: inject('redisUrl'), open: (options) => redis(inject('redisUrl'), options) }
  const url = inject('memcachedUrl')
  return { url, open: (options) => memcached(url, options) }
}

/** An application that has a database with its cache; what is changed by hand, it leaves to others. */
export async function openApplication({ url }: CliDatabase, cache: Cache): Promise<Stockpile> {
  const stockpile = new Stockpile({ storage: await openStorage(url), cache })
  await stockpile.migrate(['farm'])
  return stockpile
}
