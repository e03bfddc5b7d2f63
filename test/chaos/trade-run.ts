import { Stockpile } from '../../src/index.ts'
import type { SerialRow, Storage } from '../../src/storage/contract.ts'
import { readBooks } from './books.ts'
import { checkBooks } from './check-books.ts'
import type { Trade } from './check-trade.ts'
import { checkTrades } from './check-trades.ts'
import { effort } from './effort.ts'
import { openStorage } from './open-storage.ts'
import { operationsOf, readLogs } from './operation.ts'
import type { LogLine } from './record.ts'
import { appOf, traders, type Move, type TradeAnswer, type TradeRequest } from './trade-request.ts'
import type { TradeJob } from './trade-worker.ts'
import { Trader } from './trader.ts'
import { WorkerCrew } from './worker-crew.ts'

type Line = LogLine<TradeRequest, TradeAnswer>

const clients = 12
const apps = [appOf('tally'), appOf('serial')]

/** What a run came to. */
export interface TradeReport {
  /** What can't be explained; empty when all is well. */
  readonly wrong: readonly string[]
  readonly done: number
  readonly refused: number
  /** How many trades nobody had an answer to before they were asked for again, or at all. */
  readonly unanswered: number
  /** How many trades with a key were asked for again at the end. */
  readonly askedAgain: number
  /** How many serials there are. */
  readonly serials: number
}

/** Several processes that trade on one database, which may be killed; everything is written down and checked in the end. */
export class TradeRun implements AsyncDisposable {
  /** The processes. */
  readonly crew: WorkerCrew
  readonly #url: string
  readonly #lines: Line[] = []

  private constructor(url: string, crew: WorkerCrew) {
    this.#url = url
    this.crew = crew
  }

  /** Makes the tables, gives every trader something to begin with, and starts the processes. */
  static async start(url: string, seed: number, processes: number): Promise<TradeRun> {
    const crew = await WorkerCrew.open(
      'trade-worker.ts',
      (place, generation) => ({ url, seed, place, generation, clients }) satisfies TradeJob,
    )
    const run = new TradeRun(url, crew)
    await run.#ask(async (trader, stockpile) => {
      const swords = stockpile.serial(appOf('serial'), 'smith')
      await swords.ready()
      for (const user of traders) {
        const arms = swords.quantity()
        for (let count = 0; count < 8; count += 1) arms.add()
        await trader.perform(`beginning of ${user}`, { steps: [endowment(user, arms.serials())], key: null })
      }
    })
    for (let place = 0; place < processes; place += 1) await crew.spawn(place)
    return run
  }

  /** Lets all processes come to an end, asks again for what had a key, and checks what there is. */
  async finish(): Promise<TradeReport> {
    await this.crew.finish()
    const known = this.#lines.length
    const lines = [...this.#lines, ...(await readLogs<TradeRequest, TradeAnswer>(this.crew.logFiles))]
    const before = [...operationsOf(lines).values()]
    const unanswered = before.filter(({ attempts }) => attempts.some(({ answer }) => answer === null))
    return this.#ask(async (trader, stockpile, storage) => {
      const again = toAskAgain(before)
      await Promise.all(again.map(({ op, request, attempts }) => trader.perform(op, request, attempts.length + 1)))
      const trades = operationsOf([...lines, ...this.#lines.slice(known)])
      const wrong = (await Promise.all(apps.map((app) => stockpile.verify(app)))).flatMap(({ breaks }) => breaks)
      const [bank, goods] = [await readBooks(storage, appOf('tally')), await readBooks(storage, appOf('serial'))]
      const serials = await readSerials(storage)
      const answers = [...trades.values()].flatMap(({ attempts }) => attempts.at(-1)?.answer ?? [])
      return {
        wrong: [
          ...wrong.map(({ message }) => message),
          ...checkBooks(bank),
          ...checkTrades({ bank, goods, serials }, trades),
        ],
        done: answers.filter((answer) => 'steps' in answer).length,
        refused: answers.filter((answer) => 'refusal' in answer).length,
        unanswered: unanswered.length,
        askedAgain: again.length,
        serials: serials.length,
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.crew[Symbol.asyncDispose]()
  }

  /** Works with a trader of this process's own. */
  async #ask<T>(work: (trader: Trader, stockpile: Stockpile, storage: Storage) => Promise<T>): Promise<T> {
    const storage = await openStorage(this.#url)
    await using stockpile = new Stockpile({ storage })
    await stockpile.migrate(apps)
    return await work(new Trader(stockpile, (line) => this.#lines.push(line)), stockpile, storage)
  }
}

/** What a trader begins with. */
function endowment(user: string, serials: readonly bigint[]): Move[] {
  const properties = { smith: 'Völund', runes: ['ᚠ', 'ᚢ', '⚔️'], first: user, grams: 1_250.5 }
  return [
    { verb: 'add', kind: 'tally', user, item: 'coin', amount: 60 },
    { verb: 'add', kind: 'serial', user, item: 'sword', serials: serials.map(String), properties },
    { verb: 'add', kind: 'hybrid', user, item: 'sheep', amount: 40 },
  ]
}

/** What had a key: all that nobody had an answer to, and enough of the rest. */
function toAskAgain(trades: readonly Trade[]): Trade[] {
  const keyed = trades.filter(({ request }) => request.key !== null)
  const isOpen = ({ attempts }: Trade): boolean => attempts.some(({ answer }) => answer === null)
  return [...keyed.filter(isOpen), ...keyed.filter((trade) => !isOpen(trade)).slice(-effort(500, 5_000))]
}

async function readSerials(storage: Storage): Promise<SerialRow[]> {
  const snapshot = await storage.snapshot()
  try {
    return await snapshot.serials(appOf('serial'), '', null)
  } finally {
    await snapshot.end()
  }
}
