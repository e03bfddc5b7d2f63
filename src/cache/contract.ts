import type { DriverMissingError, UnsupportedCacheError } from '../errors.ts'

/**
 * The contract that a cache fulfils: how the protocol of `coherence/` reaches one cache, which may be several servers.
 *
 * What lies under a key is an **entry**: a value, a lease or an intent. Every entry has a token, its identity. It dies when the entry is
 * replaced, removed, evicted or expired, and with the server's process; it never fits another entry than its own.
 *
 * Keys are 1 to 250 ASCII characters without blanks. One server is responsible for a key, and all processes agree which. A **guard** is a
 * key of which every server has a copy of its own.
 *
 * All calls of one process to one server are carried out in the order in which they were made; only the leases of a `find` may be taken later,
 * before it answers.
 */
export interface Cache {
  readonly kind: 'memory' | 'memcached' | 'redis'
  /** Where it is, without password: for messages. */
  readonly location: string
  /** The same for everybody who shares this cache, and different for every other cache: the database remembers it. */
  readonly name: string
  readonly settings: CacheSettings

  /**
   * Reads entries, each before its guard on the same server, and takes a lease on every key and guard that has no entry. One pipelined
   * round for each server, all servers at once; never rejects.
   */
  find(lookups: readonly Lookup[]): Promise<Found[]>
  /**
   * Replaces whatever lies under the keys by intents, and tells what that was. One pipelined round for each server, all servers at once;
   * never rejects: an intent is acknowledged or it isn't. Where an intent can't be stored, removing the entry will do.
   */
  intend(lookups: readonly Lookup[]): Promise<Intended[]>
  /** Puts intents on every server's copy of a guard; null where not all servers acknowledged. */
  intendGuard(guard: string): Promise<Token[] | null>
  /**
   * Replaces entries by values, each only if its token still fits.
   *
   * @returns whether it was stored; false also where the server can't be asked. Never rejects.
   */
  store(values: readonly { readonly token: Token; readonly text: string }[]): Promise<boolean[]>
  /** Removes entries, each only if its token still fits; never rejects. */
  release(tokens: readonly Token[]): Promise<void>
  /**
   * Removes whatever lies under the keys.
   *
   * @returns whether it is certain that it is gone; never rejects
   */
  remove(keys: readonly string[]): Promise<boolean[]>
  /** Ends connections that it opened itself. */
  close(): Promise<void>
}

/** The identity of an entry. */
export interface Token {
  readonly key: string
  /** The life of the server's process that the entry belongs to: a text without blanks. */
  readonly incarnation: string
}

/** What is to be looked up. */
export interface Lookup {
  readonly key: string
  /** The guard that is read after the key, on the same server. */
  readonly guard: string
  /** An entry of which the text is known: it need not be sent again. */
  readonly known?: Token | undefined
}

/** What lies under a key. */
export type Entry =
  | { readonly state: 'value'; readonly token: Token; readonly text: string }
  /** The value whose token was known is still there. */
  | { readonly state: 'known'; readonly token: Token }
  /** Nothing did; the lease that lies there now is the caller's. */
  | { readonly state: 'leased'; readonly token: Token }
  /** There is nothing to be had: somebody else's lease, an intent, no room for a lease, or no answer. */
  | { readonly state: 'busy'; readonly reason: 'lease' | 'intent' | 'full' | 'unreachable' }

/** What was found of a lookup. */
export interface Found {
  readonly entry: Entry
  readonly guard: Entry
}

/** What became of an intent. */
export type Intended =
  | {
      readonly isAcknowledged: true
      /** Of the intent; null where the entry was removed instead. */
      readonly token: Token | null
      /** The text of the value that was there, and of the guard's after it; null where there was none. */
      readonly before: string | null
      readonly guard: string | null
      /** The life of the server's process. */
      readonly incarnation: string
    }
  | {
      readonly isAcknowledged: false
      readonly reason: string
      /** Why it will never be, where trying again can't help: what the writer gets to see. */
      readonly cause?: UnsupportedCacheError | DriverMissingError
    }

/** How a cache is used. */
export interface CacheOptions {
  /** How long a value stays at most, in milliseconds, from 1,000 to 30 days; an hour unless said otherwise. Nothing depends on it. */
  readonly ttlMs?: number
  /**
   * The largest value that is kept, in bytes, from 1,024; larger accounts are read from the database. 1,000,000 unless said otherwise: what
   * memcached takes without further settings.
   */
  readonly valueBytesMax?: number
  /**
   * What a writer does that can't reach the cache. `refuse` (the default): nothing is written, and it gets a `CacheUnavailableError`.
   * `eventual`: it writes, and until a relay removes the cached value, readers may see the old one.
   */
  readonly whenUnreachable?: 'refuse' | 'eventual'
  /** After how many milliseconds a lease ends by itself, from 2,000 to 30 days; 5,000 unless said otherwise. Only costs a read, never correctness. */
  readonly leaseMs?: number
  /** After how many milliseconds an intent ends by itself, from 2,000 to 30 days; 30,000 unless said otherwise. Only costs reads, never correctness. */
  readonly intentMs?: number
  /** How long a reader waits at most for another's fill before it reads the database itself, in milliseconds from 0 to an hour; 50 unless said otherwise. */
  readonly waitMs?: number
  /** How long a server may take for an answer, in milliseconds from 1 to an hour; 1,000 unless said otherwise. */
  readonly timeoutMs?: number
  /**
   * Room for copies in this process, in bytes from 0; 0, for none, unless said otherwise. A copy is asked after with every use, so it is never
   * stale: it spares bytes and decoding, not the round trip.
   */
  readonly nearBytesMax?: number
  /**
   * How often this process looks for accounts that were changed by hand, to remove their cached values, in milliseconds from 0 to an hour;
   * 100 unless said otherwise. With 0 it never does, because others do, or `stockpile relay`.
   */
  readonly relayMs?: number
}

/** Options with nothing left out. */
export type CacheSettings = Required<CacheOptions>
