import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { makeTempFolder, removeTempFolder } from '../test/servers/temp-folder.ts'
import { checkedRun } from './checked-run.ts'
import type { Database, RawBatches } from './database.ts'
import { startDatabase } from './databases.ts'
import { load, type RunResult } from './load.ts'
import { runAlone, type Question } from './question.ts'
import type { Settings } from './settings.ts'
import { spreadOf, type Spread } from './statistics.ts'
import { firstUser, seedStockpile, stockItem, stockpileContender } from './stock.ts'
import { seeded } from './workload.ts'

interface LimitsRow {
  readonly database: Database['name'] | 'disk'
  readonly what: string
  readonly perSecond: Spread
  readonly dealsPerSecond: Spread | null
  readonly nodeMicros: Spread | null
  readonly serverMicros: Spread | null
}

const accounts = 100_000
const app = 'bench'
const bareApp = 'bare'
const batch = 128
const plans = {
  quick: { rounds: 1, milliseconds: 700 },
  usual: { rounds: 3, milliseconds: 1000 },
  full: { rounds: 7, milliseconds: 3000 },
} as const satisfies Record<Settings['level'], object>

/** What stands in the way of more: the disk, the server, node, or the rows that are kept beside the holdings. */
const limits: Question<LimitsRow> = {
  name: 'limits',
  title: `Limits: the disk, bare statements and Stockpile, ${batch} deals at a time`,
  async measure({ level, databases }, tell) {
    tell('the disk')
    const plan = plans[level]
    const rows = [await diskRow(plan)]
    const versions: string[] = []
    for (const name of databases) {
      await using database = await startDatabase[name]()
      versions.push(`${name} ${database.version} (${database.settings.join(' ')})`)
      rows.push(...(await databaseRows(database, plan, tell)))
    }
    return { rows, versions }
  },
  columns: ['where', 'what', 'transactions/s', 'deals/s', 'node us', 'server us'],
  cells: ({ database, what, perSecond, dealsPerSecond, nodeMicros, serverMicros }) => [
    database,
    what,
    perSecond,
    dealsPerSecond ?? '',
    nodeMicros ?? '',
    serverMicros ?? '',
  ],
  note:
    'Bare statements: the same locks, reads, writes and history in sets, one transaction after the other, without lane, rules, receipts ' +
    'or commit rows. Without accounts: the holdings are locked themselves, and no version is kept.',
}

interface Plan {
  readonly rounds: number
  readonly milliseconds: number
}

async function diskRow({ rounds, milliseconds }: Plan): Promise<LimitsRow> {
  const folder = await makeTempFolder('disk')
  const file = openSync(join(folder, 'log'), 'w')
  const block = Buffer.alloc(16 * 1024, 1)
  const rates: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now()
    let count = 0
    while (performance.now() - start < milliseconds) {
      writeSync(file, block)
      fdatasyncSync(file)
      count += 1
    }
    rates.push((count * 1000) / (performance.now() - start))
  }
  closeSync(file)
  await removeTempFolder(folder)
  const what = 'append 16 KiB and fdatasync'
  const perSecond = spreadOf(rates)
  return { database: 'disk', what, perSecond, dealsPerSecond: null, nodeMicros: null, serverMicros: null }
}

async function databaseRows(database: Database, plan: Plan, tell: (what: string) => void): Promise<LimitsRow[]> {
  const stockpile = await database.open()
  await seedStockpile(database, stockpile, { app, accounts })
  // Bare batches without accounts leave books that are not in order: they get tables of their own.
  await seedStockpile(database, stockpile, { app: bareApp, accounts })
  await using contender = stockpileContender(database, stockpile, app)
  await using withAccounts = await database.raw(app, true)
  await using withoutAccounts = await database.raw(bareApp, false)
  const { milliseconds } = plan
  const { serverPid } = database
  const ways: { what: string; size: number; dealsPerOperation: number; run: (seed: number) => Promise<RunResult> }[] = [
    {
      what: 'bare, one deal',
      size: 1,
      dealsPerOperation: 1,
      run: (seed) => bare(database, withAccounts, 1, milliseconds, seed),
    },
    {
      what: `bare, ${batch} deals`,
      size: batch,
      dealsPerOperation: batch,
      run: (seed) => bare(database, withAccounts, batch, milliseconds, seed),
    },
    {
      what: `bare, ${batch} deals, without accounts`,
      size: batch,
      dealsPerOperation: batch,
      run: (seed) => bare(database, withoutAccounts, batch, milliseconds, seed),
    },
    {
      what: `bare, ${batch} trades of four changes, without accounts`,
      size: batch,
      dealsPerOperation: batch,
      run: (seed) => bare(database, withoutAccounts, 4 * batch, milliseconds, seed),
    },
    {
      what: `Stockpile, ${batch} callers`,
      size: batch,
      dealsPerOperation: 1,
      run: (seed) =>
        checkedRun(contender, { callers: batch, milliseconds, serverPid, skew: 'uniform', accounts, seed }),
    },
  ]
  const results = ways.map(() => [] as RunResult[])
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const [index, { what, run }] of ways.entries()) {
      tell(`${database.name}: ${what}`)
      results[index]?.push(await run(round + 1))
    }
  }
  return ways.map(({ what, size, dealsPerOperation }, index) => {
    const few = results[index] ?? []
    const spread = (name: keyof RunResult, factor: number): Spread =>
      spreadOf(few.map((result) => result[name] * factor))
    return {
      database: database.name,
      what,
      perSecond: spread('perSecond', dealsPerOperation / size),
      dealsPerSecond: spread('perSecond', dealsPerOperation),
      nodeMicros: spread('nodeMicros', 1 / dealsPerOperation),
      serverMicros: spread('serverMicros', 1 / dealsPerOperation),
    }
  })
}

async function bare(
  { serverPid }: Database,
  raw: RawBatches,
  size: number,
  milliseconds: number,
  seed: number,
): Promise<RunResult> {
  const random = seeded(seed)
  const operate = (): Promise<void> => {
    const users = new Set<number>()
    while (users.size < size) users.add(firstUser + 1 + Math.floor(random() * accounts))
    const sorted = [...users].sort((left, right) => left - right)
    return raw.settle(sorted.map((user) => ({ user: String(user), item: String(stockItem), by: 1n })))
  }
  await load({ callers: 1, milliseconds: 200, serverPid }, operate)
  return load({ callers: 1, milliseconds, serverPid }, operate)
}

export default limits
await runAlone(import.meta, limits)
