import { join } from 'node:path'
import { Stockpile, type StockpileOptions } from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'
import { makeTempFolder, removeTempFolder } from '../servers/temp-folder.ts'

/** A Stockpile on a SQLite file of its own, which goes at the end. */
export interface SqliteLab extends AsyncDisposable {
  readonly stockpile: Stockpile
  readonly path: string
}

/** Makes a lab. */
export async function openSqliteLab(options: Omit<StockpileOptions, 'storage'> = {}): Promise<SqliteLab> {
  const folder = await makeTempFolder('regression')
  const path = join(folder, 'farm.db')
  const stockpile = new Stockpile({ ...options, storage: sqlite(path) })
  return {
    stockpile,
    path,
    async [Symbol.asyncDispose](): Promise<void> {
      await stockpile.close()
      await removeTempFolder(folder)
    },
  }
}
