import { InvalidArgumentError } from '../../errors.ts'
import type { Cache, CacheOptions } from '../contract.ts'
import { toCacheSettings } from '../options.ts'
import { MemoryCache } from './cache.ts'

/** How a cache in this process is used. */
export interface MemoryCacheOptions extends CacheOptions {
  /**
   * Room for values, in bytes from 65,536; 67,108,864 (64 MiB) unless said otherwise. Each entry counts with 220 bytes besides its key and
   * its value, which is about what it takes. What was used longest ago goes first.
   */
  readonly bytesMax?: number
  /** What tells the milliseconds that have gone by, and never goes back; `performance.now` unless said otherwise. For tests that own time. */
  readonly elapsedMs?: () => number
}

/**
 * Keeps values in this process. For a single process that has the database to itself: with several, use a cache that they share, or each
 * would go on reading its own values after another has written. The database remembers whose cache it has, and refuses a second one.
 *
 * Several Stockpiles of the process may share it; they have to, on the same database. It keeps no timer and no connection, so it need not
 * be closed.
 *
 * @throws InvalidArgumentError for an option that breaks its rule
 * @example
 * const stockpile = new Stockpile({ storage: sqlite('farm.db'), cache: memoryCache({ bytesMax: 16 * 1024 * 1024 }) })
 */
export function memoryCache(options: MemoryCacheOptions = {}): Cache {
  const settings = toCacheSettings<MemoryCacheOptions>(options, ['bytesMax', 'elapsedMs'])
  const { bytesMax = 64 * 1024 * 1024, elapsedMs = () => performance.now() } = options
  if (!Number.isSafeInteger(bytesMax) || bytesMax < 65_536) {
    throw new InvalidArgumentError('options.bytesMax', bytesMax, 'a whole number from 65,536')
  }
  if (typeof elapsedMs !== 'function') {
    throw new InvalidArgumentError('options.elapsedMs', elapsedMs, 'a function that answers milliseconds')
  }
  return new MemoryCache({ settings, bytesMax, elapsedMs })
}
