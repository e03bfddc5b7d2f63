import { SerialsNotReadyError } from '../errors.ts'
import { toSerial } from '../model/serial.ts'
import type { NextSerial } from '../model/quantity.ts'

/** Where serial numbers come from. */
export interface SerialSource {
  /**
   * A number that nobody ever got and nobody will: from 1 to 2^63 - 1, higher than those before it. One that is taken already adds nothing:
   * SerialTakenError where the holding itself has it, otherwise ConflictError.
   */
  next(): bigint
}

// A block lasts for this many numbers, or for this long: "newest" is told by the number, so a number must not be much older than its use.
const blockSize = 2n ** 16n
const blockSizeMax = 2n ** 22n
const blockMs = 1_000

// 2^20 numbers a millisecond: more than anybody makes, and time in milliseconds fits the 43 bits above until the year 2248.
const perMillisecond = 2n ** 20n

/**
 * Serial numbers that are unique over all processes for ever and rise with time: blocks of them are taken out of a counter in the
 * database, which never goes back, so no clock needs to be right.
 */
export class SerialNumbers {
  readonly #reserve: (atLeast: bigint, count: bigint) => Promise<bigint>
  readonly #clock: () => number
  readonly #own: SerialSource | null
  #next = 0n
  #end = 0n
  #reservedAt = -Infinity
  #size = blockSize
  #underWay: Promise<void> | null = null

  /**
   * @param reserve takes `count` numbers that are at least `atLeast` out of the counter
   * @param clock milliseconds since 1970
   * @param own the user's own source, which is asked instead
   */
  constructor(
    reserve: (atLeast: bigint, count: bigint) => Promise<bigint>,
    clock: () => number,
    own: SerialSource | null,
  ) {
    this.#reserve = reserve
    this.#clock = clock
    this.#own = own
  }

  /** Makes a number; throws SerialsNotReadyError when there is none left. */
  readonly next: NextSerial = () => {
    if (this.#own !== null) return toSerial('serials.next()', this.#own.next())
    if (this.#next >= this.#end) throw new SerialsNotReadyError()
    const serial = this.#next
    this.#next += 1n
    return serial
  }

  /** Whether so many numbers can be made at once, and are new enough. */
  isReady(count: bigint): boolean {
    return this.has(count) && (this.#own !== null || Math.abs(this.#clock() - this.#reservedAt) < blockMs)
  }

  /** Whether so many numbers can be made at once, old as they may be. */
  has(count: bigint): boolean {
    return this.#own !== null || this.#end - this.#next >= count
  }

  /** Gets numbers from the database, so that so many can be made. */
  async prepare(count: bigint): Promise<void> {
    while (!this.isReady(count)) {
      this.#underWay ??= this.#take(count).finally(() => {
        this.#underWay = null
      })
      await this.#underWay
    }
  }

  async #take(count: bigint): Promise<void> {
    const now = this.#clock()
    // Used up before its time: twice as many next time, so that whoever needs many at once, such as a transaction that is tried again, gets them.
    const isBurst = Math.abs(now - this.#reservedAt) < blockMs
    this.#size = isBurst && this.#size < blockSizeMax ? this.#size * 2n : isBurst ? blockSizeMax : blockSize
    const size = count > this.#size ? count : this.#size
    // Before 1970 there is nothing to be counted from; the counter goes on from where it is.
    const start = await this.#reserve(BigInt(Math.max(1, Math.floor(now))) * perMillisecond, size)
    this.#next = start
    this.#end = start + size
    this.#reservedAt = now
  }
}
