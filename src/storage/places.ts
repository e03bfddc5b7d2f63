import { LockTimeoutError } from '../errors.ts'
import { byDeadline } from './by-deadline.ts'

// Never given to transactions, which can be many and may wait for what a batch, a read or a migration does first.
const reservedMax = 2

/** What a connection is wanted for: a transaction, one that must not hold up others (`batch`), or reads. */
export type Mode = 'transaction' | 'batch' | 'reads'

/** Who may have one of a limited number of connections, and the queue of those who wait for one. */
export class Places {
  readonly #location: string
  readonly #placesMax: number
  readonly #waitMs: number
  readonly #waiting: Waiter[] = []
  #used = 0
  #usedByTransactions = 0

  /**
   * @param location the database, for messages
   * @param placesMax how many connections there may be at once
   * @param waitMs how long to wait for one when all are in use
   */
  constructor(location: string, placesMax: number, waitMs: number) {
    this.#location = location
    this.#placesMax = placesMax
    this.#waitMs = waitMs
  }

  /** Takes a place, at once where one is free, for whoever calls `leave` with the same mode; LockTimeoutError when none is free in time. */
  async enter(mode: Mode): Promise<void> {
    if (this.#isFull(mode)) await this.#wait(mode)
    else this.#count(mode, 1)
  }

  /** Gives a place back; whoever waits longest and may have it gets it. */
  leave(mode: Mode): void {
    this.#count(mode, -1)
    const index = this.#waiting.findIndex((waiter) => !this.#isFull(waiter.mode))
    const [waiter] = index === -1 ? [] : this.#waiting.splice(index, 1)
    if (waiter === undefined) return
    this.#count(waiter.mode, 1)
    waiter.resolve(true)
  }

  /** Sends all who wait away. */
  refuse(error: Error): void {
    for (const waiter of this.#waiting.splice(0)) waiter.reject(error)
  }

  /** How many places transactions may have at once. */
  get #transactionsMax(): number {
    return Math.max(1, this.#placesMax - reservedMax)
  }

  #isFull(mode: Mode): boolean {
    if (mode === 'transaction' && this.#usedByTransactions >= this.#transactionsMax) return true
    return this.#used >= this.#placesMax
  }

  #count(mode: Mode, change: 1 | -1): void {
    this.#used += change
    if (mode === 'transaction') this.#usedByTransactions += change
  }

  async #wait(mode: Mode): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<true>()
    const waiter = { mode, resolve, reject }
    this.#waiting.push(waiter)
    if (await byDeadline(promise, performance.now() + this.#waitMs)) return
    const index = this.#waiting.indexOf(waiter)
    // It came at the last moment.
    if (index === -1) {
      await promise
      return
    }
    this.#waiting.splice(index, 1)
    const which =
      mode === 'transaction'
        ? `${this.#transactionsMax} connections for transactions`
        : `${this.#placesMax} connections`
    const message = `all ${which} to ${this.#location} have been in use for ${this.#waitMs} ms: end transactions sooner, or raise connectionsMax`
    throw new LockTimeoutError(message, { connectionsMax: this.#placesMax, lockWaitMs: this.#waitMs })
  }
}

interface Waiter {
  readonly mode: Mode
  readonly resolve: (isIn: true) => void
  readonly reject: (error: Error) => void
}
