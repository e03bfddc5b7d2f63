import { inspect } from 'node:util'
import { compareNaturally, toId, type ItemId } from './id.ts'

const nowhere: ReadonlyMap<string, bigint> = new Map()

/**
 * What an account has: a read-only map from item to quantity, all of one moment.
 *
 * It accepts any form of an id (`items.get(1000)` and `items.get('1000')` are the same) and iterates in natural order: all-digit ids
 * by number, then the others by UTF-8 bytes. A wrapper may hand out another order.
 *
 * @example
 * const items = await stockpile.tally('test_app', 1).all()
 * for (const [item, quantity] of items) console.log(item, quantity)
 */
export class Items<Q> {
  /** How many deals had changed the account at that moment; 0 for an account that was never written. */
  readonly version: bigint
  readonly #quantities: ReadonlyMap<string, Q>
  readonly #positions: ReadonlyMap<string, bigint>

  /**
   * @param entries pairs of a canonical item id and its quantity, in any order
   * @param options `version` of the account; `isOrdered` keeps the given order instead of the natural one; `positions` in the
   *   user's order, of those items that have one; `isOwn`: the entries are a map that nobody else has, which need not be copied
   */
  constructor(
    entries: Iterable<readonly [string, Q]>,
    options: {
      version?: bigint
      isOrdered?: boolean
      positions?: ReadonlyMap<string, bigint> | undefined
      isOwn?: boolean
    } = {},
  ) {
    const quantities = options.isOwn === true && entries instanceof Map ? (entries as Map<string, Q>) : new Map(entries)
    const isOrdered = options.isOrdered === true || quantities.size < 2 || isInOrder(quantities.keys())
    this.#quantities = isOrdered
      ? quantities
      : new Map([...quantities].sort(([left], [right]) => compareNaturally(left, right)))
    this.version = options.version ?? 0n
    this.#positions = options.positions ?? nowhere
  }

  /** How many different items there are. */
  get size(): number {
    return this.#quantities.size
  }

  /**
   * The quantity of one item.
   *
   * @returns undefined for an item that isn't here
   * @throws InvalidArgumentError for an id that can't be one
   */
  get(item: ItemId): Q | undefined {
    // What is here has its canonical name.
    const quantity = typeof item === 'string' ? this.#quantities.get(item) : undefined
    if (quantity !== undefined) return quantity
    return this.#quantities.get(toId('item', item))
  }

  /**
   * Whether an item is here.
   *
   * @throws InvalidArgumentError for an id that can't be one
   */
  has(item: ItemId): boolean {
    return this.#quantities.has(toId('item', item))
  }

  /**
   * An item's place in the user's order: higher is nearer to the top.
   *
   * @returns null for an item that has no place, or isn't here
   * @throws InvalidArgumentError for an id that can't be one
   */
  position(item: ItemId): bigint | null {
    return this.#positions.get(toId('item', item)) ?? null
  }

  /** The same items with other quantities. */
  map<R>(change: (quantity: Q, item: string) => R): Items<R> {
    const entries = [...this].map(([item, quantity]) => [item, change(quantity, item)] as const)
    return new Items(entries, { version: this.version, isOrdered: true, positions: this.#positions })
  }

  /** Those of the items that are named, in the same order. */
  only(names: ReadonlySet<string>): Items<Q> {
    const entries = [...this].filter(([item]) => names.has(item))
    return new Items(entries, { version: this.version, isOrdered: true, positions: this.#positions })
  }

  /** The same items in another order. */
  sorted(compare: (left: string, right: string) => number): Items<Q> {
    const entries = [...this].sort(([left], [right]) => compare(left, right))
    return new Items(entries, { version: this.version, isOrdered: true, positions: this.#positions })
  }

  /** The items' ids, in order. */
  keys(): MapIterator<string> {
    return this.#quantities.keys()
  }

  /** The quantities, in the order of their items. */
  values(): MapIterator<Q> {
    return this.#quantities.values()
  }

  /** Pairs of item id and quantity, in order. */
  entries(): MapIterator<[string, Q]> {
    return this.#quantities.entries()
  }

  /** Calls `visit` for each item, in order. */
  forEach(visit: (quantity: Q, item: string) => void): void {
    for (const [item, quantity] of this.#quantities) visit(quantity, item)
  }

  [Symbol.iterator](): MapIterator<[string, Q]> {
    return this.entries()
  }

  /** Pairs of item id and quantity for `JSON.stringify`, in order, with bigints as decimal strings. */
  toJSON(): [string, unknown][] {
    return [...this].map(([item, quantity]) => [item, typeof quantity === 'bigint' ? quantity.toString() : quantity])
  }

  [inspect.custom](_depth: number, options: object): string {
    return `Items ${inspect(this.#quantities, options).replace(/^Map/, '')}`
  }
}

/** Most lists come in order from where they were kept: looking costs less than sorting them again. */
function isInOrder(ids: Iterable<string>): boolean {
  let last = ''
  for (const id of ids) {
    if (last !== '' && compareNaturally(last, id) > 0) return false
    last = id
  }
  return true
}
