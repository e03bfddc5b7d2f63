import SqliteDatabase from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { openSqliteLab, type SqliteLab } from '../regressions/sqlite-lab.ts'

/** Runs statements by hand on a lab's file. */
function byHand({ path }: SqliteLab, isRecursive: boolean, ...statements: readonly string[]): void {
  const database = new SqliteDatabase(path)
  try {
    database.pragma(`recursive_triggers = ${isRecursive ? 1 : 0}`)
    for (const statement of statements) database.exec(statement)
  } finally {
    database.close()
  }
}

async function openLab(): Promise<SqliteLab> {
  const lab = await openSqliteLab()
  const ann = lab.stockpile.hybrid('farm', 'ann')
  await ann.add('cow', 4)
  await ann.add('cow', ann.quantity([7n, 9n]))
  return lab
}

/** Whether work breaks a rule of the tables. */
function isRefused(work: () => void): boolean {
  try {
    work()
    return false
  } catch (error) {
    return error instanceof SqliteDatabase.SqliteError && error.code === 'SQLITE_CONSTRAINT_CHECK'
  }
}

const holding = 'farm_stockpile_holding (user_id, item_id, quantity)'
const serial = 'farm_stockpile_serial (user_id, item_id, serial, properties)'

describe.each([false, true])('what is changed by hand in words of SQLite, recursive triggers: %s', (isRecursive) => {
  test('INSERT OR REPLACE of a holding is noticed, also that something was replaced', async () => {
    await using lab = await openLab()
    byHand(lab, isRecursive, `INSERT OR REPLACE INTO ${holding} VALUES ('ann', 'cow', 30), ('bob', 'cow', 2)`)
    const total = (await lab.stockpile.hybrid('farm', 'ann').get('cow')).value()
    // The serials of what is replaced go only where SQLite tells that it is replaced.
    expect(total).toBe(isRecursive ? 30n : 32n)
    expect((await lab.stockpile.verify('farm')).breaks).toEqual([])
    expect((await lab.stockpile.hybrid('farm', 'ann').add('cow', 1)).value()).toBe(total + 1n)
    expect((await lab.stockpile.verify('farm')).breaks).toEqual([])
  })

  test('an upsert and INSERT OR IGNORE by hand do to a holding what they say', async () => {
    await using lab = await openLab()
    const upsert = `INSERT INTO ${holding} VALUES ('ann', 'cow', 30) ON CONFLICT DO UPDATE SET quantity = quantity + 5`
    byHand(lab, isRecursive, upsert, `INSERT OR IGNORE INTO ${holding} VALUES ('ann', 'cow', 50), ('ann', 'hen', 1)`)
    const items = await lab.stockpile.hybrid('farm', 'ann').all()
    expect([items.version, items.get('cow')?.tally(), items.get('cow')?.serials(), items.get('hen')?.tally()]).toEqual([
      4n,
      9n,
      [7n, 9n],
      1n,
    ])
    expect((await lab.stockpile.verify('farm')).breaks).toEqual([])
  })

  test('INSERT OR REPLACE of a serial is noticed, and takes none away from another holding', async () => {
    await using lab = await openLab()
    byHand(lab, isRecursive, `INSERT OR REPLACE INTO ${serial} VALUES ('ann', 'cow', 7, '{"name":"Elsa"}')`)
    const quantity = await lab.stockpile.hybrid('farm', 'ann').get('cow')
    expect([quantity.serials(), quantity.get(7n)]).toEqual([[7n, 9n], { name: 'Elsa' }])
    expect(() => byHand(lab, isRecursive, `INSERT OR REPLACE INTO ${serial} VALUES ('bob', 'cow', 7, '{}')`)).toThrow(
      'this serial is in another holding already',
    )
    expect((await lab.stockpile.verify('farm')).breaks).toEqual([])
  })

  test('a number of serials made up by hand is put right', async () => {
    await using lab = await openLab()
    byHand(
      lab,
      isRecursive,
      'UPDATE farm_stockpile_holding SET serials = 5',
      "INSERT INTO farm_stockpile_holding (user_id, item_id, quantity, serials) VALUES ('bob', 'hen', 1, 3)",
    )
    const hens = await lab.stockpile.hybrid('farm', 'bob').get('hen')
    expect([hens.tally(), hens.serials()]).toEqual([1n, []])
    expect((await lab.stockpile.hybrid('farm', 'ann').get('cow')).serials()).toEqual([7n, 9n])
    expect((await lab.stockpile.verify('farm')).breaks).toEqual([])
  })

  test.each(['ABORT', 'FAIL', 'IGNORE', 'ROLLBACK'])(
    'a statement that fails half-way, OR %s, leaves nothing that hides the next one',
    async (way) => {
      await using lab = await openLab()
      await lab.stockpile.tally('farm', 'bob').add('hen', 1)
      const update = `UPDATE OR ${way} farm_stockpile_holding SET quantity = CASE user_id WHEN 'ann' THEN 5 ELSE -1 END`
      expect(isRefused(() => byHand(lab, isRecursive, update))).toBe(way !== 'IGNORE')
      byHand(
        lab,
        isRecursive,
        `UPDATE OR ${way} farm_stockpile_holding SET quantity = 6`,
        `DELETE FROM farm_stockpile_serial WHERE serial = 9`,
      )
      const [last, before] = await lab.stockpile.hybrid('farm', 'ann').history()
      expect([last, before].map((entry) => [entry?.change, entry?.balance, entry?.data])).toEqual([
        [-1n, 7n, { changed: 'by hand' }],
        [way === 'FAIL' || way === 'IGNORE' ? 1n : 2n, 8n, { changed: 'by hand' }],
      ])
      expect((await lab.stockpile.verify('farm')).breaks).toEqual([])
    },
  )
})
