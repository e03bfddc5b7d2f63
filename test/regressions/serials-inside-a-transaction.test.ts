import { expect, inject, test } from 'vitest'
import { Stockpile } from '../../src/index.ts'
import { mysql } from '../../src/storage/mysql/index.ts'
import { createDatabase } from '../servers/create-database.ts'
import { openSqliteLab } from './sqlite-lab.ts'

test('a transaction on SQLite that comes to need serial numbers runs again by itself', async () => {
  await using lab = await openSqliteLab()
  const { stockpile } = lab
  await stockpile.migrate(['farm'])
  await stockpile.transaction(async () => {
    await stockpile.tally('farm', 'ann').add('egg')
    await stockpile.serial('farm', 'ann').add('hen', 2)
  })
  expect(await stockpile.tally('farm', 'ann').get('egg')).toBe(1n)
  expect((await stockpile.serial('farm', 'ann').get('hen')).value()).toBe(2n)
})

test('a transaction on SQLite that needs serial numbers beside a write does not wait for itself', async () => {
  await using lab = await openSqliteLab()
  const { stockpile } = lab
  await stockpile.migrate(['farm'])
  await stockpile.transaction(
    () => Promise.all([stockpile.tally('farm', 'ann').add('egg'), stockpile.serial('farm', 'ann').add('hen', 2)]),
    { timeoutMs: 5_000 },
  )
  expect((await stockpile.serial('farm', 'ann').get('hen')).value()).toBe(2n)
})

test('transactions that have all the connections they can get find one for serial numbers', async () => {
  await using database = await createDatabase(inject('mysqlUrl'))
  await using stockpile = new Stockpile({ storage: mysql(database.url, { connectionsMax: 4, lockWaitMs: 2_000 }) })
  await stockpile.migrate(['farm'])
  const transactions = Array.from({ length: 8 }, (_, index) =>
    stockpile.transaction(async () => {
      await stockpile.tally('farm', `user_${index}`).add('egg')
      await stockpile.serial('farm', `user_${index}`).add('hen')
    }),
  )
  await Promise.all(transactions)
  expect((await stockpile.serial('farm', 'user_7').get('hen')).value()).toBe(1n)
})
