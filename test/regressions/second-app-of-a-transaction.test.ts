import { expect, test } from 'vitest'
import { Stockpile } from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'
import { openSqliteLab } from './sqlite-lab.ts'

test('a transaction on SQLite goes on to an app that its process has not used yet', async () => {
  await using lab = await openSqliteLab()
  await lab.stockpile.migrate(['farm', 'bank'])
  await using stockpile = new Stockpile({ storage: sqlite(lab.path) })
  await stockpile.transaction(
    async () => {
      await stockpile.tally('farm', 'ann').add('egg')
      await stockpile.tally('bank', 'ann').add('coin', 5)
    },
    { timeoutMs: 5_000 },
  )
  expect(await stockpile.tally('bank', 'ann').get('coin')).toBe(5n)
})
