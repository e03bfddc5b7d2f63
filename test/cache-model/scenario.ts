import type { Faults } from './world.ts'

/** Who takes part in a run of the model, and what may go wrong in it. */
export interface Scenario {
  readonly name: string
  readonly writers: number
  /**
   * `lane`: one deal in a transaction of its own. `transaction`: two deals, and the intent last. `join`: two deals in the application's
   * transaction, with an intent after each. `untold`: a writer that was not told of the cache.
   */
  readonly style: 'lane' | 'transaction' | 'join' | 'untold'
  readonly readers: number
  readonly readsEach: number
  readonly bulks: number
  readonly edits: number
  readonly servers: number
  /** How the database tells whether a row is locked: by a probe and then a read, or by what it knows of the version that was read. */
  readonly probe: 'probe-then-read' | 'read-with-xmax'
  /** Whether triggers move the account's version when a bulk change touches it. */
  readonly bulkMovesVersion: boolean
  /** Whether the account is there from the beginning. */
  readonly isNew: boolean
  /** Whether the cache begins with the account's value in it. */
  readonly isWarm: boolean
  /** Whether readers of one process join each other's flights. */
  readonly canJoinFlights: boolean
  /** Whether readers ignore hits and refill: `refresh()`. */
  readonly refreshes: boolean
  readonly keepsCopies: boolean
  /** Whether a server that restarts may bring back what it had saved. */
  readonly savesToDisk: boolean
  /** Whether COMMIT and acknowledgement are two steps. Where they are one, the promise is stronger: fresh from the commit on. */
  readonly acknowledgesLater: boolean
  readonly faults: Faults
}

const none: Faults = { kill: 0, rollback: 0, savepoint: 0, evict: 0, restart: 0, nack: 0, lost: 0 }

/** A scenario in which only what is said differs from one writer and one reader on a warm cache, with nothing going wrong. */
export function scenario(
  name: string,
  differences: Partial<Omit<Scenario, 'name' | 'faults'>> & { readonly faults?: Partial<Faults> },
): Scenario {
  const { faults, ...rest } = differences
  return {
    name,
    writers: 1,
    style: 'lane',
    readers: 1,
    readsEach: 1,
    bulks: 0,
    edits: 0,
    servers: 1,
    probe: 'probe-then-read',
    bulkMovesVersion: true,
    isNew: false,
    isWarm: true,
    canJoinFlights: false,
    refreshes: false,
    keepsCopies: false,
    savesToDisk: false,
    acknowledgesLater: false,
    ...rest,
    faults: { ...none, ...faults },
  }
}
