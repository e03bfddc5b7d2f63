import type { Cache, CacheOptions } from '../index.ts'
import { usageError } from './command-errors.ts'
import { withoutPassword } from './report-failure.ts'

const examples = 'memcached:HOST:PORT,HOST:PORT or redis://user:password@host:6379/0'

/**
 * Opens the cache that a URL names; each kind is loaded when it is asked for.
 *
 * @param url `memory:`, `memcached:` with one or more servers and commas between them, `redis://...` or `rediss://...`, with the cache's name behind
 *   a `#` where the application has given it one
 * @throws a usage error for a URL that names no cache
 */
export async function openCache(url: string, options: CacheOptions = {}): Promise<Cache> {
  const scheme = /^([a-z]+):/i.exec(url)?.[1] ?? ''
  switch (scheme.toLowerCase()) {
    case 'memory': {
      const { memoryCache } = await import('../index.ts')
      return memoryCache(options)
    }
    case 'memcached': {
      const { memcached } = await import('../cache/memcached/index.ts')
      // `memcached:a:11211,b:11211`, and `memcached://a:11211` as others write it.
      const servers = url.slice('memcached:'.length).replace(/^\/\//, '')
      return memcached(servers.split(','), options)
    }
    case 'redis':
    case 'rediss': {
      const { redis } = await import('../cache/redis/index.ts')
      const [target = '', name] = url.split('#', 2)
      return redis(target, name === undefined ? options : { ...options, name: decodeURIComponent(name) })
    }
    default:
      throw usageError(`'${withoutPassword(url)}' names no cache\nURL is ${examples}`)
  }
}
