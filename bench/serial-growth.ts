import type { Database, SerialContender } from './database.ts'
import { startDatabase } from './databases.ts'
import { expectMoved } from './expect-moved.ts'
import { load, type RunResult } from './load.ts'
import { runAlone, type Question } from './question.ts'
import {
  seedItemsByHand,
  seedSerialsByHand,
  seedStockpileItems,
  seedStockpileSerials,
  stockpileSerials,
} from './serial-stock.ts'
import type { Settings } from './settings.ts'
import { sideBySide, type Sides } from './side-by-side.ts'
import { firstUser, stockItem } from './stock.ts'

type What = 'get of serials' | 'add and subtract one' | 'all of items'

interface SerialGrowthRow extends Sides {
  readonly database: Database['name']
  readonly what: What
  readonly size: number
  /** The middle call's time beside that of the smallest size. */
  readonly times: number
}

const user = firstUser + 1
const plans = {
  quick: { serials: [10, 100, 1000, 10_000], items: [1, 10, 100, 1000], rounds: 1, milliseconds: 400 },
  usual: { serials: [10, 1000, 10_000], items: [1, 1000], rounds: 3, milliseconds: 200 },
  full: { serials: [10, 100, 1000, 10_000], items: [1, 10, 100, 1000], rounds: 7, milliseconds: 2000 },
} as const satisfies Record<Settings['level'], object>

/** Whether big holdings and big accounts stay fast. */
const serialGrowth: Question<SerialGrowthRow> = {
  name: 'serial-growth',
  title: 'Growth of a holding and of an account: up to 10,000 serials of an item, up to 1,000 items, one caller',
  async measure({ level, databases }, tell) {
    const rows: SerialGrowthRow[] = []
    const versions: string[] = []
    const { serials, items, rounds, milliseconds } = plans[level]
    for (const name of databases) {
      await using database = await startDatabase[name]()
      versions.push(`${name} ${database.version} (${database.settings.join(' ')})`)
      const measure = async (what: What, sizes: readonly number[]): Promise<void> => {
        const some: Omit<SerialGrowthRow, 'times'>[] = []
        for (const size of sizes) {
          tell(`${name}, ${what}, ${size}`)
          some.push({ database: name, what, size, ...(await compare(database, what, size, { rounds, milliseconds })) })
        }
        const least = some[0]?.stockpile.p50Ms.median ?? Number.NaN
        rows.push(...some.map((row) => ({ ...row, times: row.stockpile.p50Ms.median / least })))
      }
      await measure('get of serials', serials)
      await measure('add and subtract one', serials)
      await measure('all of items', items)
    }
    return { rows, versions }
  },
  columns: [
    'database',
    'what',
    'size',
    'by hand ms',
    'Stockpile ms',
    'growth, times',
    'us for one',
    'node us',
    'server us',
  ],
  cells: ({ database, what, size, byHand, stockpile, times }) => [
    database,
    what,
    size,
    byHand.p50Ms,
    stockpile.p50Ms,
    times,
    (stockpile.p50Ms.median * 1000) / size,
    [byHand.nodeMicros, stockpile.nodeMicros],
    [byHand.serverMicros, stockpile.serverMicros],
  ],
  note:
    'The middle call’s time; pairs are by hand, then Stockpile. Growth is Stockpile’s time beside that of the smallest size, and “us for one” ' +
    'that time divided by the size. By hand a write answers the serial alone; Stockpile reads the holding and answers the item’s whole new ' +
    'quantity, all properties with it, and two writes are one call here.',
}

/** Measures one operation on one size, in tables of its own, and holds the answers and the tables to it. */
async function compare(
  database: Database,
  what: What,
  size: number,
  { rounds, milliseconds }: { rounds: number; milliseconds: number },
): Promise<Sides> {
  const app = `${what.split(' ', 1).join()}_${size}`
  const stockpile = await database.open()
  await using ours = stockpileSerials(database, stockpile, app)
  await using hand = await database.serialsByHand(app)
  if (what === 'all of items') {
    await seedStockpileItems(database, stockpile, { app, user, items: size })
    await seedItemsByHand(database, { app, user, items: size })
  } else {
    await seedStockpileSerials(database, stockpile, { app, accounts: 1, serials: size })
    await seedSerialsByHand(database, { app, accounts: 1, serials: size })
  }
  const run = { callers: 1, milliseconds, serverPid: database.serverPid }
  const sides = await sideBySide<SerialContender>(hand, ours, rounds, async (contender) => {
    if (what === 'add and subtract one') return checkedWrites(contender, run)
    const read = (): Promise<number> => (what === 'all of items' ? contender.all(user) : contender.get(user, stockItem))
    const operate = async (): Promise<void> => {
      const found = await read()
      if (found !== size) throw new Error(`${contender.name} read ${found} instead of ${size}: the run is void`)
    }
    await load({ ...run, milliseconds: milliseconds / 2 }, operate)
    return load(run, operate)
  })
  return sides
}

/** Adds a serial to a holding and takes it away again, so that the size stays what the row says. */
async function checkedWrites(
  contender: SerialContender,
  run: { callers: number; milliseconds: number; serverPid: number | null },
): Promise<RunResult> {
  let done = 0
  const operate = async (): Promise<void> => {
    const serial = await contender.add(user, stockItem)
    await contender.subtract(user, stockItem, serial)
    done += 2
  }
  const before = await contender.sums()
  await load({ ...run, milliseconds: run.milliseconds / 2 }, operate)
  const result = await load(run, operate)
  const after = await contender.sums()
  expectMoved(`${contender.name}: the number of serials`, after.serials - before.serials, 0)
  expectMoved(`${contender.name}: the number of the history's rows`, after.entries - before.entries, done)
  return result
}

export default serialGrowth
await runAlone(import.meta, serialGrowth)
