import { expect, inject, test } from 'vitest'
import { Stockpile } from '../../src/index.ts'
import { mysql } from '../../src/storage/mysql/index.ts'
import { createDatabase } from '../servers/create-database.ts'

test('a keyed deal whose outcome is longer than a packet of MariaDB is refused alone and not tried again', async () => {
  await using database = await createDatabase(inject('mysqlUrl'))
  await using stockpile = new Stockpile({ storage: mysql(database.url) })
  await stockpile.migrate(['farm'])
  const ann = stockpile.serial('farm', 'ann')
  const bob = stockpile.tally('farm', 'bob')
  // Properties that are alike are remembered once: these all differ.
  const notes = 'x'.repeat(60_000)
  for (let part = 0; part < 3; part += 1) {
    const pairs = Array.from(
      { length: 100 },
      (_, index) => [part * 100 + index + 1, { notes: `${part * 100 + index}${notes}` }] as const,
    )
    await ann.add('hen', ann.quantity(pairs))
  }
  const [long, ...others] = await Promise.allSettled([
    ann.add('hen', [9_999], { key: 'long' }),
    bob.add('egg'),
    bob.add('egg'),
  ])
  expect(long).toMatchObject({ status: 'rejected', reason: { code: 'DATABASE', isRetryable: false } })
  expect(others.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
  expect((await ann.get('hen')).value()).toBe(300n)
  expect(await bob.get('egg')).toBe(2n)
})
