/** Lets one at a time in, first come first served. */
export class Turn {
  #isTaken = false
  readonly #waiting: (() => void)[] = []

  /**
   * Waits for its turn.
   *
   * @returns the function that ends it; calling it again does nothing
   */
  async take(): Promise<() => void> {
    if (this.#isTaken) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#isTaken = true
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      // The next one's turn begins here, so that nobody can slip in before it.
      const next = this.#waiting.shift()
      if (next === undefined) this.#isTaken = false
      else next()
    }
  }

  /** Runs work in a turn of its own. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const end = await this.take()
    try {
      return await work()
    } finally {
      end()
    }
  }
}
