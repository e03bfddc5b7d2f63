import { expect, test } from 'vitest'
import { Stockpile, type StockpileOptions } from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'

// What a program without types, or with a wider one, hands over.
const unknown = (options: object): never => options as never

test('a misspelt option is refused by name, with those that are known, and nothing is written', async () => {
  await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
  const tally = stockpile.tally('farm', 1)
  await expect(tally.add('egg', 1, unknown({ idempotencyKey: 'a' }))).rejects.toThrow(
    "options.idempotencyKey must be left out: what can be said here is data, key, ifVersion, dryRun; got 'a'",
  )
  await expect(stockpile.deal([tally.plan.add('egg')], unknown({ dryrun: true }))).rejects.toThrow('options.dryrun')
  await expect(tally.history(unknown({ items: 1 }))).rejects.toThrow('filter.items')
  await expect(tally.get('egg', unknown({ locked: true }))).rejects.toThrow('options.locked')
  await expect(stockpile.transaction(async () => 1, unknown({ timeout: 5 }))).rejects.toThrow('options.timeout')
  expect(() => tally.plan.add('egg', 1, unknown({ key: 'a' }))).toThrow('options.key')
  expect(await tally.get('egg')).toBe(0n)
})

test('a misspelt option of a Stockpile is refused by name; one left undefined is not', async () => {
  const storage = sqlite(':memory:')
  expect(() => new Stockpile(unknown({ storage, cahce: null }))).toThrow('options.cahce must be left out')
  const options: StockpileOptions & { cahce?: undefined } = { storage, cahce: undefined }
  await using stockpile = new Stockpile(options)
  expect(await stockpile.tally('farm', 1).add('egg')).toBe(1n)
})
