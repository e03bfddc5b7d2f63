import type { Entry, HistoryFilter } from '../ledger/history.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { toVersion, type Change, type Verb } from '../model/change.ts'
import type { Deal, Outcome } from '../model/deal.ts'
import { toApp, toId, type ItemId, type UserId } from '../model/id.ts'
import { Items } from '../model/items.ts'
import { toOptions } from '../model/options.ts'
import type { SerialEntry } from '../model/serial.ts'
import { entriesAt } from '../model/serials-at.ts'
import { Inventory, type DraftOptions, type Selection } from './inventory.ts'

/** What is stored of an item's serials. */
export interface StoredSerials {
  readonly count: number
  /** All of them, ascending or in any order. */
  readonly entries: () => readonly SerialEntry[]
}

/** What the arguments of a verb say about quantities. */
export type Given = Pick<Change, 'amount' | 'serials' | 'properties'>

const noSerials: ReadonlyMap<string, readonly SerialEntry[]> = new Map()
const nothingStored: StoredSerials = { count: 0, entries: () => [] }

/**
 * An inventory that talks to the database and remembers nothing itself. What the cores have in common: they differ in their quantities
 * alone.
 */
export abstract class Core<Q, G> extends Inventory<Q, G> {
  override readonly app: string
  override readonly user: string
  override readonly ledger: Ledger

  /**
   * @param stockpile where it is stored
   * @param app 1 to 32 of `a` to `z`, `0` to `9` and `_`
   * @param user the owner's id
   * @throws InvalidArgumentError for an app or a user that can't be one
   */
  constructor(stockpile: { readonly ledger: Ledger }, app: string, user: UserId) {
    super()
    this.ledger = stockpile.ledger
    this.app = toApp(app)
    this.user = toId('user', user)
  }

  /** Checks what a verb was given; a move only names what is there already. */
  protected abstract given(verb: Verb, item: string, given: G | undefined, isMove: boolean): Given

  /**
   * Makes a quantity of what is stored; undefined for none.
   *
   * @param isAnswer whether it is the answer to a write, which is done and must not look as if it had failed
   */
  protected abstract stored(item: string, count: bigint, serials: StoredSerials, isAnswer: boolean): Q | undefined

  override get isBare(): boolean {
    return true
  }

  override async read({ items, isLocked, source = 'database' }: Selection): Promise<Items<Q>> {
    const hasSerials = this.kind !== 'tally'
    const { version, holdings, serials } = await this.ledger.fetch(
      { app: this.app, user: this.user, items, hasSerials },
      isLocked,
      source,
    )
    const byItem = serials.length === 0 ? noSerials : Map.groupBy(serials, (serial) => serial.item)
    const quantities = new Map<string, Q>()
    let positions: Map<string, bigint> | undefined
    for (const { item, quantity, position } of holdings) {
      const ofItem = byItem.get(item)
      const stored = ofItem === undefined ? nothingStored : { count: ofItem.length, entries: () => ofItem }
      const value = this.stored(item, quantity, stored, false)
      if (value === undefined) continue
      quantities.set(item, value)
      if (position !== null) (positions ??= new Map<string, bigint>()).set(item, position)
    }
    return new Items(quantities, { version, positions, isOwn: true })
  }

  override async write(deal: Deal): Promise<Outcome<Q>[]> {
    const outcomes = await this.ledger.settle(deal)
    return outcomes.map(({ app, user, item, change, quantity: count, serials, version, deal: id }) => {
      const held = serials === null ? nothingStored : { count: serials.count, entries: () => entriesAt(serials) }
      const quantity = this.stored(item, count, held, true) ?? this.quantity()
      return { app, user, item, change, quantity, version, deal: id }
    })
  }

  override history(filter: HistoryFilter = {}): Promise<Entry[]> {
    return this.ledger.history(this.app, this.user, filter)
  }

  override ready(): Promise<void> {
    return this.ledger.ready(this.app)
  }

  override draft(verb: Verb, item: ItemId, given: G | undefined, options: DraftOptions): Change {
    // In the order of the arguments, so that of two faults the first is the one reported.
    const id = toId('item', item)
    const { ifVersion, party = null } = toOptions('options', options, ['ifVersion', 'party'])
    const what = this.given(verb, id, given, party !== null)
    return {
      verb,
      kind: this.kind,
      app: this.app,
      user: this.user,
      item: id,
      ...what,
      party,
      place: null,
      ifVersion: ifVersion === undefined ? null : toVersion('ifVersion', ifVersion),
    }
  }
}
