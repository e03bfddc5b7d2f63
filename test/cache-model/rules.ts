/** The rules of the protocol, each of which can be broken. */
export interface Rules {
  /** A writer puts its intent after taking the account's lock. */
  readonly intendsUnderLock: boolean
  /** A transaction that locks again after a savepoint gave the lock away puts its intent again. */
  readonly intendsAfterEachLock: boolean
  /** COMMIT waits for the acknowledgement of every intent. */
  readonly awaitsAcknowledgement: boolean
  /** A writer publishes by compare-and-store on its own intent. */
  readonly publishesOnOwnIntent: boolean
  /** A rolled back writer removes only its own intent. */
  readonly releasesOwnIntent: boolean
  /** The old value is patched only if its version is the one found under the lock. */
  readonly patchesNeighbours: boolean
  /** The old value is patched only if its generation is the guard's. */
  readonly patchesCurrentGeneration: boolean
  /** The old value is patched only if its incarnation is the server's. */
  readonly patchesCurrentIncarnation: boolean
  /** A patched value keeps the old value's stamp, rather than get one of the guard as read after the intent. */
  readonly keepsStamp: boolean
  /** What is published is stamped as of the intent, rather than as of the moment that it is published. */
  readonly stampsAtIntent: boolean
  /** A value is made from nothing only for a new account. */
  readonly makesNewOnly: boolean
  /** A value is made from nothing only if the guard was known at the intent. */
  readonly makesGuardedOnly: boolean
  /** The version that counts is that of the lock which is still held. */
  readonly findsVersionAgain: boolean
  /** Reads inside a transaction leave the cache alone. */
  readonly readsPastCacheInTransaction: boolean
  /** A writer looks for the note after it has the lock. */
  readonly checksNoteUnderLock: boolean

  /** The key is read before the guard. */
  readonly findsKeyFirst: boolean
  /** A value answers only if its generation is the guard's. */
  readonly comparesGeneration: boolean
  /** A value answers only if its incarnation is the server's. */
  readonly comparesIncarnation: boolean
  /** A guard that isn't known answers nothing. */
  readonly requiresGuard: boolean
  /** The lease is taken before the database is read. */
  readonly leasesFirst: boolean
  /** A reader fills by compare-and-store on its token. */
  readonly fillsOnToken: boolean
  /** A reader fills only if it saw the account's row unlocked. */
  readonly probesRow: boolean
  /** The row is probed before the data is read, or its `xmax` is that of the version which was read. */
  readonly probesFirst: boolean
  /** The generation is read before the data. */
  readonly stampsFirst: boolean
  /** The guard is filled only if the generation row was seen unlocked. */
  readonly probesGeneration: boolean
  /** The guard is filled by compare-and-store on the lease. */
  readonly fillsGuardOnToken: boolean
  /** A token dies with the server's process. */
  readonly bindsTokens: boolean
  /** A joiner answers with the leader's value only if the leader's fill succeeded. */
  readonly joinsSuccessfulFills: boolean
  /** A joiner answers only if the guard, read after the fill, still is what the value is stamped with. */
  readonly joinersReadGuard: boolean
  /** A copy answers only if the server still has its token. */
  readonly validatesCopy: boolean

  /** A bulk change puts its intent on the guard, after locking the generation row. */
  readonly intendsGuard: boolean
  readonly intendsGuardUnderLock: boolean
  /** ... on the guard of every server. */
  readonly intendsEveryGuard: boolean
  /** A bulk change publishes the guard by compare-and-store on its own intent. */
  readonly publishesGuardOnOwnIntent: boolean
  /** A bulk change moves the generation. */
  readonly movesGeneration: boolean

  /** An edit by hand moves the account's version. */
  readonly editMovesVersion: boolean
  /** The relay removes whatever lies under the key, leases too. */
  readonly relayRemovesAll: boolean
  /** The relay forgets a change only after the removal. */
  readonly relayForgetsLast: boolean
}

/** The protocol as it is built: no rule broken. */
export const protocol: Rules = {
  intendsUnderLock: true,
  intendsAfterEachLock: true,
  awaitsAcknowledgement: true,
  publishesOnOwnIntent: true,
  releasesOwnIntent: true,
  patchesNeighbours: true,
  patchesCurrentGeneration: true,
  patchesCurrentIncarnation: true,
  keepsStamp: true,
  stampsAtIntent: true,
  makesNewOnly: true,
  makesGuardedOnly: true,
  findsVersionAgain: true,
  readsPastCacheInTransaction: true,
  checksNoteUnderLock: true,
  findsKeyFirst: true,
  comparesGeneration: true,
  comparesIncarnation: true,
  requiresGuard: true,
  leasesFirst: true,
  fillsOnToken: true,
  probesRow: true,
  probesFirst: true,
  stampsFirst: true,
  probesGeneration: true,
  fillsGuardOnToken: true,
  bindsTokens: true,
  joinsSuccessfulFills: true,
  joinersReadGuard: true,
  validatesCopy: true,
  intendsGuard: true,
  intendsGuardUnderLock: true,
  intendsEveryGuard: true,
  publishesGuardOnOwnIntent: true,
  movesGeneration: true,
  editMovesVersion: true,
  relayRemovesAll: true,
  relayForgetsLast: true,
}
