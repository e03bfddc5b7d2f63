import type { AccountName } from '../storage/contract.ts'
import type { CachedStorage } from '../storage/cached-contract.ts'

// A page of the list: some hundred keys are one packet for a cache.
const accountsMax = 500

/**
 * Removes the cached values of accounts that were changed past the cache: by hand, or while it could not be reached. Any number of
 * processes may run one; none takes what another is at.
 */
export class Relay {
  readonly #storage: Pick<CachedStorage, 'takeChanges' | 'listen'>
  readonly #remove: (accounts: readonly AccountName[]) => Promise<void>
  readonly #everyMs: number
  readonly #report: (error: unknown) => void
  #timer: NodeJS.Timeout | null = null
  #working: Promise<void> | null = null
  #isWoken = false
  #isClosed = false
  #unlisten: (() => Promise<void>) | null = null

  /**
   * @param remove removes cached values, and rejects unless they are gone
   * @param everyMs how often it looks by itself
   * @param report is told of what went wrong; it goes on
   */
  constructor(
    storage: Pick<CachedStorage, 'takeChanges' | 'listen'>,
    remove: (accounts: readonly AccountName[]) => Promise<void>,
    everyMs: number,
    report: (error: unknown) => void,
  ) {
    this.#storage = storage
    this.#remove = remove
    this.#everyMs = everyMs
    this.#report = report
  }

  /** Begins to look, and to listen where the database can tell. */
  async start(): Promise<void> {
    this.wake()
    const unlisten = await this.#storage
      .listen(() => {
        this.wake()
      })
      .catch((error: unknown) => {
        this.#report(error)
        return null
      })
    // It may have been closed meanwhile.
    if (this.#isClosed) await unlisten?.()
    else this.#unlisten = unlisten
  }

  /** Looks now, or once more if it is looking. */
  wake(): void {
    if (this.#isClosed) return
    this.#isWoken = true
    this.#working ??= this.#work().finally(() => {
      this.#working = null
      if (this.#isWoken) this.wake()
      else this.#later()
    })
  }

  /** Takes all that is on the list, now; says how many accounts that were. */
  async drain(): Promise<number> {
    let count = 0
    for (;;) {
      // A page may name one account many times, so that fewer than a page of them are no sign of the end.
      const taken = await this.#storage.takeChanges(accountsMax, this.#remove)
      if (taken === 0) return count
      count += taken
    }
  }

  /** Stops looking and listening, when what is under way is done. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#working
    await this.#unlisten?.()
  }

  async #work(): Promise<void> {
    this.#isWoken = false
    try {
      await this.drain()
    } catch (error) {
      if (!this.#isClosed) this.#report(error)
    }
  }

  #later(): void {
    if (this.#isClosed) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.wake()
    }, this.#everyMs)
    this.#timer.unref()
  }
}
