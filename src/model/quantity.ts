import { inspect, isDeepStrictEqual } from 'node:util'
import { InvalidArgumentError, SerialNotFoundError, SerialsNotReadyError } from '../errors.ts'
import { toAmount, type Amount } from './amount.ts'
import { toJsonText } from './json-text.ts'
import { propertiesBytesMax } from './limits.ts'
import { toSerial, type Properties, type SerialEntry, type SerialNumber } from './serial.ts'

/** Makes serial numbers; throws `SerialsNotReadyError` while it has none. */
export type NextSerial = () => bigint

const noSerials: NextSerial = () => {
  throw new SerialsNotReadyError()
}

/** Serials as they were stored, in any order, which need no more checks. */
export class StoredEntries<P extends Properties> implements Iterable<readonly [bigint, P]> {
  /** How many there are. */
  readonly count: number
  readonly #decode: () => Iterable<readonly [bigint, P]>

  /** @param decode makes all of them; called when somebody looks at them for the first time */
  constructor(count: number, decode: () => Iterable<readonly [bigint, P]>) {
    this.count = count
    this.#decode = decode
  }

  [Symbol.iterator](): Iterator<readonly [bigint, P]> {
    return this.#decode()[Symbol.iterator]()
  }
}

/**
 * Serials with their properties: what an account has of an item that is counted one by one. A value of its own: changing it changes no
 * inventory.
 *
 * @example
 * const swords = await stockpile.serial('weapons', 7).add('sword', 3)
 * for (const [serial, properties] of swords) console.log(serial, properties)
 */
export class Quantity<P extends Properties = Properties> {
  #decoded = new Map<bigint, P>()
  #stored: StoredEntries<P> | null = null
  #isSorted = true
  readonly #next: NextSerial

  /**
   * @param entries pairs of serial and properties, in any order; of two with the same serial the last counts
   * @param next where `add` takes numbers from
   * @throws InvalidArgumentError for a serial or properties that can't be
   */
  constructor(entries: Iterable<readonly [SerialNumber, P]> = [], next: NextSerial = noSerials) {
    this.#next = next
    if (entries instanceof StoredEntries) this.#stored = entries as StoredEntries<P>
    else for (const [serial, properties] of entries) this.set(serial, properties)
  }

  /** How many there are. */
  value(): bigint {
    return BigInt(this.#stored?.count ?? this.#decoded.size)
  }

  /** The serials, ascending. */
  serials(): bigint[] {
    return [...this.#sorted().keys()]
  }

  /** All serials, ascending, with their properties: a copy. */
  all(): Map<bigint, P> {
    return new Map(this.#sorted())
  }

  /**
   * The properties of a serial.
   *
   * @throws SerialNotFoundError when it isn't here
   */
  get(serial: SerialNumber): P {
    const number = toSerial('serial', serial)
    const properties = this.#properties.get(number)
    if (properties === undefined) throw new SerialNotFoundError({ serial: number })
    return properties
  }

  /** Whether a serial is here. */
  has(serial: SerialNumber): boolean {
    return this.#properties.has(toSerial('serial', serial))
  }

  /**
   * Makes a new serial.
   *
   * @returns its number, which is higher than all before it
   * @throws SerialsNotReadyError for a quantity that no inventory made, or one that was made before its inventory had numbers
   */
  add(properties: P = {} as P): bigint {
    const serial = this.#next()
    this.set(serial, properties)
    return serial
  }

  /** Sets the properties of a serial, which need not be here yet. */
  set(serial: SerialNumber, properties: P): this {
    const number = toSerial('serial', serial)
    toJsonText('properties', properties, 'object or array', propertiesBytesMax)
    this.#isSorted &&= this.#properties.size === 0
    this.#properties.set(number, properties)
    return this
  }

  /**
   * Removes a serial.
   *
   * @throws SerialNotFoundError when it isn't here; nothing was removed
   */
  remove(serial: SerialNumber): this {
    this.get(serial)
    this.#properties.delete(toSerial('serial', serial))
    return this
  }

  /**
   * Picks a part: the newest `n` (those with the highest serials), or exactly the named ones. This quantity stays as it is.
   *
   * @param what how many, from 0; or serials; or a quantity that has them
   * @throws SerialNotFoundError naming the first serial that isn't here; InvalidArgumentError for more than there are
   */
  grab(what: Amount | Iterable<SerialNumber> | Quantity<P>): Quantity<P> {
    return new Quantity<P>(this.grabbed(what), this.#next)
  }

  /** The pairs that `grab` picks. */
  protected grabbed(what: Amount | Iterable<SerialNumber> | Quantity<P>): [bigint, P][] {
    if (typeof what === 'number' || typeof what === 'bigint') {
      const amount = toAmount('quantity', what, 0)
      if (amount > BigInt(this.#properties.size)) {
        throw new InvalidArgumentError(
          'quantity',
          what,
          `at most ${this.#properties.size}, which is how many there are`,
        )
      }
      return amount === 0n ? [] : [...this.#sorted()].slice(-Number(amount))
    }
    const serials = what instanceof Quantity ? what.serials() : toSerials(what)
    return serials.map((serial) => [serial, this.get(serial)])
  }

  /** Whether another quantity has the same serials with the same properties. */
  equals(other: unknown): boolean {
    return (
      other instanceof Quantity &&
      other.constructor === this.constructor &&
      isDeepStrictEqual(this.export(), other.export())
    )
  }

  /** Properties by serial in decimal: a plain object that `JSON.stringify` takes and `inventory.quantity()` reads back. */
  export(): unknown {
    return Object.fromEntries([...this.#sorted()].map(([serial, properties]) => [serial.toString(), properties]))
  }

  toJSON(): unknown {
    return this.export()
  }

  [inspect.custom](_depth: number, options: object): string {
    return `${this.constructor.name} ${inspect(this.export(), options)}`
  }

  [Symbol.iterator](): MapIterator<[bigint, P]> {
    return this.#sorted().entries()
  }

  /** Many a quantity is never looked into, so what was stored is decoded when somebody does. */
  get #properties(): Map<bigint, P> {
    if (this.#stored !== null) {
      this.#decoded = new Map(this.#stored)
      this.#stored = null
      this.#isSorted = this.#decoded.size < 2
    }
    return this.#decoded
  }

  #sorted(): Map<bigint, P> {
    const properties = this.#properties
    if (!this.#isSorted) {
      this.#decoded = new Map([...properties].sort(([left], [right]) => (left < right ? -1 : 1)))
      this.#isSorted = true
    }
    return this.#decoded
  }
}

function toSerials(list: unknown): bigint[] {
  if (typeof list !== 'object' || list === null || !(Symbol.iterator in list)) {
    throw new InvalidArgumentError('quantity', list, 'a number, a list of serials, or a quantity')
  }
  return [...(list as Iterable<unknown>)].map((serial) => toSerial('serial', serial))
}

/** The serials of a quantity as they are written. */
export function entriesOf(quantity: Quantity): SerialEntry[] {
  return [...quantity].map(([serial, properties]) => ({ serial, properties: JSON.stringify(properties) }))
}
