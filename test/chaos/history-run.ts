import { join } from 'node:path'
import { Stockpile } from '../../src/index.ts'
import type { Storage } from '../../src/storage/contract.ts'
import type { Server } from '../servers/server.ts'
import { makeTempFolder, removeTempFolder } from '../servers/temp-folder.ts'
import { readBooks } from './books.ts'
import { checkHistory } from './check-history.ts'
import { Client, now } from './client.ts'
import { keyOf } from './expectation.ts'
import type { HistoryJob } from './history-worker.ts'
import type { Kill } from './lost-states.ts'
import { openStorage } from './open-storage.ts'
import { operationsOf, readLogs } from './operation.ts'
import type { LogLine } from './record.ts'
import { users } from './request.ts'
import { WorkerProcess } from './worker-process.ts'

const clients = 6

/** What a run came to. */
export interface HistoryReport {
  /** What can't be explained; empty when all is well. */
  readonly wrong: readonly string[]
  readonly operations: number
  /** How many operations nobody had an answer to before they were asked for again, or at all. */
  readonly unanswered: number
  readonly deals: number
  /** How many operations with a key were asked for again at the end. */
  readonly askedAgain: number
}

/** Several processes whose clients ask one database for random things; everything is written down and checked in the end. */
export class HistoryRun implements AsyncDisposable {
  readonly #url: string
  readonly #app: string
  readonly #seed: number
  readonly #folder: string
  readonly #workers: WorkerProcess[] = []
  readonly #logFiles: string[] = []
  readonly #lines: LogLine[] = []
  readonly #kills: Kill[] = []
  #generation = 0

  private constructor(url: string, app: string, seed: number, folder: string) {
    this.#url = url
    this.#app = app
    this.#seed = seed
    this.#folder = folder
  }

  /** Makes the tables, hands out something to begin with, and starts the processes. */
  static async start(url: string, app: string, seed: number, processes: number): Promise<HistoryRun> {
    const run = new HistoryRun(url, app, seed, await makeTempFolder('history'))
    await run.#ask(async (client) => {
      const changes = users.flatMap((user) => [{ verb: 'add', user, item: 'gold', amount: 100 } as const])
      await client.perform('beginning', { kind: 'deal', changes, key: 'beginning' })
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
    const logFile = join(this.#folder, `${this.#generation}.log`)
    const [url, app, seed, generation] = [this.#url, this.#app, this.#seed, this.#generation]
    const job = { url, app, seed, place, generation, clients } satisfies HistoryJob
    const worker = new WorkerProcess('history-worker.ts', job, logFile)
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

  /**
   * Kills the database server and starts it again.
   *
   * @param isShowingEarly whether it shows commits that are not durable yet
   */
  async killServer(server: Server, isShowingEarly: boolean): Promise<void> {
    const orderedAt = now()
    await server.kill()
    if (isShowingEarly) this.#kills.push({ orderedAt, endedAt: now() })
    await server.restart()
  }

  /** Lets all processes come to an end, asks again for all that had a key, and checks what there is. */
  async finish(): Promise<HistoryReport> {
    for (const worker of this.#workers) worker.tell({ type: 'stop' })
    await Promise.all(this.#workers.map((worker) => worker.result()))
    await Promise.all(this.#workers.map((worker) => worker.ended()))
    const known = this.#lines.length
    const lines = [...this.#lines, ...(await readLogs(this.#logFiles))]
    const before = [...operationsOf(lines).values()]
    const keyed = before.filter((operation) => keyOf(operation) !== null)
    return this.#ask(async (client, stockpile, storage) => {
      await Promise.all(keyed.map(({ op, request, attempts }) => client.perform(op, request, attempts.length + 1)))
      // What is there in the end says what became of those that nobody had an answer to.
      for (const user of users) await client.perform(`end of ${user}`, { kind: 'read', user })
      const operations = operationsOf([...lines, ...this.#lines.slice(known)])
      const books = await readBooks(storage, this.#app)
      const { breaks } = await stockpile.verify(this.#app)
      return {
        wrong: [...breaks.map(({ message }) => message), ...checkHistory(this.#app, books, operations, this.#kills)],
        operations: operations.size,
        unanswered: before.filter(({ attempts }) => attempts.some(({ answer }) => answer === null)).length,
        deals: new Set(books.history.map((row) => row.deal)).size,
        askedAgain: keyed.length,
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.kill()))
    await removeTempFolder(this.#folder)
  }

  /** Works with a client of this process's own. */
  async #ask<T>(work: (client: Client, stockpile: Stockpile, storage: Storage) => Promise<T>): Promise<T> {
    const storage = await openStorage(this.#url)
    await using stockpile = new Stockpile({ storage })
    await stockpile.migrate([this.#app])
    return await work(new Client(stockpile, this.#app, (line) => this.#lines.push(line)), stockpile, storage)
  }
}
