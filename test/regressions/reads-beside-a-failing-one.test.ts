import SqliteDatabase from 'better-sqlite3'
import { expect, test } from 'vitest'
import { openSqliteLab } from './sqlite-lab.ts'

test('a read that the database refuses does not fail those of the same moment', async () => {
  await using lab = await openSqliteLab()
  const { stockpile } = lab
  await stockpile.tally('farm', 'ann').add('egg')
  await stockpile.tally('gone', 'ann').add('egg')
  const database = new SqliteDatabase(lab.path)
  database.exec('DROP TABLE gone_stockpile_account')
  database.close()
  const reads = ['farm', 'gone', 'farm', 'farm'].map((app) => stockpile.tally(app, 'ann').get('egg'))
  const answers = await Promise.allSettled(reads)
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
})
