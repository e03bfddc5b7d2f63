import { checkedRun } from './checked-run.ts'
import type { Database } from './database.ts'
import { startDatabase } from './databases.ts'
import { runAlone, type Question } from './question.ts'
import type { Settings } from './settings.ts'
import { spreadOf, type Spread } from './statistics.ts'
import { seedStockpile, stockpileContender } from './stock.ts'

interface GrowthRow {
  readonly database: Database['name']
  readonly holdings: number
  readonly perSecond: Spread
  readonly nodeMicros: Spread
  readonly serverMicros: Spread
  /** Processor time of node and server together for one deal, beside that of the smallest. */
  readonly cost: number
  /** Time for one deal beside that of the smallest. */
  readonly time: number
}

const callers = 128
const plans = {
  quick: { sizes: [10_000, 100_000], rounds: 1, milliseconds: 1000 },
  usual: { sizes: [10_000, 1_000_000], rounds: 3, milliseconds: 1500 },
  full: { sizes: [10_000, 1_000_000, 5_000_000], rounds: 5, milliseconds: 4000 },
} as const satisfies Record<Settings['level'], object>

/** Whether a deal costs more where there are more holdings. */
const growth: Question<GrowthRow> = {
  name: 'growth',
  title: `Growth: the price of a deal with more and more holdings, ${callers} callers`,
  async measure({ level, databases }, tell) {
    const rows: GrowthRow[] = []
    const versions: string[] = []
    for (const name of databases) {
      await using database = await startDatabase[name]()
      versions.push(`${name} ${database.version} (${database.settings.join(' ')})`)
      rows.push(...(await measureSizes(database, plans[level], tell)))
    }
    return { rows, versions }
  },
  columns: ['database', 'holdings', 'Stockpile/s', 'node us', 'server us', 'processor time, times', 'time, times'],
  cells: (row) => [row.database, row.holdings, row.perSecond, row.nodeMicros, row.serverMicros, row.cost, row.time],
  note: 'Accounts of one item each, changed at random; the last two columns compare with the fewest holdings.',
}

async function measureSizes(
  database: Database,
  { sizes, rounds, milliseconds }: { sizes: readonly number[]; rounds: number; milliseconds: number },
  tell: (what: string) => void,
): Promise<GrowthRow[]> {
  await using stockpile = await database.open()
  for (const holdings of sizes) {
    tell(`${database.name}, making ${holdings} holdings`)
    await seedStockpile(database, stockpile, { app: `growth_${holdings}`, accounts: holdings })
  }
  const results = sizes.map(() => [] as Awaited<ReturnType<typeof checkedRun>>[])
  const { serverPid } = database
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, accounts] of sizes.entries()) {
      tell(`${database.name}, ${accounts} holdings, round ${round + 1}`)
      const contender = stockpileContender(database, stockpile, `growth_${accounts}`)
      const run = { callers, milliseconds, serverPid, skew: 'uniform', accounts, seed: round + 1 } as const
      results[index]?.push(await checkedRun(contender, run))
    }
  }
  const rows = sizes.map((holdings, index) => {
    const spread = (name: 'perSecond' | 'nodeMicros' | 'serverMicros'): Spread =>
      spreadOf((results[index] ?? []).map((result) => result[name]))
    return {
      database: database.name,
      holdings,
      perSecond: spread('perSecond'),
      nodeMicros: spread('nodeMicros'),
      serverMicros: spread('serverMicros'),
    }
  })
  const micros = (row: (typeof rows)[number]): number => row.nodeMicros.median + row.serverMicros.median
  const [first] = rows
  if (first === undefined) return []
  return rows.map((row) => ({
    ...row,
    cost: micros(row) / micros(first),
    time: first.perSecond.median / row.perSecond.median,
  }))
}

export default growth
await runAlone(import.meta, growth)
