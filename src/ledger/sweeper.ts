import type { LedgerSettings } from './ledger.ts'

// Often enough that a sweep is short, seldom enough that nobody notices it.
const everyMs = 60_000
// A sweep shares the database with everybody: at most this many rows of each kind in one go.
const rowsMax = 10_000
// A commit row matters only while a lost connection is being resolved, which takes seconds; a day is far beyond that.
const commitsKeptMs = 24 * 60 * 60 * 1000

/** Deletes receipts and commit rows that are kept no longer: a little at a time, beside the work, and never without any. */
export class Sweeper {
  readonly #settings: LedgerSettings
  #nextAt = 0
  #underWay: Promise<unknown> = Promise.resolve()

  constructor(settings: LedgerSettings) {
    this.#settings = settings
    this.#nextAt = settings.clock() + everyMs
  }

  /** Sweeps, in the background, if it is time to. */
  remind(): void {
    if (this.#settings.clock() < this.#nextAt) return
    this.#nextAt = this.#settings.clock() + everyMs
    this.#underWay = this.sweep().catch((error: unknown) => {
      try {
        this.#settings.logger?.warn('sweeping old receipts failed; it is tried again later', { error })
      } catch {
        // A broken logger must not end the process.
      }
    })
  }

  /** Sweeps all there is to sweep; says how many rows went. */
  async sweep(): Promise<number> {
    const { storage, clock, receiptsKeptMs } = this.#settings
    let total = 0
    for (;;) {
      const receiptsBefore = receiptsKeptMs === null ? -1 : clock() - receiptsKeptMs
      const count = await storage.sweep({ receiptsBefore, commitsBefore: clock() - commitsKeptMs, rowsMax })
      total += count
      if (count < rowsMax) return total
    }
  }

  /** Waits for the sweep under way. */
  async idle(): Promise<void> {
    await this.#underWay
  }
}
