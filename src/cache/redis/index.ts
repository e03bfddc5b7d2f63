import { InvalidArgumentError } from '../../errors.ts'
import type { Cache, CacheOptions } from '../contract.ts'
import { toCacheSettings } from '../options.ts'
import { RedisCache } from './cache.ts'
import { borrowConnection, locationOf, type RedisClient } from './clients.ts'
import { OwnConnection } from './own-connection.ts'

export type { RedisClient } from './clients.ts'

/** How a Redis server is used. */
export interface RedisOptions extends CacheOptions {
  /**
   * What the database remembers this cache by, 1 to 200 characters; host, port and number of the Redis database unless said otherwise. All
   * processes must say the same: give it a name where they reach the same server by different addresses, or different servers by the same
   * address (each its own `localhost`).
   */
  readonly name?: string
}

/**
 * Keeps values on a Redis server (7.0 or later, or Valkey), which any number of processes share.
 *
 * It must be one server that is not part of a cluster, so that a value and its guard are on the same one; its database may hold other
 * things as well. Values are good for one life of the server's process, as the primary: what a restart brings back from the disk, or a
 * failover from a replica, is never taken for a value, so a copy on disk is of no use. Turn it off, if the server has no other use for it:
 * `save ""` and `appendonly no`. Not covered is a server that was replaced by another one and goes on answering some of the processes as if
 * nothing had happened, as a primary can that a network split has cut off: let a failover end the old server first.
 *
 * What is changed is changed by scripts (EVALSHA), which are loaded by themselves; a user of the server needs the rights to run them, INFO, and
 * MGET, GETRANGE, SET and DEL of keys. Where memory is full and nothing may be evicted, reads go on and nothing new is kept.
 *
 * @param target a URL such as `redis://user:password@host:6379/0` (`rediss:` for TLS), for which the package redis must be installed; or the
 *   application's own client of the package redis or ioredis, connected, which stays open at the end. What its offline queue or its
 *   retries hold back counts as not answered after `timeoutMs`, and does no harm when it is sent later.
 * @throws InvalidArgumentError for a target or an option that can't be
 * @example
 * const stockpile = new Stockpile({ storage: sqlite('farm.db'), cache: redis('redis://cache.example:6379') })
 */
export function redis(target: string | RedisClient, options: RedisOptions = {}): Cache {
  const settings = toCacheSettings<RedisOptions>(options, ['name'])
  const connection = typeof target === 'string' ? null : borrowConnection(target)
  const location = locationOf(target)
  const { name = location.replace('redis://', '') } = options
  if (typeof name !== 'string' || name === '' || name.length > 200) {
    throw new InvalidArgumentError('options.name', name, 'a text of 1 to 200 characters')
  }
  return new RedisCache({
    connection: connection ?? new OwnConnection(target as string),
    location,
    name: `redis:${name}`,
    settings,
  })
}
