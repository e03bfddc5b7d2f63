import type { Contender, Database } from './database.ts'
import { startDatabase } from './databases.ts'
import { load } from './load.ts'
import { runAlone, type Question } from './question.ts'
import type { Settings } from './settings.ts'
import { spreadOf, type Spread } from './statistics.ts'
import { seedByHand, seedStockpile, stockItem, stockpileContender, stockQuantity } from './stock.ts'
import { workload } from './workload.ts'

interface ReadsRow {
  readonly database: Database['name']
  readonly callers: number
  readonly byHand: { readonly perSecond: Spread; readonly nodeMicros: Spread; readonly serverMicros: Spread }
  readonly stockpile: { readonly perSecond: Spread; readonly nodeMicros: Spread; readonly serverMicros: Spread }
  readonly ratio: Spread
}

const accounts = 100_000
const app = 'bench'
const plans = {
  quick: { callers: [1, 128], rounds: 1, milliseconds: 500 },
  usual: { callers: [1, 16, 128], rounds: 3, milliseconds: 700 },
  full: { callers: [1, 16, 128], rounds: 7, milliseconds: 3000 },
} as const satisfies Record<Settings['level'], object>

/** How many gets a second: Stockpile, without a cache, beside a prepared SELECT. */
const reads: Question<ReadsRow> = {
  name: 'reads',
  title: 'Reads: a prepared SELECT by hand, and get without a cache',
  async measure({ level, databases }, tell) {
    const rows: ReadsRow[] = []
    const versions: string[] = []
    const { rounds, milliseconds } = plans[level]
    for (const name of databases) {
      await using database = await startDatabase[name]()
      versions.push(`${name} ${database.version}`)
      const stockpile = await database.open()
      await seedStockpile(database, stockpile, { app, accounts })
      await using hand = await database.byHand(app)
      await seedByHand(database, { app, accounts })
      await using ours = stockpileContender(database, stockpile, app)
      for (const callers of plans[level].callers) {
        tell(`${name}, ${callers} callers`)
        const results = { hand: [] as Read[], ours: [] as Read[] }
        for (let round = 0; round < rounds; round += 1) {
          const run = { callers, milliseconds, serverPid: database.serverPid, seed: round + 1 }
          results.hand.push(await read(hand, run))
          results.ours.push(await read(ours, run))
        }
        rows.push({
          database: name,
          callers,
          byHand: sideOf(results.hand),
          stockpile: sideOf(results.ours),
          ratio: spreadOf(
            results.ours.map(({ perSecond }, round) => perSecond / (results.hand[round]?.perSecond ?? 0)),
          ),
        })
      }
    }
    return { rows, versions }
  },
  columns: ['database', 'callers', 'by hand/s', 'Stockpile/s', 'times', 'node us', 'server us'],
  cells: ({ database, callers, byHand, stockpile, ratio }) => [
    database,
    callers,
    byHand.perSecond,
    stockpile.perSecond,
    ratio,
    [byHand.nodeMicros, stockpile.nodeMicros],
    [byHand.serverMicros, stockpile.serverMicros],
  ],
  note:
    'Pairs are by hand, then Stockpile. By hand SQLite is read in the application’s own thread, which a read that waits for the disk ' +
    'then holds up; Stockpile asks a thread of its own.',
}

type Read = Awaited<ReturnType<typeof load>>

async function read(
  contender: Contender,
  { seed, ...options }: { callers: number; milliseconds: number; serverPid: number | null; seed: number },
): Promise<Read> {
  const pick = workload('uniform', accounts, seed)
  const operate = async (): Promise<void> => {
    const quantity = await contender.get(pick().user, stockItem)
    if (quantity !== BigInt(stockQuantity)) throw new Error(`${contender.name} read ${quantity}: the run is void`)
  }
  await load({ ...options, milliseconds: 200 }, operate)
  return load(options, operate)
}

function sideOf(results: readonly Read[]): ReadsRow['byHand'] {
  return {
    perSecond: spreadOf(results.map(({ perSecond }) => perSecond)),
    nodeMicros: spreadOf(results.map(({ nodeMicros }) => nodeMicros)),
    serverMicros: spreadOf(results.map(({ serverMicros }) => serverMicros)),
  }
}

export default reads
await runAlone(import.meta, reads)
