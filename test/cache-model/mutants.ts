import type { Rules } from './rules.ts'
import { scenario, type Scenario } from './scenario.ts'

/** Rules that are broken, and a small scenario in which that shows. */
export interface Mutant {
  readonly breaks: readonly (keyof Rules)[]
  readonly scenario: Scenario
}

const two = { writers: 2, readers: 1 }
const bulk = { bulks: 1, readers: 1 }
const cold = { isWarm: false }

/** Every rule of the protocol, broken. */
export const mutants: readonly Mutant[] = [
  { breaks: ['intendsUnderLock'], scenario: scenario('an evicted intent', { faults: { evict: 1 } }) },
  {
    breaks: ['intendsAfterEachLock'],
    scenario: scenario('a joined transaction and a writer', {
      ...two,
      style: 'join',
      faults: { savepoint: 1, evict: 1 },
    }),
  },
  { breaks: ['awaitsAcknowledgement'], scenario: scenario('a partition', { faults: { nack: 1 } }) },
  {
    breaks: ['awaitsAcknowledgement'],
    scenario: scenario('a partition and a bulk change', { ...bulk, writers: 0, faults: { nack: 1 } }),
  },
  { breaks: ['publishesOnOwnIntent'], scenario: scenario('two writers', two) },
  { breaks: ['patchesNeighbours'], scenario: scenario('an edit by hand', { edits: 1 }) },
  {
    breaks: ['patchesCurrentGeneration', 'keepsStamp'],
    scenario: scenario('a bulk change that moves no version', { ...bulk, bulkMovesVersion: false }),
  },

  { breaks: ['stampsAtIntent'], scenario: scenario('a bulk change', bulk) },
  { breaks: ['makesNewOnly'], scenario: scenario('a value that is gone', { ...two, faults: { evict: 1 } }) },
  {
    breaks: ['makesGuardedOnly'],
    scenario: scenario('a new account and a bulk change', { ...bulk, isNew: true, faults: { evict: 1 } }),
  },
  {
    breaks: ['findsVersionAgain'],
    scenario: scenario('a transaction and an edit by hand', {
      style: 'transaction',
      edits: 1,
      faults: { savepoint: 1 },
    }),
  },
  {
    breaks: ['readsPastCacheInTransaction'],
    scenario: scenario('a transaction', { style: 'transaction', faults: { evict: 1 } }),
  },
  { breaks: ['checksNoteUnderLock'], scenario: scenario('a writer that was not told', { ...cold, style: 'untold' }) },

  { breaks: ['comparesGeneration'], scenario: scenario('a bulk change', bulk) },
  {
    breaks: ['comparesIncarnation'],
    scenario: scenario('a server that comes back', { savesToDisk: true, faults: { restart: 1 } }),
  },
  { breaks: ['requiresGuard'], scenario: scenario('a bulk change', bulk) },
  { breaks: ['leasesFirst'], scenario: scenario('a reader that pauses', { ...cold, faults: { evict: 1 } }) },
  { breaks: ['fillsOnToken'], scenario: scenario('a reader that pauses', { ...cold, faults: { evict: 1 } }) },
  { breaks: ['probesRow'], scenario: scenario('an evicted intent', { readers: 1, faults: { evict: 1 } }) },
  { breaks: ['probesFirst'], scenario: scenario('an evicted intent', { readers: 1, faults: { evict: 1 } }) },
  { breaks: ['stampsFirst'], scenario: scenario('a bulk change', { ...bulk, ...cold }) },
  {
    breaks: ['probesGeneration'],
    scenario: scenario('an evicted guard', { ...bulk, readers: 2, faults: { evict: 1 } }),
  },
  { breaks: ['fillsGuardOnToken'], scenario: scenario('a bulk change', { ...bulk, ...cold, readers: 2 }) },
  {
    breaks: ['bindsTokens'],
    scenario: scenario('a server that comes back', { ...cold, savesToDisk: true, faults: { restart: 1 } }),
  },
  {
    breaks: ['bindsTokens'],
    scenario: scenario('a server that counts its tokens', { ...cold, readers: 2, faults: { restart: 1 } }),
  },
  {
    breaks: ['joinsSuccessfulFills'],
    scenario: scenario('joined flights', { ...cold, readers: 2, canJoinFlights: true }),
  },
  {
    breaks: ['joinersReadGuard'],
    scenario: scenario('joined flights and a bulk change', {
      ...bulk,
      ...cold,
      writers: 0,
      readers: 2,
      canJoinFlights: true,
    }),
  },
  { breaks: ['validatesCopy'], scenario: scenario('a copy', { readsEach: 2, keepsCopies: true }) },
  { breaks: ['intendsGuard'], scenario: scenario('a bulk change', bulk) },
  { breaks: ['intendsGuardUnderLock'], scenario: scenario('two bulk changes', { writers: 0, bulks: 2, readers: 2 }) },
  { breaks: ['intendsEveryGuard'], scenario: scenario('a bulk change with two servers', { ...bulk, servers: 2 }) },
  {
    breaks: ['publishesGuardOnOwnIntent'],
    scenario: scenario('two bulk changes', { writers: 0, bulks: 2, readers: 1 }),
  },
  { breaks: ['movesGeneration'], scenario: scenario('a bulk change', bulk) },
  { breaks: ['editMovesVersion'], scenario: scenario('an edit by hand', { edits: 1 }) },
  { breaks: ['relayRemovesAll'], scenario: scenario('an edit by hand', { ...cold, writers: 0, edits: 1 }) },
  {
    breaks: ['relayForgetsLast'],
    scenario: scenario('a relay that dies', { writers: 0, edits: 1, faults: { kill: 1 } }),
  },
]

/**
 * Rules that another rule makes good for, or that only cost hits: without them every promise is kept. They stay, as a second line of
 * defence; this list says so, lest anybody take them for the first.
 */
export const spares: readonly Mutant[] = [
  // An intent that is removed by somebody else is an intent that was evicted: the probe sees the lock.
  {
    breaks: ['releasesOwnIntent'],
    scenario: scenario('two writers', { writers: 2, readers: 1, faults: { rollback: 1, evict: 1 } }),
  },
  // A value that keeps the stamp of an old one is as out of date as that was.
  {
    breaks: ['patchesCurrentGeneration'],
    scenario: scenario('a bulk change that moves no version', {
      bulks: 1,
      readers: 1,
      bulkMovesVersion: false,
      faults: { evict: 1 },
    }),
  },
  {
    breaks: ['keepsStamp'],
    scenario: scenario('a bulk change that moves no version', {
      bulks: 1,
      readers: 1,
      bulkMovesVersion: false,
      faults: { evict: 1 },
    }),
  },
  // A version is that of one content only, in whatever life of the server.
  {
    breaks: ['patchesCurrentIncarnation', 'keepsStamp'],
    scenario: scenario('a server that comes back', {
      writers: 2,
      bulks: 0,
      readers: 1,
      savesToDisk: true,
      faults: { restart: 1 },
    }),
  },
  // A bulk change locks the account that it changes, so no value can hold a later deal without it.
  { breaks: ['findsKeyFirst'], scenario: scenario('a bulk change', { bulks: 1, readers: 2 }) },
]
