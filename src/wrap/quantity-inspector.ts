import { InvalidArgumentError } from '../errors.ts'
import type { Inventory, Selection } from '../inventory/inventory.ts'
import type { Amount } from '../model/amount.ts'
import type { Change } from '../model/change.ts'
import type { Deal, Outcome } from '../model/deal.ts'
import { HybridQuantity } from '../model/hybrid-quantity.ts'
import type { Items } from '../model/items.ts'
import { entriesOf, Quantity } from '../model/quantity.ts'
import type { Properties } from '../model/serial.ts'
import { Passthru, type GivenOf, type Layered, type QuantityOf } from './passthru.ts'

/** What a check is told besides the quantity. */
export interface Inspection {
  readonly app: string
  readonly user: string
  readonly item: string
  /** `in`: it is about to be written; `out`: it was read, or is what a write led to. */
  readonly direction: 'in' | 'out'
}

/**
 * Looks at a quantity. It may change it (fill in properties), answer another one instead, or refuse by throwing: on the way in, the write
 * doesn't happen; on the way out, the read fails. What a write led to is seen after the write, which throwing doesn't undo: the whole
 * transaction does, where there is one.
 */
export type Check<Q> = (quantity: Q, inspection: Inspection) => Q | void

class InspectorLayer<Q, Given = Amount> extends Passthru<Q, Given> {
  readonly #check: Check<Q>

  constructor(inner: Inventory<Q, Given>, check: Check<Q>) {
    super(inner)
    if (typeof check !== 'function') throw new InvalidArgumentError('check', check, 'a function of a quantity')
    this.#check = check
  }

  override async read(selection: Selection): Promise<Items<Q>> {
    const items = await super.read(selection)
    return items.map((quantity, item) => this.#inspect(quantity, item, 'out'))
  }

  override async write(deal: Deal): Promise<Outcome<Q>[]> {
    const outcomes = await super.write({ ...deal, changes: deal.changes.map((change) => this.#inspectChange(change)) })
    return outcomes.map((outcome) => ({ ...outcome, quantity: this.#inspect(outcome.quantity, outcome.item, 'out') }))
  }

  #inspect(quantity: Q, item: string, direction: Inspection['direction']): Q {
    return this.#check(quantity, { app: this.app, user: this.user, item, direction }) ?? quantity
  }

  /**
   * Shows the check what a change brings in. Of serials that are still to be made it sees one, with the number 1. What is known only
   * under the lock it sees when it comes out: which serials the newest are, what properties they have that move between accounts, and
   * how many a `set` moves.
   */
  #inspectChange(change: Change): Change {
    const { verb, kind, item, amount, serials, properties, party } = change
    const isGiven = verb === 'subtract' || party !== null
    if (verb === 'sort' || (verb === 'set' && party !== null)) return change
    if (isGiven && kind !== 'tally' && (serials !== null || kind === 'serial')) return change
    if (kind === 'tally') return { ...change, amount: this.#inspect(this.quantity(amount), item, 'in') as bigint }
    const makesSerials = serials === null && (verb === 'convert' || (kind === 'serial' && verb !== 'subtract'))
    const entries = makesSerials ? [{ serial: 1n, properties }] : (serials ?? [])
    const pairs = entries.map(({ serial, properties: text }) => [serial, JSON.parse(text) as Properties] as const)
    const given = kind === 'hybrid' ? new HybridQuantity(makesSerials ? 0n : amount, pairs) : new Quantity(pairs)
    const seen: unknown = this.#inspect(given as Q, item, 'in')
    if (!(seen instanceof Quantity))
      throw new InvalidArgumentError('check', seen, 'a function that answers a quantity, or nothing')
    if (makesSerials) return { ...change, properties: entriesOf(seen)[0]?.properties ?? properties }
    const counted = seen instanceof HybridQuantity ? seen.tally() : amount
    return { ...change, amount: counted, serials: serials === null ? null : entriesOf(seen) }
  }
}

/** An inventory wrapped in a `QuantityInspector`, with the methods that only a layer below has. */
export type QuantityInspector<I> = Layered<Passthru<QuantityOf<I>, GivenOf<I>>, I>

/**
 * An inventory whose every quantity is looked at, going in and coming out: to check it, to fill in what is missing, or to refuse it.
 *
 * @throws InvalidArgumentError for a check that is no function
 * @example
 * const careful = new QuantityInspector(stockpile.tally('farm', 1), (quantity, { direction }) => {
 *   if (direction === 'in' && quantity > 1000n) throw new RangeError('nobody gets a thousand sheep at once')
 * })
 */
export const QuantityInspector = InspectorLayer as new <I>(
  inner: I,
  check: Check<QuantityOf<I>>,
) => QuantityInspector<I>
