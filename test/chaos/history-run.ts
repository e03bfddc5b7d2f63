import { Stockpile } from '../../src/index.ts'
import type { Storage } from '../../src/storage/contract.ts'
import type { Server } from '../servers/server.ts'
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
import { WorkerCrew } from './worker-crew.ts'

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
  /** The processes. */
  readonly crew: WorkerCrew
  readonly #url: string
  readonly #app: string
  readonly #lines: LogLine[] = []
  readonly #kills: Kill[] = []

  private constructor(url: string, app: string, crew: WorkerCrew) {
    this.#url = url
    this.#app = app
    this.crew = crew
  }

  /** Makes the tables, hands out something to begin with, and starts the processes. */
  static async start(url: string, app: string, seed: number, processes: number): Promise<HistoryRun> {
    const crew = await WorkerCrew.open(
      'history-worker.ts',
      (place, generation) => ({ url, app, seed, place, generation, clients }) satisfies HistoryJob,
    )
    const run = new HistoryRun(url, app, crew)
    await run.#ask(async (client) => {
      const changes = users.flatMap((user) => [{ verb: 'add', user, item: 'gold', amount: 100 } as const])
      await client.perform('beginning', { kind: 'deal', changes, key: 'beginning' })
    })
    for (let place = 0; place < processes; place += 1) await crew.spawn(place)
    return run
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
    await this.crew.finish()
    const known = this.#lines.length
    const lines = [...this.#lines, ...(await readLogs(this.crew.logFiles))]
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
    await this.crew[Symbol.asyncDispose]()
  }

  /** Works with a client of this process's own. */
  async #ask<T>(work: (client: Client, stockpile: Stockpile, storage: Storage) => Promise<T>): Promise<T> {
    const storage = await openStorage(this.#url)
    await using stockpile = new Stockpile({ storage })
    await stockpile.migrate([this.#app])
    return await work(new Client(stockpile, this.#app, (line) => this.#lines.push(line)), stockpile, storage)
  }
}
