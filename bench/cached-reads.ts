import { type AccountReader, stockpileReader } from './account-reader.ts'
import { type CachePlace, startCaches } from './caches.ts'
import type { Database } from './database.ts'
import { startDatabase } from './databases.ts'
import { load, type LoadOptions, type RunResult } from './load.ts'
import { machine } from './machine.ts'
import { bentoCacheReader, cacheManagerReader, type LoadAccount } from './npm-caches.ts'
import { runAlone, type Cell, type Question } from './question.ts'
import { rawMemcached } from './raw-caches/memcached.ts'
import { rawReader } from './raw-caches/reader.ts'
import { rawRedis } from './raw-caches/redis.ts'
import type { Settings } from './settings.ts'
import { spreadOf, type Spread } from './statistics.ts'
import { firstUser, seedStockpile, stockItem, stockQuantity, stockUsers } from './stock.ts'
import { storedTexts } from './stored-texts.ts'
import { seeded } from './workload.ts'

type Verb = 'get' | 'all'

/** What is read in one way, with the processes that have a part in it. */
interface Way {
  readonly from: CachePlace['name'] | Database['name']
  readonly reader: AccountReader
  readonly serverPid: number | null
  readonly cachePid: number | null
}

interface CachedReadsRow {
  readonly from: Way['from']
  readonly verb: Verb
  readonly callers: number
  readonly raw: Spread | null
  readonly stockpile: Spread
  /** How many times the raw client's rate Stockpile has, in each round. */
  readonly ratio: Spread | null
  readonly others: readonly (Spread | null)[]
  readonly micros: { readonly [what in 'node' | 'server']: readonly Spread[] }
}

const app = 'bench'
const accounts = 1000
const items = Array.from({ length: 100 }, (_, place) => stockItem + place)
const asked = stockItem + 50
const others = ['cache-manager', 'bentocache'] as const
// Code that is called millions of times an hour is compiled: each way is read for so long before it is measured.
const plans = {
  quick: { rounds: 1, milliseconds: 150, warmUpMs: 100 },
  usual: { rounds: 3, milliseconds: 300, warmUpMs: 1500 },
  full: { rounds: 7, milliseconds: 2000, warmUpMs: 3000 },
} as const satisfies Record<Settings['level'], object>

/** How fast cached accounts are read: beside a raw client of the same server, the database, and caches from npm. */
const cachedReads: Question<CachedReadsRow> = {
  name: 'cached-reads',
  title: `Cached reads of accounts with ${items.length} items: each cache, a raw client of it, caches from npm, and the databases`,
  async measure({ level, databases }, tell) {
    await using open = new AsyncDisposableStack()
    tell('making accounts')
    const versions: string[] = []
    const ways: Way[] = []
    for (const name of databases) {
      const database = open.use(await startDatabase[name]())
      versions.push(`${name} ${database.version}`)
      ways.push(await uncachedWay(database, open))
    }
    const [source] = ways
    if (source === undefined) return { rows: [], versions }
    const loadAccount: LoadAccount = async (user) => {
      const all = await source.reader.all(user)
      return Object.fromEntries([...all].map(([item, quantity]) => [item, quantity.toString()]))
    }
    for (const place of await startCaches()) {
      open.use(place)
      versions.push(place.version)
      ways.push(...(await cachedWays(place, open, loadAccount)))
    }
    versions.push(...others.map((name) => `${name} ${machine().drivers[name]}`))
    const rows: CachedReadsRow[] = []
    for (const verb of ['get', 'all'] as const) {
      tell(`${verb}, warming up`)
      for (const way of ways) {
        const { serverPid, cachePid } = way
        await read(way.reader, verb, { callers: 128, milliseconds: plans[level].warmUpMs, serverPid, cachePid }, 0)
      }
      for (const callers of [1, 16, 128]) {
        tell(`${verb}, ${callers} callers`)
        rows.push(...(await measureWays(ways, verb, { callers, ...plans[level] })))
      }
    }
    const order = ['memory', 'memcached', 'Redis', 'SQLite', 'MariaDB', 'PostgreSQL']
    return { rows: rows.sort((left, right) => order.indexOf(left.from) - order.indexOf(right.from)), versions }
  },
  columns: ['read from', 'verb', 'callers', 'raw client/s', 'Stockpile/s', 'times', ...others, 'node us', 'server us'],
  cells: (row) => [
    row.from,
    row.verb,
    row.callers,
    row.raw ?? '',
    row.stockpile,
    row.ratio ?? '',
    ...row.others.map((spread): Cell => spread ?? ''),
    row.micros.node,
    row.micros.server,
  ],
  note:
    `${accounts.toLocaleString('en')} accounts, all of them cached; nothing is cached where a database is read. The raw client asks for the ` +
    'texts that Stockpile has stored, in one pipeline, by keys of as many characters, and takes the answer out of them: a bigint, or a map ' +
    'of them. For memcached it is a few lines over a socket, for Redis the package redis with `GET`; it checks neither whether a value is ' +
    'valid nor whether the server was restarted. cache-manager and bentocache keep an object of decimal numbers as JSON (cache-manager ' +
    'in memory the object itself) in one level, filled by `wrap` and `getOrSet`; on Redis they ask for one key at a time. Times and pairs ' +
    'compare with the raw client; pairs are processor time for one read, of the raw client, then Stockpile.',
}

async function uncachedWay(database: Database, open: AsyncDisposableStack): Promise<Way> {
  const stockpile = await database.open()
  const reader = open.use(stockpileReader(stockpile, app))
  await seedStockpile(database, stockpile, { app, accounts, items })
  return { from: database.name, reader, serverPid: database.serverPid, cachePid: null }
}

/** Stockpile with a cache, all accounts in it, and whatever else reads from there. */
async function cachedWays(place: CachePlace, open: AsyncDisposableStack, loadAccount: LoadAccount): Promise<Way[]> {
  // Of its own, for a database has one cache at a time.
  const database = open.use(await startDatabase.SQLite())
  const { cache, texts } = storedTexts(place.open(), app)
  const stockpile = await database.open({ cache })
  const readers = [open.use(stockpileReader(stockpile, app))]
  await seedStockpile(database, stockpile, { app, accounts, items })
  const users = stockUsers(accounts)
  await Promise.all(users.map((user) => stockpile.tally(app, user).all()))
  while (stockpile.cacheStatistics!.fills < accounts) await new Promise(setImmediate)
  if (place.name === 'memcached') readers.push(open.use(await rawReader(await rawMemcached(place.url), texts)))
  if (place.name === 'Redis') readers.push(open.use(await rawReader(await rawRedis(place.url), texts)))
  if (place.name !== 'memcached') {
    for (const reader of [cacheManagerReader(place.url, loadAccount), bentoCacheReader(place.url, loadAccount)]) {
      readers.push(open.use(reader))
      for (const user of users) await reader.get(user, asked)
    }
  }
  return readers.map((reader) => ({ from: place.name, reader, serverPid: null, cachePid: place.pid }))
}

/** Lets all ways do the same by turns, and begins each round with another one. */
async function measureWays(
  ways: readonly Way[],
  verb: Verb,
  { callers, rounds, milliseconds }: { callers: number; rounds: number; milliseconds: number },
): Promise<CachedReadsRow[]> {
  const results = new Map<Way, RunResult[]>(ways.map((way) => [way, []]))
  for (let round = 0; round < rounds; round += 1) {
    const shift = Math.floor((round * ways.length) / rounds)
    for (const way of [...ways.slice(shift), ...ways.slice(0, shift)]) {
      const { serverPid, cachePid } = way
      results.get(way)!.push(await read(way.reader, verb, { callers, milliseconds, serverPid, cachePid }, round + 1))
    }
  }
  return [...new Set(ways.map(({ from }) => from))].map((from) => {
    const of = (name: string): RunResult[] =>
      results.get(ways.find((way) => way.from === from && way.reader.name === name)!) ?? []
    const [raw, ours] = [of('raw client'), of('Stockpile')]
    const micros = (pick: (result: RunResult) => number): Spread[] =>
      [raw, ours].filter((some) => some.length > 0).map((some) => spreadOf(some.map(pick)))
    return {
      from,
      verb,
      callers,
      raw: rateOf(raw),
      stockpile: rateOf(ours)!,
      ratio: raw.length === 0 ? null : spreadOf(ours.map(({ perSecond }, at) => perSecond / raw[at]!.perSecond)),
      others: others.map((name) => rateOf(of(name))),
      micros: {
        node: micros(({ nodeMicros }) => nodeMicros),
        server: micros(({ serverMicros, cacheMicros }) => serverMicros + cacheMicros),
      },
    }
  })
}

function rateOf(results: readonly RunResult[]): Spread | null {
  return results.length === 0 ? null : spreadOf(results.map(({ perSecond }) => perSecond))
}

/** Reads for some time, and looks at each answer. */
async function read(reader: AccountReader, verb: Verb, options: LoadOptions, seed: number): Promise<RunResult> {
  const random = seeded(seed)
  const operate = async (): Promise<void> => {
    const user = firstUser + 1 + Math.floor(random() * accounts)
    let quantity: bigint | undefined
    if (verb === 'get') quantity = await reader.get(user, asked)
    else {
      const all = await reader.all(user)
      if (all.size !== items.length) throw new Error(`${reader.name} read ${all.size} items: the run is void`)
      quantity = all.get(String(asked))
    }
    if (quantity !== BigInt(stockQuantity)) throw new Error(`${reader.name} read ${quantity}: the run is void`)
  }
  await load({ ...options, milliseconds: 100 }, operate)
  return load(options, operate)
}

export default cachedReads
await runAlone(import.meta, cachedReads)
