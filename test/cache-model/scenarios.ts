import { scenario, type Scenario } from './scenario.ts'

const two = { writers: 2, readers: 2 }
const xmax = { probe: 'read-with-xmax' } as const
const joins = { canJoinFlights: true, isWarm: false }
const copies = { readsEach: 2, keepsCopies: true }

/** What is tried with every change: small, and together everything that can go wrong. */
export const quickScenarios: readonly Scenario[] = [
  scenario('one writer and three readers, partition, eviction', { readers: 3, faults: { nack: 1, evict: 1 } }),
  scenario('two writers and two readers, nothing going wrong', two),
  scenario('two writers and two readers, rollback, kill', { ...two, faults: { rollback: 1, kill: 1 } }),
  scenario('two writers and two readers, PostgreSQL, eviction', { ...two, ...xmax, faults: { evict: 1 } }),
  scenario('two writers, lost publishing, later acknowledgement', {
    writers: 2,
    acknowledgesLater: true,
    faults: { evict: 1, lost: 1 },
  }),
  scenario('two writers, a server that comes back', {
    writers: 2,
    savesToDisk: true,
    faults: { restart: 1, evict: 1 },
  }),
  scenario('a new account', { writers: 2, bulks: 1, isNew: true, faults: { rollback: 1 } }),
  scenario('a bulk change, eviction, kill', { bulks: 1, faults: { evict: 1, kill: 1 } }),
  scenario('a bulk change and two readers', { bulks: 1, readers: 2 }),
  scenario('a bulk change, PostgreSQL, eviction, rollback', { bulks: 1, ...xmax, faults: { evict: 1, rollback: 1 } }),
  scenario('a bulk change, two servers, partition', { bulks: 1, servers: 2, faults: { evict: 1, nack: 1 } }),
  scenario('a bulk change, a server that comes back', { bulks: 1, savesToDisk: true, faults: { restart: 1 } }),
  scenario('a bulk change that moves no version', { bulks: 1, bulkMovesVersion: false, faults: { evict: 1 } }),
  scenario('two bulk changes', { writers: 0, bulks: 2, readers: 2 }),
  scenario('an edit by hand', { edits: 1, readers: 2, faults: { kill: 1 } }),
  scenario('an edit by hand, eviction, rollback', { edits: 1, readers: 2, faults: { evict: 1, rollback: 1 } }),
  scenario('two edits by hand, PostgreSQL, kill', { edits: 2, ...xmax, faults: { kill: 1 } }),
  scenario('an edit by hand and a bulk change', { edits: 1, bulks: 1 }),
  scenario('transactions, savepoints', { writers: 2, style: 'transaction', faults: { savepoint: 1, evict: 1 } }),
  scenario('joined transactions, savepoints', { writers: 2, style: 'join', faults: { savepoint: 1, evict: 1 } }),
  scenario('a joined transaction and an edit by hand', { style: 'join', edits: 1, faults: { savepoint: 1, evict: 1 } }),
  scenario('a transaction and an edit by hand', { style: 'transaction', edits: 1, faults: { savepoint: 1 } }),
  scenario('writers that were not told', { ...two, style: 'untold', isWarm: false, faults: { evict: 1 } }),
  scenario('refreshes', { writers: 2, refreshes: true, faults: { evict: 1 } }),
  scenario('refreshes and a bulk change', { bulks: 1, readers: 2, refreshes: true }),
  scenario('copies', { ...copies, writers: 2, faults: { evict: 1 } }),
  scenario('copies of a server that comes back', { ...copies, savesToDisk: true, faults: { restart: 1 } }),
  scenario('copies and a bulk change', { ...copies, bulks: 1 }),
  scenario('joined flights', { ...joins, readers: 2, faults: { evict: 1, kill: 1 } }),
  scenario('joined flights and a bulk change', { ...joins, bulks: 1, readers: 2 }),
]

/** What is tried at night. */
export const longScenarios: readonly Scenario[] = [
  scenario('two writers and two readers, everything', {
    ...two,
    savesToDisk: true,
    faults: { evict: 1, kill: 1, rollback: 1, restart: 1 },
  }),
  scenario('two writers and three readers, eviction, kill', { writers: 2, readers: 3, faults: { evict: 1, kill: 1 } }),
  scenario('two writers and three readers, PostgreSQL, two evictions', {
    writers: 2,
    readers: 3,
    ...xmax,
    faults: { evict: 2 },
  }),
  scenario('two writers and three readers, partition, rollback', {
    writers: 2,
    readers: 3,
    faults: { nack: 1, rollback: 1 },
  }),
  scenario('a bulk change and two readers, eviction, kill', { bulks: 1, readers: 2, faults: { evict: 1, kill: 1 } }),
  scenario('a bulk change and two readers, two evictions', { bulks: 1, readers: 2, faults: { evict: 2 } }),
  scenario('a bulk change and two readers, a server that comes back', {
    bulks: 1,
    readers: 2,
    savesToDisk: true,
    faults: { restart: 1 },
  }),
  scenario('a bulk change and two readers, two servers, partition, eviction', {
    bulks: 1,
    readers: 2,
    servers: 2,
    faults: { nack: 1, evict: 1 },
  }),
  scenario('a bulk change of a new account, eviction', { bulks: 1, readers: 2, isNew: true, faults: { evict: 1 } }),
  scenario('two writers and a bulk change', { ...two, bulks: 1, faults: { evict: 1 } }),
  scenario('two bulk changes and two readers', { bulks: 2, readers: 2 }),
  scenario('two bulk changes that move no version', { bulks: 2, bulkMovesVersion: false, faults: { evict: 1 } }),
  scenario('two writers and an edit by hand, eviction', { ...two, edits: 1, faults: { evict: 1 } }),
  scenario('two edits by hand, kill', { edits: 2, readers: 2, faults: { kill: 1 } }),
  scenario('an edit by hand and a bulk change, eviction', { edits: 1, bulks: 1, readers: 2, faults: { evict: 1 } }),
  scenario('transactions and two readers, savepoints', {
    ...two,
    style: 'transaction',
    faults: { savepoint: 1, evict: 1, kill: 1 },
  }),
  scenario('joined transactions and two readers, savepoints', {
    ...two,
    style: 'join',
    faults: { savepoint: 1, evict: 1, kill: 1 },
  }),
  scenario('two writers and copies, a server that comes back', {
    ...copies,
    writers: 2,
    savesToDisk: true,
    faults: { evict: 1, restart: 1 },
  }),
  scenario('two writers and joined flights', { ...two, ...joins, faults: { evict: 1, kill: 1 } }),
  scenario('three joined readers and a bulk change', { ...joins, bulks: 1, readers: 3 }),
]
