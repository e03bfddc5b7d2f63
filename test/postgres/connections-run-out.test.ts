import { expect, inject, test } from 'vitest'
import { Stockpile } from '../../src/index.ts'
import { postgres } from '../../src/storage/postgres/index.ts'
import { createDatabase } from '../servers/create-database.ts'
import { openLab, openPool } from './open-lab.ts'

test('transactions that have all the connections they can get leave enough for deals, reads and new tables', async () => {
  await using database = await createDatabase(inject('postgresUrl'))
  const storage = postgres(database.url, { connectionsMax: 4, lockWaitMs: 2_000 })
  await using stockpile = new Stockpile({ storage, tables: 'auto' })
  await stockpile.migrate(['farm'])
  let openCount = 0
  const { promise: areAllOpen, resolve: allOpen } = Promise.withResolvers<undefined>()
  const bob = stockpile.tally('farm', 'bob')
  const outside = areAllOpen.then(() => Promise.all([bob.add('egg'), bob.get('hen')]))
  const transactions = Array.from({ length: 8 }, (_, index) =>
    stockpile.transaction(async () => {
      await stockpile.tally('farm', `user_${index}`).add('egg')
      openCount += 1
      if (openCount === 2) allOpen(undefined)
      await outside
      await stockpile.tally(`farm_${index}`, 'ann').add('egg')
    }),
  )
  await Promise.all(transactions)
  expect(await outside).toEqual([1n, 0n])
  expect(await stockpile.tally('farm_7', 'ann').get('egg')).toBe(1n)
})

test.each([
  ['would wait for ever', {}],
  ['gives up by itself', { connectionTimeoutMillis: 200 }],
])("an application's pool that %s is said to need more connections than transactions", async (_what, config) => {
  await using lab = await openLab()
  const pool = openPool(lab.url, { ...config, max: 1 })
  const storage = postgres(pool, { lockWaitMs: 300 })
  const query = { app: 'farm', user: 'u', items: null, hasSerials: false }
  const session = await storage.begin()
  await expect(storage.fetch([query])).rejects.toMatchObject({
    code: 'LOCK_TIMEOUT',
    message: expect.stringContaining('at least two connections more than transactions') as string,
  })
  await session.rollback()
  expect(await storage.fetch([query])).toHaveLength(1)
  expect(pool.idleCount).toBe(1)
  await storage.close()
  await pool.end()
})
