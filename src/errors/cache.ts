import { nothingWritten, StockpileError } from './stockpile-error.ts'

/** A write could not tell the cache that it is about to happen. */
export class CacheUnavailableError extends StockpileError {
  static override readonly reference = {
    code: 'CACHE_UNAVAILABLE',
    isRetryable: true,
    meaning:
      'The cache did not acknowledge in time that values are about to change, so writing them could have left old ones in it. ' +
      'With `whenUnreachable: "eventual"` the write happens nevertheless. From `relay()`: values that were changed by hand could not be removed yet.',
    afterwards: nothingWritten,
  }

  /** @param tried what the cache did not acknowledge: that values are about to change, or that values are to be removed after a change by hand */
  constructor(location: string, reason: string, tried: 'announce' | 'remove' = 'announce', options?: ErrorOptions) {
    super(
      tried === 'announce'
        ? `the cache at ${location} did not acknowledge that values are about to change: ${reason}; nothing was written, so that nobody reads old values: ` +
            'try again when the cache can be reached'
        : `the cache at ${location} did not remove what was changed by hand: ${reason}; readers may see the old values until it does: ` +
            'it is tried again by itself, as long as a process with the cache runs',
      { location, reason, tried },
      options,
    )
  }
}

/** A cache server is too old, or set up in a way that would break a promise. */
export class UnsupportedCacheError extends StockpileError {
  static override readonly reference = {
    code: 'UNSUPPORTED_CACHE',
    isRetryable: false,
    meaning:
      'A cache server is older than Stockpile supports, or set up in a way that breaks a promise; the message says which, and what to do.',
    afterwards: nothingWritten,
  }

  /**
   * @param server which one, without password
   * @param fault what is wrong with it
   * @param remedy what to do about it
   */
  constructor(server: string, fault: string, remedy: string, options?: ErrorOptions) {
    super(`the cache server ${server} can not be used: ${fault}; ${remedy}`, { server, fault, remedy }, options)
  }
}

/** The database is cached otherwise than this Stockpile is set up. */
export class CacheMismatchError extends StockpileError {
  static override readonly reference = {
    code: 'CACHE_MISMATCH',
    isRetryable: false,
    meaning:
      'The database remembers which cache its readers use, and this Stockpile has another one, or none: what it wrote would not reach that ' +
      'cache, and others would read old values.',
    afterwards: nothingWritten,
  }

  /** @param data the notes about the cache: `noted` in the database, `own` of this Stockpile; null where there is none */
  constructor(data: { readonly noted: string | null; readonly own: string | null }, options?: ErrorOptions) {
    const noted = data.noted === null ? null : parse(data.noted)
    const own = data.own === null ? null : parse(data.own)
    const is = noted === null ? 'the database is not cached' : `the database is cached in ${placeOf(noted)}`
    const has = own === null ? 'this Stockpile has no cache' : `this Stockpile has a cache in ${placeOf(own)}`
    super(
      `${is}, and ${has}: readers would get old values, so nothing was done; ${remedyFor(noted, own)}`,
      data,
      options,
    )
  }
}

/** What a note says of the cache. */
interface NotedCache {
  readonly cache: string
  readonly process: { readonly host: string; readonly id: number } | null
}

function parse(note: string): NotedCache {
  try {
    return JSON.parse(note) as NotedCache
  } catch {
    return { cache: note, process: null }
  }
}

function placeOf({ cache, process }: NotedCache): string {
  return process === null ? cache : `the memory of process ${process.id} on ${process.host}`
}

function remedyFor(noted: NotedCache | null, own: NotedCache | null): string {
  if (noted === null) return 'somebody made the database forget its cache: start this process again'
  const forget = 'once no process uses that cache any more, run `stockpile cache --forget --yes`'
  if (noted.process === null) return `give it the same \`cache\`, or, ${forget}`
  const { id, host } = noted.process
  if (own?.process?.id === id && own.process.host === host)
    return 'give the same `memoryCache(...)` to all Stockpiles of the process that use this database'
  return `processes can share \`memcached(...)\` or \`redis(...)\`, and no memory: give all of them one of those, or end that process; ${forget}`
}
