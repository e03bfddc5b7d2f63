import type { Stockpile } from '../src/index.ts'
import { onCachedStock } from './cached-stock.ts'
import type { CachePlace } from './caches.ts'
import { checkedRun } from './checked-run.ts'
import type { Database } from './database.ts'
import type { RunResult } from './load.ts'
import { openForNow } from './open-for-now.ts'
import { runAlone, type Question } from './question.ts'
import type { Settings } from './settings.ts'
import { spreadOf, type Spread } from './statistics.ts'
import { stockItem, stockpileContender, stockUsers } from './stock.ts'

interface CachedWritesRow {
  readonly database: Database['name']
  readonly cache: CachePlace['name'] | 'none'
  readonly perSecond: Spread
  /** How many times the rate without a cache, in each round. */
  readonly ratio: Spread
  readonly p50Ms: Spread
  readonly nodeMicros: Spread
  readonly serverMicros: Spread
  readonly cacheMicros: Spread
  /** Of a hundred writes, how many left their new value in the cache. */
  readonly published: Spread
}

interface Run {
  readonly result: RunResult
  readonly published: number
}

const app = 'bench'
const accounts = 2000
const callers = 128
const items = Array.from({ length: 10 }, (_, place) => stockItem + place)
const plans = {
  quick: { rounds: 1, milliseconds: 500 },
  usual: { rounds: 3, milliseconds: 800 },
  full: { rounds: 7, milliseconds: 4000 },
} as const satisfies Record<Settings['level'], object>

/** What a cache costs those who write: intents before every commit, and the new values after it. */
const cachedWrites: Question<CachedWritesRow> = {
  name: 'cached-writes',
  title: `What a cache costs writers: deals with each cache and without, ${callers} callers, fully durable`,
  async measure({ level, databases }, tell) {
    const rows: CachedWritesRow[] = []
    const versions = await onCachedStock(databases, { app, accounts, items }, async (database, caches) => {
      const { name } = database
      const places = [null, ...caches]
      const runs = places.map(() => [] as Run[])
      for (let round = 0; round < plans[level].rounds; round += 1) {
        // Each begins a round in its turn, so that whatever else the machine does hits all of them.
        for (let turn = 0; turn < places.length; turn += 1) {
          const at = (turn + round) % places.length
          const place = places[at] ?? null
          tell(`${name}, ${place?.name ?? 'no cache'}, round ${round + 1}`)
          runs[at]!.push(await write(database, place, plans[level].milliseconds, round + 1))
        }
      }
      const [without] = runs
      rows.push(...places.map((place, at) => rowOf(name, place, runs[at]!, without!)))
    })
    return { rows, versions }
  },
  columns: ['database', 'cache', 'deals/s', 'times', 'p50 ms', 'node us', 'server us', 'cache us', 'published %'],
  cells: (row) => [
    row.database,
    row.cache,
    row.perSecond,
    row.ratio,
    row.p50Ms,
    row.nodeMicros,
    row.serverMicros,
    row.cacheMicros,
    row.published,
  ],
  note:
    `${accounts.toLocaleString('en')} accounts of ${items.length} items, all of them cached at first, changed at random. Times compares with no ` +
    'cache in the same round. Processor time is for one deal; on SQLite node does the database’s work too. Published: after how many deals ' +
    'the new value was in the cache.',
}

/** Has all accounts cached, and changes them for some time. */
async function write(database: Database, place: CachePlace | null, milliseconds: number, seed: number): Promise<Run> {
  await using opened = await openForNow(database, place === null ? {} : { cache: place.open() })
  const { stockpile } = opened
  const contender = stockpileContender(database, stockpile, app)
  await cacheAll(stockpile)
  const before = stockpile.cacheStatistics
  const result = await checkedRun(contender, {
    callers,
    milliseconds,
    serverPid: database.serverPid,
    cachePid: place?.pid ?? null,
    skew: 'uniform',
    accounts,
    seed,
  })
  const after = stockpile.cacheStatistics
  const [intents, publishes] =
    before === null || after === null ? [0, 0] : [after.intents - before.intents, after.publishes - before.publishes]
  if (intents === 0 && place !== null) throw new Error(`${place.name}: no intent was put: the run is void`)
  return { result, published: intents === 0 ? 0 : (100 * publishes) / intents }
}

async function cacheAll(stockpile: Stockpile): Promise<void> {
  await Promise.all(stockUsers(accounts).map((user) => stockpile.tally(app, user).get(stockItem)))
}

function rowOf(
  database: Database['name'],
  place: CachePlace | null,
  runs: readonly Run[],
  without: readonly Run[],
): CachedWritesRow {
  const spread = (name: keyof RunResult): Spread => spreadOf(runs.map(({ result }) => result[name]))
  return {
    database,
    cache: place?.name ?? 'none',
    perSecond: spread('perSecond'),
    ratio: spreadOf(runs.map(({ result }, round) => result.perSecond / without[round]!.result.perSecond)),
    p50Ms: spread('p50Ms'),
    nodeMicros: spread('nodeMicros'),
    serverMicros: spread('serverMicros'),
    cacheMicros: spread('cacheMicros'),
    published: spreadOf(runs.map(({ published }) => published)),
  }
}

export default cachedWrites
await runAlone(import.meta, cachedWrites)
