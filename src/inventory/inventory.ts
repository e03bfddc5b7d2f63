import { InvalidArgumentError } from '../errors.ts'
import type { Ledger, Source } from '../ledger/ledger.ts'
import type { Entry, HistoryFilter } from '../ledger/history.ts'
import type { Amount } from '../model/amount.ts'
import type { Change, Kind, Party, Verb } from '../model/change.ts'
import { writeOptionNames, type Deal, type Outcome, type WriteOptions } from '../model/deal.ts'
import { toId, type ItemId } from '../model/id.ts'
import type { Items } from '../model/items.ts'
import { itemsMax } from '../model/limits.ts'
import { toOptions } from '../model/options.ts'
import { requireOutcomes } from '../model/require-outcomes.ts'

/** What is to be read of an account: one of the two primitives' argument. */
export interface Selection {
  /** Canonical item ids, each once; null for all that the account has. */
  readonly items: readonly string[] | null
  /** Whether the account is locked first, so that it stays as it was read until the transaction ends. */
  readonly isLocked: boolean
  /**
   * Where to look outside of a transaction: `database` (what a core does unless told otherwise), `cache` also in the cache (what a `Cacher` says
   * where nobody has said anything), `refresh` in the database, and what is cached is rewritten.
   */
  readonly source?: Source
}

/** What can be said with a read. */
export interface ReadOptions {
  /** Lock the account until the end of the transaction; only inside one. */
  readonly lock?: boolean
}

/** What can be said with a planned change. */
export interface PlanOptions {
  /** Refuse the whole deal unless the account is at this version before it. */
  readonly ifVersion?: bigint | undefined
}

/** What a draft is told besides. */
export interface DraftOptions extends PlanOptions {
  /** Where it comes from or goes to: then no serial is made and no properties are given, because all of it is there already. */
  readonly party?: Party
}

declare const quantityKey: unique symbol

/** A change that knows what quantity its outcome will have. */
export type Planned<Q> = Change & { readonly [quantityKey]?: Q }

/** Makes changes as values, for `stockpile.deal`. The arguments are those of the inventory's verbs. */
export interface Plan<Q, Given> {
  add(item: ItemId, quantity?: Given, options?: PlanOptions): Planned<Q>
  subtract(item: ItemId, quantity?: Given, options?: PlanOptions): Planned<Q>
  set(item: ItemId, quantity: Given, options?: PlanOptions): Planned<Q>
  /** Only where the kind is hybrid. */
  convert(item: ItemId, quantity: Given, options?: PlanOptions): Planned<Q>
}

/** The outcomes of a deal, each with the quantity of the inventory that planned the change. */
export type Outcomes<Changes extends readonly Change[]> = {
  -readonly [Index in keyof Changes]: Outcome<Changes[Index] extends Planned<infer Q> ? Q : unknown>
}

/** An inventory of any kind. */
export type AnyInventory = Inventory<unknown, never>

// Which inventory made a planned change: a deal takes it through that one's layers.
const planners = new WeakMap<Change, AnyInventory>()

/** The inventory that made a planned change; undefined for one that was made by hand. */
export function plannerOf(change: Change): AnyInventory | undefined {
  return planners.get(change)
}

/** Methods that only one layer has. Each is made for the outermost layer, so that what it does passes through all of them. */
export type Extras = Readonly<Record<string, (top: AnyInventory) => unknown>>

const noExtras: Extras = {}

/**
 * Everything that an inventory can do, written once on top of its two primitives, `read` and `write`. A wrapper overrides one of them or
 * both, so no verb can slip past it.
 *
 * `Q` is the quantity that comes out, `Given` what goes in.
 */
export abstract class Inventory<Q, Given = Amount> {
  /** The namespace. */
  abstract readonly app: string
  /** The owner's id in canonical form. */
  abstract readonly user: string
  /** What kind of quantities it keeps. */
  abstract readonly kind: Kind
  /** The way to everything stored; not for applications. */
  abstract readonly ledger: Ledger

  /**
   * Reads holdings of one moment: the primitive under `get` and `all`.
   *
   * @returns what the account has of the selection; what it doesn't have is left out
   */
  abstract read(selection: Selection): Promise<Items<Q>>

  /**
   * Does a deal: the primitive under every verb that changes something. Within `stockpile.deal`, and behind a `Transfer`, one write of each
   * inventory is a part of the whole; a second one is refused.
   *
   * @returns an outcome for each change, in order
   */
  abstract write(deal: Deal): Promise<Outcome<Q>[]>

  /**
   * Reads everything that the account has from the database, and rewrites what is cached of it.
   *
   * @returns all its items of one moment; inside a transaction, or without a cache, the same as `all()`
   * @example
   * await inventory.refresh()
   */
  async refresh(): Promise<Items<Q>> {
    return this.read({ items: null, isLocked: false, source: 'refresh' })
  }

  /**
   * This inventory, read past the cache: what is committed at this moment, from the database.
   *
   * @example
   * await inventory.uncached.get(1000)
   */
  get uncached(): this {
    return this
  }

  /** A page of this account's history, newest first. */
  abstract history(filter?: HistoryFilter): Promise<Entry[]>

  /** A quantity of this inventory's kind; without a value, the empty one. */
  abstract quantity(value?: unknown): Q

  /** Makes a change of the arguments of a verb; done by the core, for all layers. */
  abstract draft(verb: Verb, item: ItemId, given: Given | undefined, options: DraftOptions): Change

  /** Waits until `quantity()` can make serials. */
  abstract ready(): Promise<void>

  /** Whether writes through it are those of its core: no layer looks at them or adds to them. */
  get isBare(): boolean {
    return false
  }

  /** The methods that only one layer has, by name. */
  get extras(): Extras {
    return noExtras
  }

  /** Makes changes as values, not yet done: `stockpile.deal` does them, through all layers of this inventory. */
  get plan(): Plan<Q, Given> {
    const planned = (verb: Verb, item: ItemId, given: Given | undefined, options: PlanOptions = {}): Planned<Q> => {
      const change = this.draft(verb, item, given, toOptions('options', options, ['ifVersion']))
      planners.set(change, this)
      return change
    }
    return {
      add: (item, quantity, options) => planned('add', item, quantity, options),
      subtract: (item, quantity, options) => planned('subtract', item, quantity, options),
      set: (item, quantity, options) => planned('set', item, quantity, options),
      convert: (item, quantity, options) => planned('convert', item, quantity, options),
    }
  }

  /**
   * How many of one item, or of each of a list, the account has.
   *
   * @param item one id, or 1 to 10,000 of them
   * @returns for one id its quantity, the empty one if there is none; for a list the items that are there, of one moment
   * @throws InvalidArgumentError for an id that can't be one, and for an empty list; NoTransactionError for a locked read outside of a
   *   transaction
   * @example
   * await inventory.get(1000)
   * await inventory.get([1000, 'sword_of_dawn'])
   */
  async get(item: ItemId, options?: ReadOptions): Promise<Q>
  async get(items: Iterable<ItemId>, options?: ReadOptions): Promise<Items<Q>>
  async get(what: ItemId | Iterable<ItemId>, options?: ReadOptions): Promise<Q | Items<Q>> {
    const isLocked = options !== undefined && toOptions('options', options, ['lock']).lock === true
    if (typeof what === 'object' && what !== null) return this.read({ items: toItems(what), isLocked })
    const item = toId('item', what)
    const items = await this.read({ items: [item], isLocked })
    return items.get(item) ?? this.quantity()
  }

  /**
   * Everything that the account has.
   *
   * @returns all its items of one moment; empty for an account that was never written
   * @throws NoTransactionError for a locked read outside of a transaction
   * @example
   * for (const [item, quantity] of await inventory.all()) console.log(item, quantity)
   */
  async all(options?: ReadOptions): Promise<Items<Q>> {
    const isLocked = options !== undefined && toOptions('options', options, ['lock']).lock === true
    return this.read({ items: null, isLocked })
  }

  /**
   * Adds to what the account has of an item.
   *
   * @param quantity from 1; 1 unless said otherwise
   * @returns the item's new quantity
   * @throws InvalidArgumentError, QuantityOverflowError, SerialTakenError, VersionConflictError, KeyReusedError; nothing was written
   * @example
   * await inventory.add(1000, 5, { data: { reason: 'quest' } })
   */
  async add(item: ItemId, quantity?: Given, options?: WriteOptions): Promise<Q> {
    return this.perform('add', item, quantity, options)
  }

  /**
   * Takes from what the account has of an item.
   *
   * @param quantity from 1; 1 unless said otherwise
   * @returns the item's new quantity
   * @throws NotEnoughError when there is less; SerialNotFoundError, InvalidArgumentError, VersionConflictError, KeyReusedError; nothing was
   *   written
   * @example
   * await inventory.subtract(1000, 2)
   */
  async subtract(item: ItemId, quantity?: Given, options?: WriteOptions): Promise<Q> {
    return this.perform('subtract', item, quantity, options)
  }

  /**
   * Makes what the account has of an item exactly this, whatever others do meanwhile: it decides under the lock.
   *
   * @param quantity from 0
   * @returns the item's new quantity, which is what was asked for
   * @throws InvalidArgumentError, SerialTakenError, VersionConflictError, KeyReusedError; nothing was written
   * @example
   * await inventory.set(3000, 3)
   */
  async set(item: ItemId, quantity: Given, options?: WriteOptions): Promise<Q> {
    return this.perform('set', item, quantity, options)
  }

  /** Does one verb through all layers of this inventory: what the verbs above are made of. */
  async perform(verb: Verb, item: ItemId, given: Given | undefined, options: WriteOptions = {}): Promise<Q> {
    // In the order of the arguments, so that of two faults the first is the one reported.
    const change = this.draft(verb, item, given, {})
    const { data, key, ifVersion, dryRun } = toOptions('options', options, writeOptionNames)
    const outcomes = await this.write({ changes: [change], data, key, ifVersion, dryRun })
    // A layer may have added changes of its own behind this one.
    return requireOutcomes<Q>(this, outcomes, 1)[0]!.quantity
  }
}

function toItems(list: Iterable<ItemId>): string[] {
  if (!(Symbol.iterator in list)) throw new InvalidArgumentError('item', list, 'an id, or a list of ids')
  const items = new Set<string>()
  for (const item of list) items.add(toId('item', item))
  if (items.size === 0) throw new InvalidArgumentError('items', [], 'at least one id; all() answers everything')
  if (items.size > itemsMax) throw new InvalidArgumentError('items', `${items.size} ids`, `at most ${itemsMax} ids`)
  return [...items]
}
