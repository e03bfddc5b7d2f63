import { expect, test } from 'vitest'
import { ConflictError } from '../../src/index.ts'
import { openSqliteLab } from './sqlite-lab.ts'

test('a transaction on SQLite that names a ready app and a new one at the same moment does not wait for itself', async () => {
  await using lab = await openSqliteLab()
  const { stockpile } = lab
  await stockpile.tally('old', 1).add('egg')
  const work = async (): Promise<bigint[]> =>
    Promise.all([stockpile.tally('old', 1).add('egg'), stockpile.tally('new', 1).add('egg')])
  expect(await stockpile.transaction(work, { timeoutMs: 5_000 })).toEqual([2n, 1n])
  expect(await stockpile.tally('new', 1).get('egg')).toBe(1n)
})

test('a transaction on SQLite that names two new apps at the same moment does not wait for itself', async () => {
  await using lab = await openSqliteLab()
  const { stockpile } = lab
  const work = async (): Promise<bigint[]> =>
    Promise.all([stockpile.tally('one', 1).add('egg'), stockpile.tally('two', 1).add('egg')])
  expect(await stockpile.transaction(work, { timeoutMs: 5_000 })).toEqual([1n, 1n])
})

test('tables that are made for a transaction on SQLite do not use up its retries', async () => {
  await using lab = await openSqliteLab()
  const { stockpile } = lab
  const apps = ['one', 'two', 'three', 'four']
  let conflicts = 0
  await stockpile.transaction(
    async () => {
      for (const app of apps) await stockpile.tally(app, 1).add('egg')
      if (conflicts++ === 0) throw new ConflictError('somebody was first')
    },
    { retries: 1 },
  )
  expect(await Promise.all(apps.map((app) => stockpile.tally(app, 1).get('egg')))).toEqual([1n, 1n, 1n, 1n])
})
