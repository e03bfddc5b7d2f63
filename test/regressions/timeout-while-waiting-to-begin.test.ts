import { expect, test } from 'vitest'
import { openSqliteLab } from './sqlite-lab.ts'

test('timeoutMs counts while a transaction waits for its turn on SQLite', async () => {
  await using lab = await openSqliteLab()
  const { stockpile } = lab
  const ann = stockpile.tally('farm', 'ann')
  await ann.add('egg')
  const { promise: isOver, resolve: end } = Promise.withResolvers<undefined>()
  const { promise: isOpen, resolve: opened } = Promise.withResolvers<undefined>()
  const first = stockpile.transaction(async () => {
    await ann.add('egg')
    opened(undefined)
    await isOver
  })
  await isOpen
  // Would wait for ever, for the first one ends after it.
  await expect(stockpile.transaction(() => ann.add('egg'), { timeoutMs: 50 })).rejects.toMatchObject({
    code: 'TRANSACTION_TIMEOUT',
  })
  end(undefined)
  await first
  expect(await ann.add('egg')).toBe(3n)
})
