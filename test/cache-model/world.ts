/**
 * Everything that a run of the model remembers: the database as far as it matters to one account, the cache, and how far everybody has
 * come. The content of an account is the set of changes that were applied to it, as bits: so a value that lacks one of them, or holds one
 * that was rolled back, gives itself away.
 */
export interface World {
  database: Database
  cache: CacheServer
  readonly writers: Writer[]
  readonly bulks: Bulk[]
  readonly edits: Edit[]
  readonly readers: Reader[]
  relay: Relay
  /** How often each thing may still go wrong. */
  faults: Faults
}

export interface Database {
  /** The contents that were committed, oldest first; the last one is what the database says. */
  contents: readonly number[]
  /** The account's version as committed: 0 where there is no account yet. */
  version: number
  generation: number
  /** Who holds the account's row: an actor's number, or 0. */
  rowLock: number
  generationLock: number
  /** Whether the database remembers that it is cached. */
  isNoted: number
  /** Places in `contents` of edits by hand that the relay has yet to take note of, as bits. */
  unrelayed: number
  /** The place in `contents` that the latest acknowledgement spoke of, and the latest one that anybody has seen. */
  acknowledged: number
  seen: number
}

export interface CacheServer {
  key: Entry | null
  /** Each server's copy of the guard; the last server is the one that the key lives on. */
  readonly guards: (Entry | null)[]
  /** What a server that saves itself to disk would come back with. */
  saved: { readonly key: Entry | null; readonly guard: Entry | null } | null
  incarnation: number
  /** The last token that was given out. */
  tokens: number
  /** Whether an intent that nobody waits for any more is still on its way. */
  isIntentLate: number
}

/** What lies under a key or a guard: entries are never changed, only replaced. */
export interface Entry {
  readonly kind: 'value' | 'lease' | 'intent'
  readonly token: number
  readonly content: number
  readonly version: number
  readonly generation: number
  readonly incarnation: number
}

/** An old value that a writer can apply its change to. */
export interface Base {
  readonly content: number
  readonly version: number
  readonly generation: number
  readonly incarnation: number
}

export interface Writer {
  at: 'open' | 'checked' | 'intended' | 'ready' | 'committed' | 'publishing' | 'releasing' | 'dying' | 'done'
  /** Changes made since the last savepoint rollback, as bits. */
  own: number
  dealsLeft: number
  /** The version found under the lock. */
  found: number
  /** The token of its intent. */
  token: number
  base: Base | null
}

export interface Bulk {
  at: 'start' | 'locked' | 'changed' | 'publishing' | 'dying' | 'done'
  /** How many servers' guards have been intended, or published. */
  servers: number
  tokens: number[]
  /** The generation that it has made. */
  generation: number
}

export interface Edit {
  at: 'start' | 'locked' | 'dying' | 'done'
}

export interface Reader {
  at:
    | 'start'
    | 'guarded'
    | 'keyed'
    | 'generation'
    | 'generation row'
    | 'row'
    | 'data'
    | 'row after'
    | 'fill'
    | 'joined'
    | 'offered'
    | 'done'
  /** What was acknowledged, and seen, when it began: nothing older may be its answer. */
  acknowledged: number
  seen: number
  token: number
  guardToken: number
  /** The generation that it read from the database. */
  generation: number
  /** The value that it found, or read. */
  value: Base | null
  isGuardRead: number
  /** Whether it saw the account locked, and must not fill. */
  isRefused: number
  /** The reader whose flight it joined, plus one. */
  leader: number
  /** The incarnation of the connection that it found the key through. */
  incarnation: number
  /** The copy that this process keeps, with the token that it had. */
  copy: (Base & { readonly token: number }) | null
  readsLeft: number
}

export interface Relay {
  at: 'idle' | 'taken'
  /** The edits that it is about to make good, as bits. */
  taken: number
}

export interface Faults {
  kill: number
  rollback: number
  savepoint: number
  evict: number
  restart: number
  nack: number
  lost: number
}
