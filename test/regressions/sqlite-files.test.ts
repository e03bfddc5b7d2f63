import { readdirSync, readlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, expect, test } from 'vitest'
import { Stockpile } from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'
import { sharedStatements } from '../../src/storage/sqlite/statements.ts'
import { openSqliteLab } from './sqlite-lab.ts'

const folderBefore = process.cwd()

afterEach(() => {
  process.chdir(folderBefore)
})

/** How often this process has a file open. */
function timesOpen(path: string): number {
  const files = readdirSync('/proc/self/fd').map((file) => {
    try {
      return readlinkSync(`/proc/self/fd/${file}`)
    } catch {
      return ''
    }
  })
  return files.filter((file) => file === path).length
}

test('calls that are the first of their thread open the file once', async () => {
  await using lab = await openSqliteLab()
  await lab.stockpile.migrate(['farm'])
  await using again = new Stockpile({ storage: sqlite(lab.path) })
  const before = timesOpen(lab.path)
  const ann = again.tally('farm', 'ann')
  await Promise.all([ann.get('egg'), ann.history(), ann.get('hen')])
  expect(timesOpen(lab.path) - before).toBe(1)
})

test('a path that begins nowhere in particular means the same file for as long as the storage lives', async () => {
  await using lab = await openSqliteLab()
  process.chdir(dirname(lab.path))
  await using stockpile = new Stockpile({ storage: sqlite('wandering.db') })
  const ann = stockpile.tally('farm', 'ann')
  process.chdir(folderBefore)
  await ann.add('egg')
  expect(readdirSync(dirname(lab.path))).toContain('wandering.db')
})

test('sweeping commits on SQLite does not sort all of them', async () => {
  await using lab = await openSqliteLab()
  await lab.stockpile.migrate(['farm'])
  const database = new SqliteDatabase(lab.path, { readonly: true })
  const plan = database.prepare(`EXPLAIN QUERY PLAN ${sharedStatements.sweepCommits}`).all(1, 1)
  database.close()
  expect(JSON.stringify(plan)).not.toContain('TEMP B-TREE')
})

test('sweeping commits on SQLite deletes the old ones alone', async () => {
  await using lab = await openSqliteLab()
  await lab.stockpile.tally('farm', 'ann').add('egg')
  const storage = sqlite(lab.path)
  expect(await storage.sweep({ receiptsBefore: 0, commitsBefore: 1, rowsMax: 10 })).toBe(0)
  expect(await storage.sweep({ receiptsBefore: 0, commitsBefore: 2 ** 52, rowsMax: 10 })).toBe(1)
  await storage.close()
})
