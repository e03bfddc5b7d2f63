/** Lets one at a time in, or several who share, first come first served. */
export class Turn {
  #isTaken = false
  #sharing = 0
  readonly #waiting: { readonly isShared: boolean; readonly enter: () => void }[] = []

  /**
   * Waits for its turn, alone.
   *
   * @returns the function that ends it; calling it again does nothing
   */
  take(): Promise<() => void> {
    return this.#enter(false)
  }

  /** Waits for its turn, together with others who share theirs. */
  share(): Promise<() => void> {
    return this.#enter(true)
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

  async #enter(isShared: boolean): Promise<() => void> {
    if (this.#waiting.length === 0 && this.#isFree(isShared)) this.#begin(isShared)
    else await new Promise<void>((enter) => this.#waiting.push({ isShared, enter }))
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      if (isShared) this.#sharing -= 1
      else this.#isTaken = false
      this.#admit()
    }
  }

  /** Lets in who is next; their turns begin here, so that nobody can slip in before them. */
  #admit(): void {
    for (let [next] = this.#waiting; next !== undefined && this.#isFree(next.isShared); [next] = this.#waiting) {
      this.#waiting.shift()
      this.#begin(next.isShared)
      next.enter()
    }
  }

  #isFree(isShared: boolean): boolean {
    return !this.#isTaken && (isShared || this.#sharing === 0)
  }

  #begin(isShared: boolean): void {
    if (isShared) this.#sharing += 1
    else this.#isTaken = true
  }
}
