import { checkedRun } from './checked-run.ts'
import type { Contender, Database } from './database.ts'
import { startDatabase } from './databases.ts'
import type { RunResult } from './load.ts'
import { runAlone, type Question } from './question.ts'
import type { Settings } from './settings.ts'
import { spreadOf, type Spread } from './statistics.ts'
import { seedByHand, seedStockpile, stockpileContender } from './stock.ts'
import type { Skew } from './workload.ts'

/** What one contender did with one number of callers. */
interface Side {
  readonly perSecond: Spread
  readonly p50Ms: Spread
  readonly p99Ms: Spread
  readonly nodeMicros: Spread
  readonly threadMicros: Spread
  readonly serverMicros: Spread
}

/** Both contenders side by side. */
interface DealsRow {
  readonly database: Database['name']
  readonly skew: Skew
  readonly callers: number
  readonly byHand: Side
  readonly stockpile: Side
  /** How many times by hand's throughput Stockpile has, in each round. */
  readonly ratio: Spread
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
  usual: { callers: [1, 16, 128, 1024], rounds: 3, milliseconds: 1000 },
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
      for (const contender of [hand, ours]) await checkedRun(contender, { ...warmUp, serverPid: database.serverPid })
      for (const skew of ['uniform', 'half hot'] as const) {
        for (const callers of plans[level].callers) {
          tell(`${name}, ${skew}, ${callers} callers`)
          rows.push(await sideBySide(database, hand, ours, { skew, callers, plan: plans[level] }))
        }
      }
    }
    return { rows, versions }
  },
  columns: [
    'database',
    'work',
    'callers',
    'by hand/s',
    'Stockpile/s',
    'times',
    'p50 ms',
    'p99 ms',
    'node us',
    'server us',
  ],
  cells: ({ database, skew, callers, byHand, stockpile, ratio }) => [
    database,
    skew,
    callers,
    byHand.perSecond,
    stockpile.perSecond,
    ratio,
    [byHand.p50Ms, stockpile.p50Ms],
    [byHand.p99Ms, stockpile.p99Ms],
    [byHand.nodeMicros, stockpile.nodeMicros],
    [byHand.serverMicros, stockpile.serverMicros],
  ],
  note: 'Pairs are by hand, then Stockpile. Processor time is for one deal; on SQLite node does the database’s work too.',
}

async function sideBySide(
  database: Database,
  hand: Contender,
  ours: Contender,
  { skew, callers, plan }: { skew: Skew; callers: number; plan: Plan },
): Promise<DealsRow> {
  const results = new Map<Contender, RunResult[]>([
    [hand, []],
    [ours, []],
  ])
  const { serverPid } = database
  for (let round = 0; round < plan.rounds; round += 1) {
    // By turns, and each first as often as the other, so that whatever else the machine does hits both.
    for (const contender of round % 2 === 0 ? [hand, ours] : [ours, hand]) {
      const run = { callers, milliseconds: plan.milliseconds, serverPid, skew, accounts, seed: round + 1 }
      results.get(contender)?.push(await checkedRun(contender, run))
    }
  }
  const handResults = results.get(hand) ?? []
  const ourResults = results.get(ours) ?? []
  const ratios = ourResults.map(({ perSecond }, round) => perSecond / (handResults[round]?.perSecond ?? Number.NaN))
  return {
    database: database.name,
    skew,
    callers,
    byHand: toSide(handResults),
    stockpile: toSide(ourResults),
    ratio: spreadOf(ratios),
  }
}

function toSide(results: readonly RunResult[]): Side {
  const spread = (name: keyof RunResult): Spread => spreadOf(results.map((result) => result[name]))
  return {
    perSecond: spread('perSecond'),
    p50Ms: spread('p50Ms'),
    p99Ms: spread('p99Ms'),
    nodeMicros: spread('nodeMicros'),
    threadMicros: spread('threadMicros'),
    serverMicros: spread('serverMicros'),
  }
}

export default deals
await runAlone(import.meta, deals)
