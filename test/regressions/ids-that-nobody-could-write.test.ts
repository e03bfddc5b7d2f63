import SqliteDatabase from 'better-sqlite3'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { memoryCache, Stockpile } from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'
import { makeTempFolder, removeTempFolder } from '../servers/temp-folder.ts'

let folder: string

beforeEach(async () => {
  folder = await makeTempFolder('ids')
})

afterEach(() => removeTempFolder(folder))

test.each(['a\tb', 'gold\t999\t0\t-\nlead', '\n'])(
  'an item inserted by hand as %j makes no other item of the account read otherwise through the cache',
  async (item) => {
    const path = join(folder, 'farm.db')
    await using stockpile = new Stockpile({ storage: sqlite(path), cache: memoryCache({ relayMs: 0 }) })
    const inventory = stockpile.tally('farm', 'ann')
    await inventory.add('iron', 2)
    const byHand = new SqliteDatabase(path)
    byHand.prepare('INSERT INTO farm_stockpile_holding (user_id, item_id, quantity) VALUES (?, ?, 5)').run('ann', item)
    byHand.close()
    await stockpile.relay()
    const truth = [...(await inventory.uncached.all())]
    for (let time = 0; time < 3; time += 1) expect([...(await inventory.all())]).toEqual(truth)
    expect(await inventory.get(['iron', 'gold'])).toEqual(await inventory.uncached.get(['iron', 'gold']))
    await inventory.add('iron')
    expect(await inventory.get('iron')).toBe(3n)
    expect(await inventory.get('gold')).toBe(0n)
  },
)
