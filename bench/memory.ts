import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { checkedRun } from './checked-run.ts'
import type { Database } from './database.ts'
import { startDatabase } from './databases.ts'
import { runAlone, type Question } from './question.ts'
import { spreadOf } from './statistics.ts'
import { seedStockpile, stockpileContender } from './stock.ts'

interface MemoryRow {
  readonly database: Database['name']
  readonly minutes: number
  readonly deals: number
  readonly samples: readonly { readonly second: number; readonly heapMib: number; readonly residentMib: number }[]
  /** Medians of the second quarter and of the last one. */
  readonly heapMib: readonly [number, number]
  readonly residentMib: readonly [number, number]
}

const accounts = 100_000
const app = 'bench'
const callers = 128
const samplesWanted = 40

/** Whether memory stays flat under full load. */
const memory: Question<MemoryRow> = {
  name: 'memory',
  title: `Memory of node under full load, ${callers} callers`,
  async measure({ databases, minutes }, tell) {
    const rows: MemoryRow[] = []
    const versions: string[] = []
    for (const name of databases) {
      await using database = await startDatabase[name]()
      versions.push(`${name} ${database.version}`)
      rows.push(await watch(database, minutes, tell))
    }
    return { rows, versions }
  },
  columns: ['database', 'minutes', 'deals', 'heap MiB', 'resident MiB'],
  cells: ({ database, minutes, deals, heapMib, residentMib }) => [database, minutes, deals, heapMib, residentMib],
  note: 'Medians of the second quarter of the time and of the last one; the heap right after a full garbage collection.',
}

async function watch(database: Database, minutes: number, tell: (what: string) => void): Promise<MemoryRow> {
  const stockpile = await database.open()
  await seedStockpile(database, stockpile, { app, accounts })
  await using contender = stockpileContender(database, stockpile, app)
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const samples: MemoryRow['samples'][number][] = []
  const start = performance.now()
  const timer = setInterval(
    () => {
      const residentMib = process.memoryUsage.rss() / 2 ** 20
      collect()
      const heapMib = process.memoryUsage().heapUsed / 2 ** 20
      samples.push({ second: Math.round((performance.now() - start) / 1000), heapMib, residentMib })
      tell(`${database.name}, ${heapMib.toFixed(1)} MiB of heap, ${residentMib.toFixed(0)} MiB resident`)
    },
    (minutes * 60_000) / samplesWanted,
  )
  try {
    const { operations } = await checkedRun(contender, {
      callers,
      milliseconds: minutes * 60_000,
      serverPid: database.serverPid,
      skew: 'uniform',
      accounts,
      seed: 1,
    })
    const quarter = Math.floor(samples.length / 4)
    const medians = (name: 'heapMib' | 'residentMib'): [number, number] => [
      spreadOf(samples.slice(quarter, 2 * quarter).map((sample) => sample[name])).median,
      spreadOf(samples.slice(3 * quarter).map((sample) => sample[name])).median,
    ]
    return {
      database: database.name,
      minutes,
      deals: operations,
      samples,
      heapMib: medians('heapMib'),
      residentMib: medians('residentMib'),
    }
  } finally {
    clearInterval(timer)
  }
}

export default memory
await runAlone(import.meta, memory)
