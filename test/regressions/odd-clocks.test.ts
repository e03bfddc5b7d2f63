import { expect, inject, test } from 'vitest'
import { InvalidArgumentError, Stockpile } from '../../src/index.ts'
import { mysql } from '../../src/storage/mysql/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'
import { createDatabase } from '../servers/create-database.ts'
import { openSqliteLab } from './sqlite-lab.ts'

test('a clock with fractions of milliseconds counts whole ones', async () => {
  await using database = await createDatabase(inject('mysqlUrl'))
  await using lab = await openSqliteLab({ clock: () => 1_500.75 })
  await using other = new Stockpile({ storage: mysql(database.url), tables: 'auto', clock: () => 1_500.75 })
  for (const stockpile of [lab.stockpile, other]) {
    const ann = stockpile.tally('farm', 'ann')
    await ann.add('egg', 1, { key: 'k' })
    expect((await ann.history())[0]?.time).toBe(1_500)
  }
})

test.each([Number.NaN, Infinity, 1e300, '5', 5n, null])('a clock that says %s is refused by name', (time) => {
  const clock = (): number => time as number
  expect(() => new Stockpile({ storage: sqlite(':memory:'), clock })).toThrow(InvalidArgumentError)
})

test('a clock that breaks later refuses the deal by name, and the next one happens', async () => {
  let time = 5
  await using lab = await openSqliteLab({ clock: () => time })
  const ann = lab.stockpile.tally('farm', 'ann')
  await ann.add('egg')
  time = Number.NaN
  await expect(ann.add('egg')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument: 'clock' })
  time = 4
  expect(await ann.add('egg')).toBe(2n)
  expect((await ann.history()).map((entry) => entry.time)).toEqual([5, 5])
})

test('receipts are swept whatever fraction of a day they are kept', async () => {
  await using database = await createDatabase(inject('mysqlUrl'))
  for (const receiptDays of [1 / 7, 1e-9, 1e300]) {
    await using stockpile = new Stockpile({ storage: mysql(database.url), tables: 'auto', receiptDays })
    await stockpile.tally('farm', 'ann').add('egg')
    await expect(stockpile.ledger.sweep()).resolves.toBeTypeOf('number')
  }
})
