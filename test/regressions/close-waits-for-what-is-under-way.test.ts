import { expect, test } from 'vitest'
import { openSqliteLab } from './sqlite-lab.ts'

test('close waits for calls that were made before it, even the very first ones', async () => {
  await using lab = await openSqliteLab()
  const ann = lab.stockpile.tally('farm', 'ann')
  const calls = [ann.add('egg', 2), ann.get('hen'), ann.history({ item: 'hen' })]
  await lab.stockpile.close()
  expect(await Promise.all(calls)).toEqual([2n, 0n, []])
})

test('close waits for reads and for verify', async () => {
  await using lab = await openSqliteLab()
  const { stockpile } = lab
  const ann = stockpile.tally('farm', 'ann')
  const plans = Array.from({ length: 1_200 }, (_, index) => stockpile.tally('farm', `user_${index}`).plan.add('egg'))
  await stockpile.deal([ann.plan.add('egg'), ...plans])
  const closing: Promise<void>[] = []
  const read = ann.get('egg')
  const verified = stockpile.verify('farm', {
    onProgress: () => {
      closing.push(stockpile.close())
    },
  })
  expect(await read).toBe(1n)
  expect(await verified).toMatchObject({ accounts: 1_201, breaks: [] })
  await Promise.all(closing)
})

test('whoever closes a second time waits for the first', async () => {
  await using lab = await openSqliteLab()
  const { stockpile } = lab
  const adds = Array.from({ length: 50 }, () => stockpile.tally('farm', 'ann').add('egg'))
  let isClosed = false
  const first = stockpile.close().then(() => {
    isClosed = true
  })
  await stockpile.close()
  await Promise.resolve()
  expect(isClosed).toBe(true)
  await first
  expect(await Promise.all(adds)).toHaveLength(50)
})
