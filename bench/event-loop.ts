import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Contender } from './database.ts'
import { startDatabase } from './databases.ts'
import { load } from './load.ts'
import { runAlone, type Question } from './question.ts'
import type { Settings } from './settings.ts'
import { spreadOf, type Spread } from './statistics.ts'
import { firstUser, seedByHand, seedStockpile, stockItem, stockpileContender } from './stock.ts'
import { seeded, workload } from './workload.ts'

interface EventLoopRow {
  readonly way: string
  readonly callers: number
  readonly perSecond: Spread
  readonly p50Ms: Spread
  readonly p99Ms: Spread
  readonly maxMs: Spread
}

const accounts = 100_000
const app = 'bench'
const batch = 128
const plans = {
  quick: { callers: [128], rounds: 1, milliseconds: 1000 },
  usual: { callers: [128, 1024], rounds: 3, milliseconds: 2000 },
  full: { callers: [1, 128, 1024], rounds: 5, milliseconds: 10_000 },
} as const satisfies Record<Settings['level'], object>

/** How long the event loop is held up at a time while SQLite is under full load. */
const eventLoop: Question<EventLoopRow> = {
  name: 'event-loop',
  title: 'How long the event loop is held up under full load on SQLite',
  async measure({ level }, tell) {
    await using database = await startDatabase.SQLite()
    const stockpile = await database.open()
    await seedStockpile(database, stockpile, { app, accounts })
    await using hand = await database.byHand(app)
    await seedByHand(database, { app, accounts })
    await using ours = stockpileContender(database, stockpile, app)
    await using raw = await database.raw(app, true)
    const random = seeded(1)
    const inThread: Contender = {
      ...hand,
      // One operation stands for a batch, so that a transaction is as large as Stockpile's.
      async change() {
        const users = new Set<number>()
        while (users.size < batch) users.add(firstUser + 1 + Math.floor(random() * accounts))
        const sorted = [...users].sort((left, right) => left - right)
        await raw.settle(sorted.map((user) => ({ user: String(user), item: String(stockItem), by: 1n })))
        return 0n
      },
    }
    const rows: EventLoopRow[] = []
    const { callers: callerCounts, rounds, milliseconds } = plans[level]
    for (const callers of callerCounts) {
      tell(`${callers} callers`)
      rows.push(await watch(ours, 'Stockpile: a thread of its own', { callers, rounds, milliseconds }, 1))
    }
    tell('without a thread')
    rows.push(
      await watch(
        inThread,
        'bare batches of 128 in the application’s thread',
        { callers: 1, rounds, milliseconds },
        batch,
      ),
    )
    rows.push(await watch(hand, 'by hand in the application’s thread', { callers: 1, rounds, milliseconds }, 1))
    return { rows, versions: [`SQLite ${database.version} (${database.settings.join(' ')})`] }
  },
  columns: ['way', 'callers', 'deals/s', 'held up p50 ms', 'p99 ms', 'at most ms'],
  cells: ({ way, callers, perSecond, p50Ms, p99Ms, maxMs }) => [way, callers, perSecond, p50Ms, p99Ms, maxMs],
  note: 'Beyond the timer’s own millisecond. In the application’s thread one deal or batch is done in each turn of the event loop.',
}

async function watch(
  contender: Contender,
  way: string,
  { callers, rounds, milliseconds }: { callers: number; rounds: number; milliseconds: number },
  dealsPerOperation: number,
): Promise<EventLoopRow> {
  const results = { perSecond: [] as number[], p50Ms: [] as number[], p99Ms: [] as number[], maxMs: [] as number[] }
  const isInThread = callers === 1
  for (let round = 0; round < rounds; round += 1) {
    const pick = workload('uniform', accounts, round + 1)
    const operate = async (): Promise<void> => {
      const { user, by } = pick()
      await contender.change(user, stockItem, by)
      if (isInThread) await nextTurn()
    }
    await load({ callers, milliseconds: 300, serverPid: null }, operate)
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const { perSecond } = await load({ callers, milliseconds, serverPid: null }, operate)
    delay.disable()
    const beyond = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - 1)
    results.perSecond.push(perSecond * dealsPerOperation)
    results.p50Ms.push(beyond(delay.percentile(50)))
    results.p99Ms.push(beyond(delay.percentile(99)))
    results.maxMs.push(beyond(delay.max))
  }
  return {
    way,
    callers,
    perSecond: spreadOf(results.perSecond),
    p50Ms: spreadOf(results.p50Ms),
    p99Ms: spreadOf(results.p99Ms),
    maxMs: spreadOf(results.maxMs),
  }
}

export default eventLoop
await runAlone(import.meta, eventLoop)
