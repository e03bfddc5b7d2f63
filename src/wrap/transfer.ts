import { InvalidArgumentError } from '../errors.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { Amount } from '../model/amount.ts'
import type { Deal, Outcome } from '../model/deal.ts'
import { Passthru, type GivenOf, type Layered, type QuantityOf } from './passthru.ts'

class TransferLayer<Q, Given = Amount> extends Passthru<Q, Given> {
  readonly #theirs: Inventory<Q, Given>

  constructor(mine: Inventory<Q, Given>, theirs: Inventory<Q, Given>) {
    super(mine)
    const other = new Passthru(theirs)
    if (mine.app === other.app && mine.user === other.user) {
      throw new InvalidArgumentError(
        'theirs',
        `user ${other.user} of ${other.app}`,
        'another account than mine: nothing would move',
      )
    }
    if (mine.kind !== other.kind) {
      throw new InvalidArgumentError(
        'theirs',
        other.kind,
        `of the same kind as mine, which is ${mine.kind}: what one gives the other must be able to keep`,
      )
    }
    for (const [name, inventory] of [
      ['mine', mine],
      ['theirs', theirs],
    ] as const) {
      if (Passthru.isIn(inventory, TransferLayer)) {
        throw new InvalidArgumentError(
          name,
          'a Transfer',
          'an inventory that is no Transfer: an account can give to one other at a time',
        )
      }
    }
    this.#theirs = theirs
  }

  override write(deal: Deal): Promise<Outcome<Q>[]> {
    const { app, user } = this.#theirs
    const changes = deal.changes.map((change) => {
      if (change.verb === 'convert' || change.verb === 'sort') return change
      return { ...change, party: { app, user } }
    })
    return super.write({ ...deal, changes })
  }
}

/** An inventory wrapped in a `Transfer`, with the methods that only a layer below has. */
export type Transfer<I> = Layered<Passthru<QuantityOf<I>, GivenOf<I>>, I>

/**
 * Two accounts bound to each other: what is added to mine is taken from theirs, and what is subtracted from mine is given to theirs. It
 * reads as mine does. Each call is one deal, so it happens on both sides or on neither; serials keep their properties.
 *
 * `set` moves the difference; `convert` and `sort` stay on my side.
 *
 * @throws InvalidArgumentError for the same account twice, for kinds that don't fit, and for a Transfer of a Transfer
 * @example
 * const trade = new Transfer(stockpile.tally('farm', 1), stockpile.tally('farm', 2))
 * await stockpile.tally('farm', 2).add('sheep', 2)
 * await trade.add('sheep', 2)
 */
export const Transfer = TransferLayer as new <I>(mine: I, theirs: NoInfer<I>) => Transfer<I>
