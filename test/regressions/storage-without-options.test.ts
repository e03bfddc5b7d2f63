import { expect, test } from 'vitest'
import { Stockpile, type StockpileOptions } from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'

test('a Stockpile that is given a storage instead of options says how the options look', async () => {
  const storage = sqlite('never-opened.db')
  expect(() => new Stockpile(storage as unknown as StockpileOptions)).toThrow(
    /^options must be an object with a storage: \{ storage:/,
  )
  await storage.close()
})
