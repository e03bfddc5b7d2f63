import type { Cache, CacheOptions } from '../contract.ts'
import { toCacheSettings } from '../options.ts'
import { toAddresses } from './address.ts'
import { MemcachedCache } from './cache.ts'

export type { Cache, CacheOptions } from '../contract.ts'

/**
 * Caches inventories in memcached (1.6.13 or later), over one connection to each server, which is opened when it is needed and made anew when it
 * is lost.
 *
 * With several servers each has its share of the accounts, and all processes must name the same ones, spelt the same way, in whatever order;
 * none takes over for another, because two that think they have an account would disagree about it. The servers must be reached directly,
 * not through a proxy such as mcrouter.
 *
 * A server that is too old, or runs with `-C`, is refused when it is first asked: writers get an `UnsupportedCacheError` that says what to
 * do, readers read the database.
 *
 * @param servers `'host:port'`, `'host'`, `'unix:/path'` or a `memcached://` URL, or several of them; the usual port is 11211
 * @throws InvalidArgumentError for servers or an option that can't be
 * @example
 * const stockpile = new Stockpile({ storage: sqlite('farm.db'), cache: memcached(['10.0.0.5:11211', '10.0.0.6:11211']) })
 */
export function memcached(servers: string | readonly string[], options: CacheOptions = {}): Cache {
  return new MemcachedCache(toAddresses(servers), toCacheSettings(options))
}
