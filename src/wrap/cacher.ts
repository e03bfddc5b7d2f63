import { InvalidArgumentError } from '../errors.ts'
import type { Inventory, Selection } from '../inventory/inventory.ts'
import type { Items } from '../model/items.ts'
import { Passthru, type GivenOf, type Layered, type QuantityOf } from './passthru.ts'

/** Reads where nobody says otherwise through the cache. */
class CacherLayer<Q, Given> extends Passthru<Q, Given> {
  constructor(inner: Inventory<Q, Given>, ...more: readonly unknown[]) {
    super(inner)
    // Other libraries take a cache here: left aside, it would never be asked, and nobody would notice.
    if (more.length > 0) {
      const rule = 'left out: a Cacher uses the cache of its Stockpile, new Stockpile({ storage, cache })'
      throw new InvalidArgumentError('cache', more[0], rule)
    }
  }

  override get isBare(): boolean {
    return this.inner.isBare
  }

  override read({ items, isLocked, source = 'cache' }: Selection): Promise<Items<Q>> {
    return this.inner.read({ items, isLocked, source })
  }
}

/** An inventory wrapped in a `Cacher`, with the methods that only a layer below has. */
export type Cacher<I> = Layered<CacherLayer<QuantityOf<I>, GivenOf<I>>, I>

/**
 * An inventory that reads through the cache of its Stockpile: what it answers is never older than what was acknowledged, and costs the database
 * nothing while it is cached. `stockpile.tally(...)` and its siblings read so already where there is a cache; this is for stacks made by
 * hand. Inside a transaction, and where the Stockpile has no cache, it changes nothing.
 *
 * @throws InvalidArgumentError for what is no inventory, and for a second argument
 * @example
 * const inventory = new Cacher(new Tally(stockpile, 'farm', 1))
 * await inventory.get('wheat')
 */
export const Cacher = CacherLayer as unknown as new <I>(inner: I) => Cacher<I>
