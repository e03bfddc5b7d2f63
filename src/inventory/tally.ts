import type { Entry, HistoryFilter } from '../ledger/history.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { toAmount, type Amount } from '../model/amount.ts'
import { toVersion, type Change, type Verb } from '../model/change.ts'
import type { Deal, Outcome } from '../model/deal.ts'
import { toApp, toId, type ItemId, type UserId } from '../model/id.ts'
import { Items } from '../model/items.ts'
import { toOptions } from '../model/options.ts'
import { Inventory, type Plan, type PlanOptions, type Selection } from './inventory.ts'

/**
 * The core that keeps a count of each item. It talks to the database alone and remembers nothing itself: make as many as you like.
 *
 * @example
 * const inventory = new Tally(stockpile, 'test_app', 1)
 * await inventory.add(1000, 5)
 */
export class Tally extends Inventory<bigint> {
  override readonly app: string
  override readonly user: string
  override readonly kind = 'tally'
  override readonly plan: Plan<Amount>
  readonly #ledger: Ledger

  /**
   * @param stockpile where it is stored
   * @param app 1 to 32 of `a` to `z`, `0` to `9` and `_`
   * @param user the owner's id
   * @throws InvalidArgumentError for an app or a user that can't be one
   */
  constructor(stockpile: { readonly ledger: Ledger }, app: string, user: UserId) {
    super()
    this.#ledger = stockpile.ledger
    this.app = toApp(app)
    this.user = toId('user', user)
    this.plan = {
      add: (item, quantity = 1, options = {}) => this.#change('add', item, quantity, options),
      subtract: (item, quantity = 1, options = {}) => this.#change('subtract', item, quantity, options),
      set: (item, quantity, options = {}) => this.#change('set', item, quantity, options),
    }
  }

  override async read({ items, isLocked }: Selection): Promise<Items<bigint>> {
    const { version, holdings } = await this.#ledger.fetch({ app: this.app, user: this.user, items }, isLocked)
    return new Items(
      holdings.filter(({ quantity }) => quantity > 0n).map(({ item, quantity }) => [item, quantity] as const),
      { version },
    )
  }

  override write(deal: Deal): Promise<Outcome[]> {
    return this.#ledger.settle(deal)
  }

  override history(filter: HistoryFilter = {}): Promise<Entry[]> {
    return this.#ledger.history(this.app, this.user, filter)
  }

  override quantity(value: Amount = 0): bigint {
    return toAmount('quantity', value, 0)
  }

  #change(verb: Verb, itemId: ItemId, quantity: Amount, options: PlanOptions): Change {
    // In the order of the arguments, so that of two faults the first is the one reported.
    const item = toId('item', itemId)
    const amount = toAmount('quantity', quantity, verb === 'set' ? 0 : 1)
    const { ifVersion } = toOptions('options', options)
    const change = { verb, kind: this.kind, app: this.app, user: this.user, item, amount } as const
    return ifVersion === undefined ? change : { ...change, ifVersion: toVersion('ifVersion', ifVersion) }
  }
}
