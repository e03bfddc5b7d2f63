// Reads that cost the database nothing: node examples/cached-inventory.ts
import { Cacher, memoryCache, RecentSorter, Stockpile, Tally } from 'stockpile'
import { sqlite } from 'stockpile/sqlite'

await using stockpile = new Stockpile({ storage: sqlite(':memory:'), cache: memoryCache() })
const weapons = stockpile.tally('weapons', 7)
await weapons.add('axe', 2)
await weapons.add('bow')

await tell('the first read', () => weapons.get('axe'))
await tell('the second one', () => weapons.get('axe'))
await tell('something that is not there', () => weapons.get('sword'))

// The write puts the new value in place of the old one.
await weapons.add('axe', 3)
await tell('after a write', () => weapons.get('axe'))

// A stack made by hand says itself where its cache is.
const sorted = new RecentSorter(new Cacher(new Tally(stockpile, 'weapons', 7)))
await sorted.add('spear')
await tell('the newest first', async () => [...(await sorted.all()).keys()].join(', '))

// Inside a transaction nothing but the database is asked.
await stockpile.transaction(async () => {
  await weapons.subtract('axe', 5)
  await tell('inside a transaction', () => weapons.get('axe'))
})

await tell('past the cache', () => weapons.uncached.get('axe'))
await tell('read anew, and cached again', async () => (await weapons.refresh()).size)

// Many accounts at once, by SQL: all that is cached of the app is out with its commit.
await stockpile.bulk('weapons', async (sql) => {
  await sql('UPDATE weapons_stockpile_holding SET quantity = quantity * 2')
})
await tell('after a change by SQL', () => weapons.get('bow'))
await tell('and then', () => weapons.get('bow'))

/** Reads, and tells whether the cache answered. */
async function tell(what: string, read: () => Promise<unknown>): Promise<void> {
  const hits = stockpile.cacheStatistics?.hits
  const answer = await read()
  const from = stockpile.cacheStatistics?.hits === hits ? 'database' : 'cache'
  console.log(`${what}: ${String(answer)} (${from})`)
}
