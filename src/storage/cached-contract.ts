import type { AccountName, HoldingAnswer, Writes } from './contract.ts'

/**
 * What a cache needs of a database: whole accounts that may be kept, the generation of an app, what was changed by hand, and a note of
 * which cache there is. A part of `Storage`, with the same faults.
 */
export interface CachedStorage {
  /**
   * Reads whole accounts, and tells of each whether the answer may be kept: whether the account's row was seen unlocked after this was
   * called and not later than the moment of the answer. Waits for no lock.
   */
  fetchWhole(accounts: readonly AccountName[]): Promise<WholeAnswer[]>
  /** Begins a change of an app by SQL; it has the app's generation locked from here on, so there is one at a time. */
  bulk(app: string): Promise<BulkSession>
  /**
   * Takes accounts that were changed by hand, or without the cache's knowledge, off the list: up to `accountsMax`, not those that somebody else is
   * taking. If `work` rejects, they stay.
   *
   * @returns how many
   */
  takeChanges(accountsMax: number, work: (accounts: readonly AccountName[]) => Promise<void>): Promise<number>
  /** Calls back when there may be accounts to take, where the database can tell; resolves to what ends that, or to null where it can't. */
  listen(wake: () => void): Promise<(() => Promise<void>) | null>
  /** The note about the cache, null where there is none. */
  cacheNote(): Promise<string | null>
  /** Replaces the note about the cache if it still is `expected`; answers what it is afterwards. */
  noteCache(expected: string | null, note: string | null): Promise<string | null>
}

/** A whole account of one moment, with all its serials. */
export interface WholeAnswer extends HoldingAnswer {
  /** Whether the account exists and its row was seen unlocked. */
  readonly isUnlocked: boolean
  /** The generation of the app, read before the account. */
  readonly generation: bigint
  /** Whether the generation's row was seen unlocked, not later than it was read. */
  readonly isGenerationUnlocked: boolean
}

/** A transaction that changes holdings by SQL, whatever the statements are. What it changes is not put on the list of changes. */
export interface BulkSession {
  /** The generation that the app has once this is committed. */
  readonly generation: bigint
  /** Runs one statement. */
  run(sql: string, parameters: readonly SqlParameter[]): Promise<SqlAnswer>
  /** Commits; what `Session.commit` throws. */
  commit(): Promise<void>
  /** Rolls back; never rejects. */
  rollback(): Promise<void>
}

/** What a statement answered. */
export interface SqlAnswer {
  /** The rows as objects, if it answers any. */
  readonly rows: readonly object[]
  /** How many rows those are, or how many it changed, as the database counts them. */
  readonly count: number
}

/** What can stand for a parameter of a statement. */
export type SqlParameter = string | number | bigint | null

/** What stands between what a transaction writes and its COMMIT, where there is a cache. */
export interface Announcing {
  /** The note about the cache that the database must have. */
  readonly note: string
  /** Whether announcing takes no time, so that nothing need be done meanwhile. */
  readonly isAtOnce: boolean
  /** Notes what is being written. */
  add(writes: Writes): void
  /** How much was noted so far: a place to go back to. */
  readonly mark: number
  /** Forgets what was noted after a mark, because it was undone. */
  restore(mark: number): void
  /**
   * Announces all that was noted. The accounts must be locked, and COMMIT be sent only after this is done.
   *
   * @returns accounts that are to be put on the list of changes before COMMIT
   * @throws CacheUnavailableError; nothing may be committed then
   */
  announce(): Promise<AccountName[]>
  /** To be called after the commit; waits for nothing. */
  committed(): void
  /** To be called after anything but a commit; waits for nothing. */
  withdraw(): void
}
