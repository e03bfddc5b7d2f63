import type { Stockpile, Storage } from '../src/index.ts'
import type { Database, OpenOptions } from './database.ts'

/** Opens a Stockpile whose cache the database forgets with its end, so that the next one can have another. */
export async function openForNow(
  database: Database,
  { around = (storage) => storage, ...options }: OpenOptions,
): Promise<{ readonly stockpile: Stockpile } & AsyncDisposable> {
  let opened: Storage | null = null
  const stockpile = await database.open({ ...options, around: (storage) => around((opened = storage)) })
  return {
    stockpile,
    async [Symbol.asyncDispose]() {
      const note = await opened?.cacheNote()
      if (typeof note === 'string') await opened?.noteCache(note, null)
      await stockpile.close()
    },
  }
}
