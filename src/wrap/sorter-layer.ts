import { InvalidArgumentError } from '../errors.ts'
import type { AnyInventory, Extras, Inventory, Selection } from '../inventory/inventory.ts'
import type { Amount } from '../model/amount.ts'
import type { Place } from '../model/change.ts'
import type { Deal, Outcome } from '../model/deal.ts'
import { compareNaturally, toId, type ItemId } from '../model/id.ts'
import type { Items } from '../model/items.ts'
import { changesMax } from '../model/limits.ts'
import { Passthru, type GivenOf, type Layered, type QuantityOf } from './passthru.ts'

/** What a sorter can do besides. */
export interface Sorting<Q> {
  /**
   * Puts items on top of the user's order, in exactly this order and above what was sorted before. Items that the account doesn't have are
   * left out.
   *
   * @param items 1 to 10,000 ids, each once
   * @throws InvalidArgumentError; nothing was written
   * @example
   * await new Sorter(stockpile.tally('farm', 1)).sort(['sheep', 'cow'])
   */
  sort(items: Iterable<ItemId>): Promise<void>
  /**
   * A page of everything that the account has, in the user's order. Items that come or move meanwhile are neither shown twice nor do they
   * hide others, unless they move themselves.
   *
   * @param options `limit`: most items wanted, 1 to 1,000, 100 unless said otherwise; `after`: the `next` of the page before
   * @returns the items, and where the next page begins; null at the end
   * @throws InvalidArgumentError for a limit or a cursor that can't be one
   */
  page(options?: { limit?: number; after?: string | null }): Promise<Page<Q>>
}

/** A page of a sorted inventory. */
export interface Page<Q> {
  readonly items: Items<Q>
  readonly next: string | null
}

/** What the sorters have in common: the order of what is read, and what an addition does to it. */
export class SorterLayer<Q, Given = Amount> extends Passthru<Q, Given> implements Sorting<Q> {
  readonly #place: Place | null

  constructor(inner: Inventory<Q, Given>, place: Place | null = null) {
    super(inner)
    if (Passthru.isIn(inner, SorterLayer)) {
      throw new InvalidArgumentError(
        'inventory',
        'a sorter',
        'an inventory that is not sorted yet: an item has one place',
      )
    }
    this.#place = place
  }

  override get extras(): Extras {
    return { ...super.extras, sort: sortOf, page: pageOf }
  }

  override async read(selection: Selection): Promise<Items<Q>> {
    const items = await super.read(selection)
    return items.sorted((left, right) => compareRanks(rankOf(items, left), rankOf(items, right)))
  }

  override write(deal: Deal): Promise<Outcome<Q>[]> {
    if (this.#place === null) return super.write(deal)
    return super.write({ ...deal, changes: deal.changes.map((change) => ({ ...change, place: this.#place })) })
  }

  sort(items: Iterable<ItemId>): Promise<void> {
    return sortOf(this)(items)
  }

  page(options?: { limit?: number; after?: string | null }): Promise<Page<Q>> {
    return pageOf(this)(options) as Promise<Page<Q>>
  }
}

interface Rank {
  readonly position: bigint | null
  readonly item: string
}

function rankOf(items: Items<unknown>, item: string): Rank {
  return { position: items.position(item), item }
}

/** The top of the order first: the highest position, and after all that have one the highest id. */
function compareRanks(left: Rank, right: Rank): number {
  if (left.position === right.position) return compareNaturally(right.item, left.item)
  if (left.position === null) return 1
  if (right.position === null) return -1
  return left.position > right.position ? -1 : 1
}

/** `sort` through all layers below `top`. */
function sortOf(top: AnyInventory): Sorting<unknown>['sort'] {
  return async (items) => {
    if (typeof items !== 'object' || items === null || !(Symbol.iterator in items))
      throw new InvalidArgumentError('items', items, 'a list of ids')
    const ids = [...items].map((item) => toId('item', item))
    if (ids.length === 0) throw new InvalidArgumentError('items', ids, 'at least one id')
    if (ids.length > changesMax)
      throw new InvalidArgumentError('items', `${ids.length} ids`, `at most ${changesMax} ids`)
    const seen = new Set<string>()
    const twice = ids.find((id) => seen.has(id) || !seen.add(id))
    if (twice !== undefined) throw new InvalidArgumentError('items', twice, 'a list that names each item once')
    const changes = ids.map((item, rank) => ({
      verb: 'sort' as const,
      kind: top.kind,
      app: top.app,
      user: top.user,
      item,
      amount: BigInt(rank),
      serials: null,
      properties: '{}',
      party: null,
      place: null,
      ifVersion: null,
    }))
    await top.write({ changes })
  }
}

/** `page` through all layers below `top`. */
function pageOf(top: AnyInventory): Sorting<unknown>['page'] {
  return async ({ limit = 100, after = null } = {}) => {
    if (!Number.isInteger(limit) || limit < 1 || limit > 1_000)
      throw new InvalidArgumentError('limit', limit, 'a whole number from 1 to 1000')
    const cursor = after === null ? null : toRank(after)
    const all = await top.read({ items: null, isLocked: false })
    const rest = [...all].filter(([item]) => cursor === null || compareRanks(rankOf(all, item), cursor) > 0)
    const shown = new Set(rest.slice(0, limit).map(([item]) => item))
    const last = rest[limit - 1]
    const next = rest.length > limit && last !== undefined ? toCursor(rankOf(all, last[0])) : null
    return { items: all.only(shown), next }
  }
}

function toCursor({ position, item }: Rank): string {
  return `${position ?? ''}:${item}`
}

function toRank(cursor: unknown): Rank {
  const match = typeof cursor === 'string' ? /^([0-9]*):(.+)$/su.exec(cursor) : null
  if (match === null) throw new InvalidArgumentError('after', cursor, 'the `next` of the page before')
  return { position: match[1] === '' ? null : BigInt(match[1]!), item: match[2]! }
}

/** A sorter around an inventory, with the methods that only a layer below has. */
export type Sorted<I> = Layered<Passthru<QuantityOf<I>, GivenOf<I>> & Sorting<QuantityOf<I>>, I>
