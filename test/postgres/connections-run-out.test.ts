import { expect, test } from 'vitest'
import { postgres } from '../../src/storage/postgres/index.ts'
import { openLab, openPool } from './open-lab.ts'

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
