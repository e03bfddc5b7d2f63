/** Keeps what arrives in its order while some of it has to be got ready first. Nobody waits where nothing is being got ready. */
export class Gate {
  #last: Promise<void> | null = null

  /** Whether something before is being got ready. */
  get isShut(): boolean {
    return this.#last !== null
  }

  /**
   * Gets something ready and passes after all that came before it.
   *
   * @throws what getting ready threw, in its turn; those behind go on
   */
  async pass(ready: () => Promise<void>): Promise<void> {
    const before = this.#last
    const mine = Promise.allSettled([before, ready()]).then(([, outcome]) => {
      if (this.#last === passed) this.#last = null
      if (outcome.status === 'rejected') throw outcome.reason
    })
    const passed = mine.catch(() => undefined)
    this.#last = passed
    await mine
  }
}
