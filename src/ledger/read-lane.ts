import { DatabaseError, TablesMissingError } from '../errors.ts'
import type { HoldingAnswer, HoldingQuery } from '../storage/contract.ts'
import { Queue } from './queue.ts'
import { patiently } from './retry.ts'

// One query for all reads of a moment is five times as fast as one each; more than this many gain nothing.
const queriesMax = 512
// Several at once, so that one reader of a huge account doesn't hold up the others.
const inFlightMax = 4

interface Reading {
  readonly query: HoldingQuery
  resolve(answer: HoldingAnswer): void
  reject(error: unknown): void
}

/** Reads of committed state, gathered: all that come at the same moment are one query. Each sees what was acknowledged before it began (I7). */
export class ReadLane {
  readonly #fetch: (queries: readonly HoldingQuery[]) => Promise<HoldingAnswer[]>
  readonly #queue = new Queue<Reading>()
  #inFlight = 0
  #isScheduled = false

  constructor(fetch: (queries: readonly HoldingQuery[]) => Promise<HoldingAnswer[]>) {
    this.#fetch = fetch
  }

  /** Reads what a query asks for, together with the others of the moment. */
  read(query: HoldingQuery): Promise<HoldingAnswer> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ query, resolve, reject })
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#isScheduled || this.#inFlight >= inFlightMax || this.#queue.size === 0) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      void this.#work()
      this.#schedule()
    })
  }

  async #work(): Promise<void> {
    const readings: Reading[] = []
    for (let reading = this.#queue.shift(); reading !== undefined; reading = this.#queue.shift()) {
      readings.push(reading)
      if (readings.length === queriesMax) break
    }
    this.#inFlight += 1
    await this.#answer(readings)
    this.#inFlight -= 1
    this.#schedule()
  }

  /** Answers readings, whatever happens. Where the database refuses something, halves are tried: one reading alone may be to blame. */
  async #answer(readings: readonly Reading[]): Promise<void> {
    try {
      const answers = await patiently(() => this.#fetch(readings.map((reading) => reading.query)))
      for (const [index, reading] of readings.entries()) reading.resolve(answers[index]!)
    } catch (error) {
      if (readings.length > 1 && isRefusal(error)) {
        const middle = Math.ceil(readings.length / 2)
        await this.#answer(readings.slice(0, middle))
        await this.#answer(readings.slice(middle))
      } else {
        for (const reading of readings) reading.reject(error)
      }
    }
  }
}

/** Whether the database refused what was asked, rather than everybody. */
function isRefusal(error: unknown): boolean {
  return error instanceof DatabaseError || error instanceof TablesMissingError
}
