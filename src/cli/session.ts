import { Stockpile, type Cache, type Logger, type Storage } from '../index.ts'
import { dealsMax } from './apply/chunks.ts'
import { openCache } from './cache-url.ts'
import { usageError } from './command-errors.ts'
import { openStorage } from './storage-url.ts'

/** The options that every command has. */
export interface CommonOptions {
  readonly storage?: string
  readonly cache?: string | undefined
  readonly tables?: 'auto' | 'migrate'
  readonly json?: boolean
}

/** How a command that runs on removes cached values meanwhile. */
export interface Relaying {
  readonly relayMs: number
  /** Told of what went wrong. */
  readonly logger: Logger
}

/**
 * Opens the Stockpile that the options name, works with it and closes it.
 *
 * @param access `read` makes no files and no tables: a mistyped name is told, not made
 * @param relaying null for a command that leaves the list of changes to others
 */
export async function withStockpile<T>(
  { storage: url, cache: cacheUrl, tables }: CommonOptions,
  access: 'read' | 'write',
  work: (stockpile: Stockpile, storage: Storage) => Promise<T>,
  relaying: Relaying | null = null,
): Promise<T> {
  refuseMemory(cacheUrl)
  const storage = await openStorage(url, access)
  const stockpile = await openStockpile(
    storage,
    cacheUrl,
    relaying,
    tables ?? (access === 'read' ? 'migrate' : storage.tables),
  )
  try {
    return await work(stockpile, storage)
  } finally {
    await stockpile.close()
  }
}

async function openStockpile(
  storage: Storage,
  cacheUrl: string | undefined,
  relaying: Relaying | null,
  tables: 'auto' | 'migrate',
): Promise<Stockpile> {
  try {
    const cache = await openCacheOf(storage, cacheUrl, relaying)
    return new Stockpile({
      storage,
      ...(cache !== null && { cache }),
      ...(relaying !== null && { logger: relaying.logger }),
      tables,
      // In their order: with two batches in flight, a later deal could be done where an earlier one fails.
      batch: { dealsMax, inFlightMax: 1 },
      // How long receipts are kept is the application's business: the command line never deletes any.
      receiptDays: Infinity,
    })
  } catch (error) {
    await storage.close()
    throw error
  }
}

/** What a command removes with its end can't be another's. */
function refuseMemory(url: string | undefined): void {
  if (url === undefined || !/^memory:/i.test(url)) return
  throw usageError(
    'a cache in memory belongs to one process, and ends with this one: leave out --cache and STOCKPILE_CACHE, ' +
      'or name the cache that the application shares with others',
  )
}

/**
 * Opens the cache, if the database remembers one. It is the application that begins to cache a database, never the command line: a mistyped URL
 * would have every writer refused that is not told of it.
 */
async function openCacheOf(
  storage: Storage,
  url: string | undefined,
  relaying: Relaying | null,
): Promise<Cache | null> {
  if (url === undefined || url === '') return null
  const cache = await openCache(url, { relayMs: relaying?.relayMs ?? 0 })
  if ((await storage.cacheNote().catch(() => '')) !== null) return cache
  await cache.close()
  return null
}
