import type { Database, SerialContender } from './database.ts'
import { startDatabase } from './databases.ts'
import { expectMoved } from './expect-moved.ts'
import { load, type LoadOptions, type RunResult } from './load.ts'
import { runAlone, type Question } from './question.ts'
import { seedSerialsByHand, seedStockpileSerials, stockpileSerials } from './serial-stock.ts'
import type { Settings } from './settings.ts'
import { sideBySide, sideCells, sideColumns, type Sides } from './side-by-side.ts'
import { firstUser, stockItem } from './stock.ts'
import { seeded } from './workload.ts'

interface SerialsRow extends Sides {
  readonly database: Database['name']
  readonly callers: number
}

const app = 'serials'
const accounts = 10_000
const serials = 5
const warmUp = { callers: 128, milliseconds: 800 } as const
const plans = {
  quick: { callers: [1, 16, 128], rounds: 1, milliseconds: 1000 },
  usual: { callers: [1, 16, 128], rounds: 3, milliseconds: 600 },
  full: { callers: [1, 16, 128], rounds: 7, milliseconds: 4000 },
} as const satisfies Record<Settings['level'], object>

/** How many serials a second come and go: Stockpile beside code written by hand. */
const question: Question<SerialsRow> = {
  name: 'serials',
  title: 'Serials: one is added, or that one subtracted, by hand and with Stockpile, fully durable',
  async measure({ level, databases }, tell) {
    const rows: SerialsRow[] = []
    const versions: string[] = []
    const { rounds, milliseconds } = plans[level]
    for (const name of databases) {
      await using database = await startDatabase[name]()
      versions.push(`${name} ${database.version} (${database.settings.join(' ')})`)
      const stockpile = await database.open()
      await using ours = stockpileSerials(database, stockpile, app)
      await seedStockpileSerials(database, stockpile, { app, accounts, serials })
      await using hand = await database.serialsByHand(app)
      await seedSerialsByHand(database, { app, accounts, serials })
      const { serverPid } = database
      for (const contender of [hand, ours]) await checkedSerials(contender, { ...warmUp, serverPid }, 0)
      for (const callers of plans[level].callers) {
        tell(`${name}, ${callers} callers`)
        const sides = await sideBySide<SerialContender>(hand, ours, rounds, (contender, round) =>
          checkedSerials(contender, { callers, milliseconds, serverPid }, round),
        )
        rows.push({ database: name, callers, ...sides })
      }
    }
    return { rows, versions }
  },
  columns: ['database', 'callers', ...sideColumns],
  cells: (row) => [row.database, row.callers, ...sideCells(row)],
  note:
    'Pairs are by hand, then Stockpile. One write is one serial, half of them additions; processor time is for one write, and on SQLite node ' +
    'does the database’s work too. By hand a write answers the serial alone, Stockpile answers the item’s whole new quantity with all ' +
    `properties. ${accounts.toLocaleString('en')} accounts of ${serials} serials.`,
}

/** Adds and subtracts for some time, and holds the tables to it: what was acknowledged is what was written. */
async function checkedSerials(contender: SerialContender, options: LoadOptions, seed: number): Promise<RunResult> {
  const random = seeded(seed)
  const busy = new Set<number>()
  const made: { readonly user: number; readonly serial: bigint }[] = []
  const done = { writes: 0, serials: 0 }
  // An account is written by one caller at a time: what is contended is another question, and the answer tells which serial is new.
  const pickIdle = (): number => {
    const user = firstUser + 1 + Math.floor(random() * accounts)
    return busy.has(user) ? pickIdle() : user
  }
  const operate = async (): Promise<void> => {
    const last = made.shift()
    if (last === undefined) {
      const user = pickIdle()
      busy.add(user)
      made.push({ user, serial: await contender.add(user, stockItem) })
      done.serials += 1
    } else {
      await contender.subtract(last.user, stockItem, last.serial)
      busy.delete(last.user)
      done.serials -= 1
    }
    done.writes += 1
  }
  const before = await contender.sums()
  await load({ ...options, milliseconds: Math.min(300, options.milliseconds) }, operate)
  const result = await load(options, operate)
  const after = await contender.sums()
  const { name } = contender
  expectMoved(`${name}: the number of serials`, after.serials - before.serials, done.serials)
  expectMoved(`${name}: the sum of the holdings' counts`, after.holdings - before.holdings, done.serials)
  expectMoved(`${name}: the sum of the history's changes`, after.changes - before.changes, done.serials)
  expectMoved(`${name}: the number of the history's rows`, after.entries - before.entries, done.writes)
  if (after.versions !== null && before.versions !== null)
    expectMoved(`${name}: the sum of the versions`, after.versions - before.versions, done.writes)
  return result
}

export default question
await runAlone(import.meta, question)
