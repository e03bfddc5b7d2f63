/** What a reader was answered: an account's version, and the marks on its two items. */
export interface Reading {
  readonly version: number
  readonly left: number
  readonly right: number
}

/** How an account is read: all of it, by a list of items, past the cache, or so that what is cached is rewritten. */
export type Way = 'all' | 'list' | 'past' | 'refresh'

/** Something that is done besides reading. */
export type Deed = 'write' | 'trade' | 'transact' | 'undo' | 'refuse' | 'bulk' | 'evict'

/**
 * What is on trial: something that keeps accounts in a database and in a cache. Every account has two items, and every write puts the same
 * new mark on both, so that a reader who sees two marks has seen two moments at once.
 */
export interface Subject {
  /** What it can do. */
  readonly deeds: readonly Deed[]
  read(account: string, way: Way): Promise<Reading>
  /**
   * Does a deed to all of the accounts; `undo` and `refuse` leave no mark.
   *
   * @param mark a number that was never used before; the one after it is free, too
   * @throws whatever stands in the way: then nobody knows whether the mark is there
   */
  perform(deed: Deed, accounts: readonly string[], mark: number): Promise<void>
  /** What the cache did, by name. */
  statistics(): Readonly<Record<string, number>>
  close(): Promise<void>
}
