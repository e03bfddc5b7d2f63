import { expect, test } from 'vitest'
import { Stockpile } from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'

test('a deal of many changes with large data is refused before it is too large for a packet', async () => {
  await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
  const { plan } = stockpile.tally('farm', 1)
  const changes = Array.from({ length: 1_000 }, (_change, index) => plan.add(`item ${index}`))
  const data = { note: 'x'.repeat(16_000) }
  await expect(stockpile.deal(changes, { data })).rejects.toMatchObject({ argument: 'changes' })
  expect((await stockpile.tally('farm', 1).all()).size).toBe(0)
  await stockpile.deal(changes.slice(0, 300), { data })
})

test('the hash of a request is that of the data which is stored, however often toJSON is asked', async () => {
  await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
  await stockpile.tally('farm', 2).add('wheat')
  let asked = 0
  const data = { toJSON: () => ((asked += 1) === 1 ? { reason: 'first' } : undefined) }
  expect(await stockpile.tally('farm', 1).add('wheat', 1, { key: 'k', data })).toBe(1n)
  expect(await stockpile.tally('farm', 1).add('wheat', 1, { key: 'k', data: { reason: 'first' } })).toBe(1n)
})
