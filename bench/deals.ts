import { checkedRun } from './checked-run.ts'
import type { Contender, Database } from './database.ts'
import { startDatabase } from './databases.ts'
import { runAlone, type Question } from './question.ts'
import type { Settings } from './settings.ts'
import { sideBySide, sideCells, sideColumns, type Sides } from './side-by-side.ts'
import { seedByHand, seedStockpile, stockpileContender } from './stock.ts'
import type { Skew } from './workload.ts'

/** Both contenders side by side. */
interface DealsRow extends Sides {
  readonly database: Database['name']
  readonly skew: Skew
  readonly callers: number
}

const accounts = 100_000
const app = 'bench'

const warmUp = { callers: 128, milliseconds: 1500, skew: 'uniform', accounts, seed: 0 } as const

interface Plan {
  readonly callers: readonly number[]
  readonly rounds: number
  readonly milliseconds: number
}

const plans: { readonly [level in Settings['level']]: Plan } = {
  quick: { callers: [1, 128], rounds: 1, milliseconds: 1000 },
  usual: { callers: [1, 16, 128, 1024], rounds: 3, milliseconds: 700 },
  full: { callers: [1, 16, 128, 1024], rounds: 7, milliseconds: 4000 },
}

/** How many deals a second, how soon, and what each costs: Stockpile beside code written by hand. */
const deals: Question<DealsRow> = {
  name: 'deals',
  title: 'Deals: code written by hand and Stockpile, fully durable, 100,000 accounts',
  async measure({ level, databases }, tell) {
    const rows: DealsRow[] = []
    const versions: string[] = []
    for (const name of databases) {
      await using database = await startDatabase[name]()
      versions.push(`${name} ${database.version} (${database.settings.join(' ')})`)
      const stockpile = await database.open()
      await seedStockpile(database, stockpile, { app, accounts })
      await using hand = await database.byHand(app)
      await seedByHand(database, { app, accounts })
      await using ours = stockpileContender(database, stockpile, app)
      // What runs for the first time runs slowly; an application that has just started isn't the question.
      const { serverPid } = database
      for (const contender of [hand, ours]) await checkedRun(contender, { ...warmUp, serverPid })
      for (const skew of ['uniform', 'half hot'] as const) {
        for (const callers of plans[level].callers) {
          tell(`${name}, ${skew}, ${callers} callers`)
          const { rounds, milliseconds } = plans[level]
          const sides = await sideBySide<Contender>(hand, ours, rounds, (contender, round) =>
            checkedRun(contender, { callers, milliseconds, serverPid, skew, accounts, seed: round }),
          )
          rows.push({ database: name, skew, callers, ...sides })
        }
      }
    }
    return { rows, versions }
  },
  columns: ['database', 'work', 'callers', ...sideColumns],
  cells: (row) => [row.database, row.skew, row.callers, ...sideCells(row)],
  note: 'Pairs are by hand, then Stockpile. Processor time is for one deal; on SQLite node does the database’s work too.',
}

export default deals
await runAlone(import.meta, deals)
