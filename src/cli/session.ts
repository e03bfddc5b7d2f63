import { Stockpile } from '../index.ts'
import { dealsMax } from './apply/chunks.ts'
import { openStorage } from './storage-url.ts'

/** The options that every command has. */
export interface CommonOptions {
  readonly storage?: string
  readonly tables?: 'auto' | 'migrate'
  readonly json?: boolean
}

/**
 * Opens the Stockpile that the options name, works with it and closes it.
 *
 * @param access `read` makes no files and no tables: a mistyped name is told, not made
 */
export async function withStockpile<T>(
  { storage: url, tables }: CommonOptions,
  access: 'read' | 'write',
  work: (stockpile: Stockpile) => Promise<T>,
): Promise<T> {
  const storage = await openStorage(url, access)
  const stockpile = new Stockpile({
    storage,
    tables: tables ?? (access === 'read' ? 'migrate' : storage.tables),
    batch: { dealsMax },
    // How long receipts are kept is the application's business: the command line never deletes any.
    receiptDays: Infinity,
  })
  try {
    return await work(stockpile)
  } finally {
    await stockpile.close()
  }
}
