import type { Cache, Stockpile, Storage } from '../src/index.ts'
import { around } from './around.ts'
import { onCachedStock } from './cached-stock.ts'
import type { CachePlace } from './caches.ts'
import type { Database } from './database.ts'
import { expectMoved } from './expect-moved.ts'
import { load, type RunResult } from './load.ts'
import { openForNow } from './open-for-now.ts'
import { runAlone, type Question } from './question.ts'
import type { Settings } from './settings.ts'
import { spreadOf, type Spread } from './statistics.ts'
import { firstUser, stockItem, stockpileSums, stockUsers } from './stock.ts'
import { seeded, workload } from './workload.ts'

interface CachedMixRow {
  readonly database: Database['name']
  readonly cache: CachePlace['name']
  readonly isPublishing: boolean
  readonly perSecond: Spread
  /** Of a hundred reads, those answered from the cache. */
  readonly hits: Spread
  /** Of a hundred reads, those answered by the database because a write was under way. */
  readonly intentMisses: Spread
  /** Reads that the database got, for a hundred reads. */
  readonly reads: Spread
  /** Transactions that wrote, for a hundred writes. */
  readonly transactions: Spread
  readonly nodeMicros: Spread
  readonly serverMicros: Spread
}

/** What one run came to. */
interface Mixed extends Pick<CachedMixRow, 'database' | 'cache' | 'isPublishing'> {
  readonly result: RunResult
  readonly hits: number
  readonly intentMisses: number
  readonly reads: number
  readonly transactions: number
}

const app = 'bench'
const accounts = 1000
const callers = 32
const writeShare = 0.5
const items = Array.from({ length: 10 }, (_, place) => stockItem + place)
const plans = {
  quick: { rounds: 1, milliseconds: 400 },
  usual: { rounds: 3, milliseconds: 500 },
  full: { rounds: 7, milliseconds: 3000 },
} as const satisfies Record<Settings['level'], object>

/** What a cache is good for where half of all operations are writes, and what publishing has to do with it. */
const cachedMix: Question<CachedMixRow> = {
  name: 'cached-mix',
  title:
    'A write for every read, half of them on one account: hits and reads of the database, with and without publishing',
  async measure({ level, databases }, tell) {
    const rows: CachedMixRow[] = []
    const versions = await onCachedStock(databases, { app, accounts, items }, async (database, caches) => {
      const { name } = database
      const runs: Mixed[] = []
      for (let round = 1; round <= plans[level].rounds; round += 1) {
        for (const place of caches) {
          for (const isPublishing of [true, false]) {
            tell(`${name}, ${place.name}, ${isPublishing ? 'with' : 'without'} publishing, round ${round}`)
            runs.push(await mix(database, place, isPublishing, plans[level].milliseconds, round))
          }
        }
      }
      for (const place of caches) {
        for (const isPublishing of [true, false]) {
          const some = runs.filter((run) => run.cache === place.name && run.isPublishing === isPublishing)
          rows.push(rowOf(some))
        }
      }
    })
    return { rows, versions }
  },
  columns: [
    'database',
    'cache',
    'publishing',
    'operations/s',
    'hits %',
    'met a write %',
    'database reads for 100 reads',
    'transactions for 100 writes',
    'node us',
    'server us',
  ],
  cells: (row) => [
    row.database,
    row.cache,
    row.isPublishing ? 'yes' : 'no',
    row.perSecond,
    row.hits,
    row.intentMisses,
    row.reads,
    row.transactions,
    row.nodeMicros,
    row.serverMicros,
  ],
  note:
    `${callers} callers, ${accounts.toLocaleString('en')} accounts of ${items.length} items, one of them in half of all operations. Every read is held to the ` +
    'version that was acknowledged before it began. Met a write: such reads find the intent of a commit under way and ask the database, ' +
    'whoever writes. Reads of one moment are one read of the database. Without publishing, writers take their intent away after the commit and the next reader ' +
    'fills, which no application can choose: it shows what publishing is worth. Processor time is for one operation.',
}

/** Reads and writes for some time, holds each read to what was acknowledged before it, and the tables to what was written. */
async function mix(
  database: Database,
  place: CachePlace,
  isPublishing: boolean,
  milliseconds: number,
  seed: number,
): Promise<Mixed> {
  const calls = { reads: 0, settles: 0 }
  const cache = isPublishing ? place.open() : withoutPublishing(place.open())
  await using opened = await openForNow(database, { cache, around: (storage) => counting(storage, calls) })
  const { stockpile } = opened
  const before = await stockpileSums(database, app)
  const done = { reads: 0, writes: 0, changes: 0 }
  const operate = operation(stockpile, seed, done)
  await Promise.all(stockUsers(accounts).map((user) => stockpile.tally(app, user).all()))
  const { serverPid } = database
  const options = { callers, serverPid, cachePid: place.pid }
  await load({ ...options, milliseconds: Math.min(300, milliseconds) }, operate)
  const start = { calls: { ...calls }, done: { ...done }, statistics: stockpile.cacheStatistics! }
  const result = await load({ ...options, milliseconds }, operate)
  const statistics = stockpile.cacheStatistics!
  const after = await stockpileSums(database, app)
  expectMoved('the sum of the holdings', after.holdings - before.holdings, done.changes)
  expectMoved('the sum of the history’s changes', after.changes - before.changes, done.changes)
  expectMoved('the sum of the versions', (after.versions ?? 0n) - (before.versions ?? 0n), done.writes)
  const [reads, writes] = [done.reads - start.done.reads, done.writes - start.done.writes]
  return {
    database: database.name,
    cache: place.name,
    isPublishing,
    result,
    hits: (100 * (statistics.hits - start.statistics.hits)) / reads,
    intentMisses: (100 * (statistics.intentMisses - start.statistics.intentMisses)) / reads,
    reads: (100 * (calls.reads - start.calls.reads)) / reads,
    transactions: (100 * (calls.settles - start.calls.settles)) / writes,
  }
}

/** A read or a write of a random account. */
function operation(
  stockpile: Stockpile,
  seed: number,
  done: { reads: number; writes: number; changes: number },
): () => Promise<void> {
  const random = seeded(seed)
  const pick = workload('half hot', accounts, seed)
  const acknowledged = new Map<number, bigint>()
  return async () => {
    const { user, by } = pick()
    const inventory = stockpile.tally(app, user)
    if (random() < writeShare) {
      const change = by > 0 ? inventory.plan.add(stockItem, by) : inventory.plan.subtract(stockItem, -by)
      const [{ version }] = await stockpile.deal([change])
      if (version > (acknowledged.get(user) ?? 0n)) acknowledged.set(user, version)
      done.writes += 1
      done.changes += by
      return
    }
    const atLeast = acknowledged.get(user) ?? 0n
    const { version } = await inventory.all()
    if (version < atLeast) throw new Error(`account ${user - firstUser} was read at ${version} after ${atLeast}: stale`)
    done.reads += 1
  }
}

/** Counts how often a storage is asked, whatever it is asked for at once. */
function counting(storage: Storage, calls: { reads: number; settles: number }): Storage {
  return around(storage, {
    fetch: (queries) => {
      calls.reads += 1
      return storage.fetch(queries)
    },
    fetchWhole: (names) => {
      calls.reads += 1
      return storage.fetchWhole(names)
    },
    settle: (batch, announcing) => {
      calls.settles += 1
      return storage.settle(batch, announcing)
    },
  })
}

/** A cache in which writers put nothing: their intents are removed instead, so that readers fill. */
function withoutPublishing(cache: Cache): Cache {
  const intents = new WeakSet<object>()
  return around(cache, {
    async intend(lookups) {
      const intended = await cache.intend(lookups)
      for (const one of intended) if (one.isAcknowledged && one.token !== null) intents.add(one.token)
      return intended
    },
    async store(values) {
      const refused = values.filter(({ token }) => intents.has(token))
      if (refused.length === 0) return cache.store(values)
      await cache.release(refused.map(({ token }) => token))
      return values.map(() => false)
    },
  })
}

function rowOf(runs: readonly Mixed[]): CachedMixRow {
  const [{ database, cache, isPublishing }] = runs as [Mixed]
  const spread = (pick: (run: Mixed) => number): Spread => spreadOf(runs.map(pick))
  return {
    database,
    cache,
    isPublishing,
    perSecond: spread(({ result }) => result.perSecond),
    hits: spread(({ hits }) => hits),
    intentMisses: spread(({ intentMisses }) => intentMisses),
    reads: spread(({ reads }) => reads),
    transactions: spread(({ transactions }) => transactions),
    nodeMicros: spread(({ result }) => result.nodeMicros),
    serverMicros: spread(({ result }) => result.serverMicros),
  }
}

export default cachedMix
await runAlone(import.meta, cachedMix)
