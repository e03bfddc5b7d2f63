import { expect, test } from 'vitest'
import { openSqliteLab } from './sqlite-lab.ts'

test('an onRollback callback of a savepoint may write: it does so in the transaction around it', async () => {
  await using lab = await openSqliteLab()
  const { stockpile } = lab
  const ann = stockpile.tally('farm', 'ann')
  await ann.add('egg')
  const work = stockpile.transaction(
    async () => {
      await ann.add('egg')
      await stockpile
        .transaction(async () => {
          stockpile.onRollback(() => ann.add('apology'))
          await ann.add('hen')
          throw new RangeError('mine')
        })
        .catch(() => undefined)
      return ann.get(['egg', 'hen', 'apology'])
    },
    { timeoutMs: 5_000 },
  )
  expect([...(await work)]).toEqual([
    ['apology', 1n],
    ['egg', 2n],
  ])
})

test('an onRollback callback of a savepoint that a timeout ended runs once, outside of the transaction', async () => {
  await using lab = await openSqliteLab()
  const { stockpile } = lab
  const ann = stockpile.tally('farm', 'ann')
  await ann.add('egg')
  const { promise: isAway, resolve: goOn } = Promise.withResolvers<undefined>()
  const { promise: isTold, resolve: tell } = Promise.withResolvers<bigint>()
  const work = stockpile.transaction(
    async () => {
      await ann.add('egg')
      await stockpile.transaction(async () => {
        stockpile.onRollback(async () => {
          tell(await ann.add('apology'))
        })
        await isAway
        await ann.add('hen')
      })
    },
    { timeoutMs: 50 },
  )
  await expect(work).rejects.toMatchObject({ code: 'TRANSACTION_TIMEOUT' })
  goOn(undefined)
  expect(await isTold).toBe(1n)
  expect([...(await ann.all())]).toEqual([
    ['apology', 1n],
    ['egg', 1n],
  ])
})
