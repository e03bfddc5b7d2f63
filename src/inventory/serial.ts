import { InvalidArgumentError, InvalidPropertiesError } from '../errors.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { toAmount, type Amount } from '../model/amount.ts'
import type { Verb } from '../model/change.ts'
import type { UserId } from '../model/id.ts'
import { toJsonText } from '../model/json-text.ts'
import { propertiesBytesMax, serialsMax } from '../model/limits.ts'
import { checkedProperties, type PropertySchema } from '../model/property-schema.ts'
import { Quantity, StoredEntries } from '../model/quantity.ts'
import { toSerial, type Properties, type SerialEntry, type SerialNumber } from '../model/serial.ts'
import { Core, type Given, type StoredSerials } from './core.ts'

/** What the verbs of a serial inventory take: how many, or exactly which. A text is no list, although it can be walked through. */
export type SerialGiven<P extends Properties> = Amount | (object & Iterable<SerialNumber>) | Quantity<P>

/** How an inventory with serials is made. */
export interface SerialOptions<P extends Properties> {
  /**
   * A schema that all properties must keep to; it may fill in defaults, also when older serials are read. Reading one that breaks it fails;
   * the answer to a write has it as it is stored.
   */
  readonly properties?: PropertySchema<P>
}

/** What the cores that keep serials have in common. */
export abstract class SerialCore<Q, P extends Properties, G> extends Core<Q, G> {
  readonly #schema: PropertySchema<P> | null

  /** @throws InvalidArgumentError for an app, a user or a schema that can't be one */
  constructor(stockpile: { readonly ledger: Ledger }, app: string, user: UserId, options: SerialOptions<P> = {}) {
    super(stockpile, app, user)
    const { properties = null } = options
    // Some libraries' schemas are functions.
    if (
      properties !== null &&
      typeof (properties as Partial<PropertySchema<P>>)['~standard']?.validate !== 'function'
    ) {
      throw new InvalidArgumentError(
        'properties',
        properties,
        'a schema that speaks Standard Schema, such as one of zod',
      )
    }
    this.#schema = properties
  }

  /** Properties as they are stored. */
  protected text(item: string, serial: bigint | null, properties: unknown): string {
    const checked = checkedProperties(this.#schema, properties, { app: this.app, item, serial })
    return toJsonText('properties', checked, 'object or array', propertiesBytesMax)
  }

  /**
   * Pairs of stored serials, with what the schema fills in; in the answer to a write, what breaks it is as it is stored. Where nothing can
   * break, they are made when somebody looks at them.
   */
  protected pairs(item: string, serials: StoredSerials, isAnswer: boolean): StoredEntries<P> {
    const decode = (): [bigint, P][] => this.#decoded(item, serials.entries(), isAnswer)
    if (isAnswer || this.#schema === null) return new StoredEntries(serials.count, decode)
    const pairs = decode()
    return new StoredEntries(pairs.length, () => pairs)
  }

  #decoded(item: string, serials: readonly SerialEntry[], isAnswer: boolean): [bigint, P][] {
    const schema = this.#schema
    if (schema === null) return serials.map(({ serial, properties }) => [serial, JSON.parse(properties) as P])
    return serials.map(({ serial, properties }) => {
      const value: unknown = JSON.parse(properties)
      try {
        return [serial, checkedProperties(schema, value, { app: this.app, item, serial })]
      } catch (error) {
        if (isAnswer && error instanceof InvalidPropertiesError) return [serial, value as P]
        throw error
      }
    })
  }

  /** Exactly the serials that a verb was given; those that are to be taken need no properties. */
  protected exactly(verb: Verb, item: string, given: unknown, isMove: boolean): SerialEntry[] {
    const isTaken = isMove || verb === 'subtract' || verb === 'convert'
    const text = (serial: bigint, properties: unknown): string => (isTaken ? '{}' : this.text(item, serial, properties))
    if (given instanceof Quantity) {
      const pairs = [...(given as Quantity<P>)]
      return pairs.map(([serial, properties]) => ({ serial, properties: text(serial, properties) }))
    }
    if (typeof given !== 'object' || given === null || !(Symbol.iterator in given)) {
      throw new InvalidArgumentError('quantity', given, 'a number, a list of serials, or a quantity')
    }
    const serials = [...(given as Iterable<unknown>)].map((serial) => toSerial('serial', serial))
    if (serials.length > serialsMax)
      throw new InvalidArgumentError('quantity', `${serials.length} serials`, `at most ${serialsMax} serials`)
    const seen = new Set<bigint>()
    const twice = serials.find((serial) => seen.has(serial) || !seen.add(serial))
    if (twice !== undefined) throw new InvalidArgumentError('quantity', twice, 'a list that names each serial once')
    return serials.map((serial) => ({ serial, properties: text(serial, {}) }))
  }

  /** What a verb was given as a number. */
  protected counted(verb: Verb, item: string, amount: unknown, makes: boolean): Given {
    const checked = toAmount('quantity', amount, verb === 'set' ? 0 : 1)
    return { amount: checked, serials: null, properties: makes && checked > 0n ? this.text(item, null, {}) : '{}' }
  }
}

/**
 * The core that keeps each instance of an item by its serial, with properties. It talks to the database alone and remembers nothing
 * itself.
 *
 * @example
 * const swords = new Serial(stockpile, 'weapons', 7)
 * const quantity = await swords.add('sword', 2)
 */
export class Serial<P extends Properties = Properties> extends SerialCore<Quantity<P>, P, SerialGiven<P>> {
  override readonly kind = 'serial'

  /**
   * A quantity of this inventory's: empty, a copy of another, of a list of serials, of pairs of serial and properties, or of what
   * `export()` gave.
   *
   * @throws InvalidArgumentError for anything else
   */
  override quantity(value: unknown = []): Quantity<P> {
    return new Quantity<P>(toPairs<P>(value), this.ledger.nextSerial)
  }

  protected override given(verb: Verb, item: string, given: SerialGiven<P> | undefined, isMove: boolean): Given {
    if (verb === 'convert') throw new InvalidArgumentError('verb', verb, 'used with a hybrid')
    const what = verb === 'set' || given !== undefined ? given : 1
    if (typeof what === 'number' || typeof what === 'bigint')
      return this.counted(verb, item, what, verb !== 'subtract' && !isMove)
    const serials = this.exactly(verb, item, what, isMove)
    if (serials.length === 0 && verb !== 'set') throw new InvalidArgumentError('quantity', what, 'at least one serial')
    return { amount: 0n, serials, properties: '{}' }
  }

  protected override stored(
    item: string,
    _count: bigint,
    serials: StoredSerials,
    isAnswer: boolean,
  ): Quantity<P> | undefined {
    return serials.count === 0
      ? undefined
      : new Quantity<P>(this.pairs(item, serials, isAnswer), this.ledger.nextSerial)
  }
}

/** The pairs of what a quantity can be made of. */
export function toPairs<P extends Properties>(value: unknown): [SerialNumber, P][] {
  if (typeof value !== 'object' || value === null)
    throw new InvalidArgumentError('quantity', value, 'serials, or serials with properties')
  if (!(Symbol.iterator in value)) return Object.entries(value) as [SerialNumber, P][]
  return [...(value as Iterable<unknown>)].map((entry) =>
    Array.isArray(entry) ? (entry as [SerialNumber, P]) : [toSerial('serial', entry), {} as P],
  )
}
