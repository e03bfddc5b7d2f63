import { InvalidArgumentError } from '../errors.ts'
import { toAmount, type Amount } from './amount.ts'
import { Quantity, type NextSerial } from './quantity.ts'
import type { Properties, SerialNumber } from './serial.ts'

/** A count and serials of one item. */
export class HybridQuantity<P extends Properties = Properties> extends Quantity<P> {
  readonly #tally: bigint
  readonly #source: NextSerial | undefined

  /**
   * @param tally how many are only counted, from 0
   * @param entries pairs of serial and properties, in any order
   * @param next where `add` takes numbers from
   */
  constructor(tally: Amount = 0n, entries: Iterable<readonly [SerialNumber, P]> = [], next?: NextSerial) {
    super(entries, next)
    this.#tally = toAmount('tally', tally, 0)
    this.#source = next
  }

  /** How many are only counted. */
  tally(): bigint {
    return this.#tally
  }

  /** How many there are in all: counted ones and serials. */
  override value(): bigint {
    return this.#tally + super.value()
  }

  /**
   * Picks a part: `n` takes the count first, then the newest serials; a list takes serials alone; a hybrid quantity takes its count and
   * its serials. This quantity stays as it is.
   */
  override grab(what: Amount | Iterable<SerialNumber> | Quantity<P>): HybridQuantity<P> {
    if (typeof what === 'number' || typeof what === 'bigint') {
      const amount = toAmount('quantity', what, 0)
      if (amount > this.value())
        throw new InvalidArgumentError('quantity', what, `at most ${this.value()}, which is how many there are`)
      const counted = amount < this.#tally ? amount : this.#tally
      return new HybridQuantity(counted, this.grabbed(amount - counted), this.#source)
    }
    const counted = what instanceof HybridQuantity ? what.tally() : 0n
    if (counted > this.#tally)
      throw new InvalidArgumentError('quantity', counted, `at most ${this.#tally}, which is how many are counted`)
    return new HybridQuantity(counted, this.grabbed(what), this.#source)
  }

  /** The count in decimal and the properties by serial: a plain object that `JSON.stringify` takes and `inventory.quantity()` reads back. */
  override export(): unknown {
    return { tally: this.#tally.toString(), serials: super.export() }
  }
}
