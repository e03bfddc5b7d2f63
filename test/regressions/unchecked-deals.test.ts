import { expect, test } from 'vitest'
import { openSqliteLab } from './sqlite-lab.ts'

test('a deal that was not checked never gets the name of its app into a statement', async () => {
  await using lab = await openSqliteLab()
  const ann = lab.stockpile.tally('farm', 'ann')
  const change = ann.plan.add('egg')
  const app = 'farm_stockpile_account" (user_id); DROP TABLE stockpile_receipt; --'
  await expect(ann.write({ changes: [{ ...change, app }] })).rejects.toMatchObject({ argument: 'app' })
})
