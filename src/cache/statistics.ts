/** What a cache did for one Stockpile since it was made; all of it counts up. */
export interface CacheStatistics {
  /** Reads answered from the cache. */
  hits: number
  /** Of the hits, those whose text was a copy in this process. */
  nearHits: number
  /** Reads answered by the database. */
  misses: number
  /** Of the misses, those that found somebody else's lease until their wait was over. */
  leaseMisses: number
  /** Of the misses, those that found an intent: a write was under way. */
  intentMisses: number
  /** Of the misses, those whose account is larger than a value may be. */
  tooLargeMisses: number
  /** Of the misses, those that got no answer from the cache, or found no room for a lease. */
  unreachableMisses: number
  /** Values that readers stored. */
  fills: number
  /** Values that readers could not store, because a write came between or the account was locked. */
  fillsRefused: number
  /** Intents that were acknowledged. */
  intents: number
  /** Values that writers stored after their commit. */
  publishes: number
  /** Writes after which there was no value to publish: nothing was cached, or it was not of the version before. */
  publishesLeftOut: number
  /** Values that writers could not store, because another write came between. */
  publishesRefused: number
  /** Writes whose intents were not acknowledged. */
  intentsFailed: number
  /** Accounts whose values the relay removed. */
  relayed: number
}

/** Everything at zero. */
export function noStatistics(): CacheStatistics {
  return {
    hits: 0,
    nearHits: 0,
    misses: 0,
    leaseMisses: 0,
    intentMisses: 0,
    tooLargeMisses: 0,
    unreachableMisses: 0,
    fills: 0,
    fillsRefused: 0,
    intents: 0,
    publishes: 0,
    publishesLeftOut: 0,
    publishesRefused: 0,
    intentsFailed: 0,
    relayed: 0,
  }
}
