import { expect, test } from 'vitest'
import { Stockpile, type Change } from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'

test.each(['sqlite:farm.db', 'file:farm.db', 'postgres://localhost/farm'])('the url %s is no path of a file', (url) => {
  expect(() => sqlite(url)).toThrow(`path must be a file's path such as 'farm.db', and no URL; got '${url}'`)
})

test('a drive of Windows and the temporary file are paths', () => {
  expect(sqlite(String.raw`C:\farm.db`).location).toContain('farm.db')
  expect(sqlite(':memory:').dialect).toBe('sqlite')
})

test('a deal of calls instead of plans says what a change is', async () => {
  await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
  const added = stockpile.tally('farm', 1).add('egg')
  await expect(stockpile.deal([added as unknown as Change])).rejects.toThrow(
    'changes[0] must be a change, as inventory.plan makes it; got Promise',
  )
  await added
})
