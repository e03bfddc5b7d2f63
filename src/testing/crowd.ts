import assert from 'node:assert/strict'
import { NotEnoughError } from '../index.ts'
import { crowdPrefix, type Context } from './context.ts'

const membersMax = 6

/**
 * Others who use the same Stockpile while a behaviour runs, on accounts of their own: each sends its next deal when it has the
 * answer to the one before, so every batch has some of them in it. Each checks that it gets the answers due to it.
 */
export class Crowd {
  readonly #context: Context
  readonly #members: Promise<void>[]
  #isOver = false

  /** Begins at once. */
  constructor(context: Context) {
    this.#context = context
    context.isCrowded = true
    this.#members = Array.from({ length: membersMax }, (_member, index) => this.#member(index))
    // Whoever disperses the crowd hears of the failure.
    for (const member of this.#members) member.catch(() => undefined)
  }

  /** How many there are. */
  get size(): number {
    return this.#members.length
  }

  /**
   * Ends it, after the deals under way.
   *
   * @throws AssertionError where a member got an answer that wasn't due to it
   */
  async disperse(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#members)
  }

  async #member(index: number): Promise<void> {
    const { stockpile, app, otherApp } = this.#context
    const inventory = stockpile.tally(index % 2 === 0 ? app : otherApp, `${crowdPrefix}${index}`)
    for (let round = 1n; !this.#isOver; round += 1n) {
      if (index % 3 === 0) {
        await assert.rejects(inventory.subtract('poem', round), NotEnoughError)
      } else {
        const key = index % 3 === 1 ? undefined : `${crowdPrefix}${index}_${round}`
        assert.equal(await inventory.add('poem', 2, { key }), 2n * round)
      }
    }
  }
}
