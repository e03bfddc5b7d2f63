import { join } from 'node:path'
import { Stockpile } from '../../src/index.ts'
import type { SerialRow, Storage } from '../../src/storage/contract.ts'
import { makeTempFolder, removeTempFolder } from '../servers/temp-folder.ts'
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
import { WorkerProcess } from './worker-process.ts'

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
  readonly #url: string
  readonly #seed: number
  readonly #folder: string
  readonly #workers: WorkerProcess[] = []
  readonly #logFiles: string[] = []
  readonly #lines: Line[] = []
  #generation = 0

  private constructor(url: string, seed: number, folder: string) {
    this.#url = url
    this.#seed = seed
    this.#folder = folder
  }

  /** Makes the tables, gives every trader something to begin with, and starts the processes. */
  static async start(url: string, seed: number, processes: number): Promise<TradeRun> {
    const run = new TradeRun(url, seed, await makeTempFolder('trades'))
    await run.#ask(async (trader, stockpile) => {
      const swords = stockpile.serial(appOf('serial'), 'smith')
      await swords.ready()
      for (const user of traders) {
        const arms = swords.quantity()
        for (let count = 0; count < 8; count += 1) arms.add()
        await trader.perform(`beginning of ${user}`, { steps: [endowment(user, arms.serials())], key: null })
      }
    })
    for (let place = 0; place < processes; place += 1) await run.spawn(place)
    return run
  }

  /** How many places for processes there are. */
  get places(): number {
    return this.#workers.length
  }

  /** Puts a new process at a place, and sets it going. */
  async spawn(place: number): Promise<void> {
    this.#generation += 1
    const generation = this.#generation
    const logFile = join(this.#folder, `${generation}.log`)
    const job = { url: this.#url, seed: this.#seed, place, generation, clients } satisfies TradeJob
    const worker = new WorkerProcess('trade-worker.ts', job, logFile)
    this.#workers[place] = worker
    this.#logFiles.push(logFile)
    await worker.ready()
    worker.tell({ type: 'go' })
  }

  /** The process at a place. */
  worker(place: number): WorkerProcess {
    const worker = this.#workers[place]
    if (worker === undefined) throw new RangeError(`there is no process at place ${place}`)
    return worker
  }

  /** Lets all processes come to an end, asks again for what had a key, and checks what there is. */
  async finish(): Promise<TradeReport> {
    for (const worker of this.#workers) worker.tell({ type: 'stop' })
    await Promise.all(this.#workers.map((worker) => worker.result()))
    await Promise.all(this.#workers.map((worker) => worker.ended()))
    const known = this.#lines.length
    const lines = [...this.#lines, ...(await readLogs<TradeRequest, TradeAnswer>(this.#logFiles))]
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
    await Promise.all(this.#workers.map((worker) => worker.kill()))
    await removeTempFolder(this.#folder)
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
