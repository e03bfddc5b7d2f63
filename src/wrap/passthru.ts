import type { Entry, HistoryFilter } from '../ledger/history.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { InvalidArgumentError } from '../errors.ts'
import { Inventory, type AnyInventory, type Extras, type DraftOptions, type Selection } from '../inventory/inventory.ts'
import { requireOutcomes } from '../model/require-outcomes.ts'
import type { Amount } from '../model/amount.ts'
import type { Change, Kind, Verb } from '../model/change.ts'
import type { Deal, Outcome } from '../model/deal.ts'
import type { ItemId } from '../model/id.ts'
import type { Items } from '../model/items.ts'

/** The quantity that comes out of an inventory. */
export type QuantityOf<I> = I extends Inventory<infer Q, never> ? Q : never

/** What the verbs of an inventory take. */
export type GivenOf<I> = I extends { add(item: ItemId, quantity?: infer Given): unknown } ? Given : never

/** A wrapper around an inventory, with the methods that only a layer below has. */
export type Layered<Layer, Inner> = Layer & Omit<Inner, keyof Layer>

/**
 * An inventory around an inventory, which hands everything on. The base of all wrappers and of your own: override `read`, `write`, or
 * both, and call the same method of `super`.
 *
 * @example
 * class Loud extends Passthru<bigint> {
 *   override async write(deal: Deal) {
 *     console.log(`${deal.changes.length} changes for user ${this.user}`)
 *     return super.write(deal)
 *   }
 * }
 * await new Loud(stockpile.tally('farm', 1)).add('wheat', 2)
 */
export class Passthru<Q, Given = Amount> extends Inventory<Q, Given> {
  override readonly app: string
  override readonly user: string
  override readonly kind: Kind
  override readonly ledger: Ledger
  /** The inventory inside. */
  protected readonly inner: Inventory<Q, Given>

  /** @throws InvalidArgumentError for what is no inventory */
  constructor(inner: Inventory<Q, Given>) {
    super()
    if (!(inner instanceof Inventory))
      throw new InvalidArgumentError('inventory', inner, 'an inventory: a core, or a wrapper around one')
    this.inner = inner
    this.app = inner.app
    this.user = inner.user
    this.kind = inner.kind
    this.ledger = inner.ledger
    // A method that only a layer below has is made anew for this one, so that what it does passes through here too.
    const { extras } = inner
    for (const name in extras) {
      if (!(name in this)) Object.defineProperty(this, name, { value: extras[name]!(this as unknown as AnyInventory) })
    }
  }

  override get extras(): Extras {
    return this.inner.extras
  }

  override get uncached(): this {
    return new Uncached(this) as unknown as this
  }

  override read(selection: Selection): Promise<Items<Q>> {
    return this.inner.read(selection)
  }

  override async write(deal: Deal): Promise<Outcome<Q>[]> {
    const outcomes = await this.inner.write(deal)
    requireOutcomes(this.inner, outcomes, deal.changes.length)
    return outcomes
  }

  override history(filter?: HistoryFilter): Promise<Entry[]> {
    return this.inner.history(filter)
  }

  override quantity(value?: unknown): Q {
    return this.inner.quantity(value)
  }

  override draft(verb: Verb, item: ItemId, given: Given | undefined, options: DraftOptions): Change {
    return this.inner.draft(verb, item, given, options)
  }

  override ready(): Promise<void> {
    return this.inner.ready()
  }

  /** Whether this or an inventory inside it is a wrapper of a kind. */
  static isIn(inventory: unknown, wrapper: abstract new (...parameters: never[]) => unknown): boolean {
    if (inventory instanceof wrapper) return true
    return inventory instanceof Passthru && Passthru.isIn(inventory.inner, wrapper)
  }
}

/** An inventory of which every read looks in the database. */
class Uncached<Q, Given> extends Passthru<Q, Given> {
  override get uncached(): this {
    return this
  }

  override read(selection: Selection): Promise<Items<Q>> {
    return this.inner.read({ ...selection, source: 'database' })
  }
}
