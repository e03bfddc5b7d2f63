import { nothingWritten, StockpileError } from './stockpile-error.ts'

/** A write could not tell the cache that it is about to happen. */
export class CacheUnavailableError extends StockpileError {
  static override readonly reference = {
    code: 'CACHE_UNAVAILABLE',
    isRetryable: true,
    meaning:
      'The cache did not acknowledge in time that values are about to change, so writing them could have left old ones in it. ' +
      'With `whenUnreachable: "eventual"` the write happens nevertheless.',
    afterwards: nothingWritten,
  }

  constructor(location: string, reason: string, options?: ErrorOptions) {
    super(
      `the cache at ${location} did not acknowledge that values are about to change: ${reason}; nothing was written, so that nobody reads old values: ` +
        'try again when the cache can be reached',
      { location, reason },
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
