import { startCaches, type CachePlace } from './caches.ts'
import type { Database, Stock } from './database.ts'
import { startDatabase } from './databases.ts'
import { seedStockpile } from './stock.ts'

/**
 * Starts the caches and one database after the other, each with a stock, and has something measured on it.
 *
 * @returns the versions and settings of all of them
 */
export async function onCachedStock(
  databases: readonly Database['name'][],
  stock: Stock,
  work: (database: Database, caches: readonly CachePlace[]) => Promise<void>,
): Promise<string[]> {
  await using open = new AsyncDisposableStack()
  const caches = await startCaches()
  for (const cache of caches) open.use(cache)
  const versions = caches.map(({ version }) => version)
  for (const name of databases) {
    await using database = await startDatabase[name]()
    versions.push(`${name} ${database.version} (${database.settings.join(' ')})`)
    {
      await using stockpile = await database.open()
      await seedStockpile(database, stockpile, stock)
    }
    await work(database, caches)
  }
  return versions
}
