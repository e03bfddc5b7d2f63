import { InvalidArgumentError } from '../errors.ts'
import type { Amount } from '../model/amount.ts'
import type { Verb } from '../model/change.ts'
import type { WriteOptions } from '../model/deal.ts'
import { HybridQuantity } from '../model/hybrid-quantity.ts'
import type { ItemId } from '../model/id.ts'
import type { Quantity } from '../model/quantity.ts'
import type { Properties } from '../model/serial.ts'
import type { Given, StoredSerials } from './core.ts'
import type { AnyInventory, Extras, Inventory } from './inventory.ts'
import { SerialCore, toPairs, type SerialGiven } from './serial.ts'

/** What a hybrid can do that others can't. */
export interface Converting<P extends Properties> {
  /**
   * Turns counted ones into serials, or serials into counted ones.
   *
   * @param quantity how many of the count become serials; or serials, or a quantity of them, that are counted from now on
   * @returns the item's new quantity, which is as many as before
   * @throws NotEnoughError, SerialNotFoundError, InvalidArgumentError; nothing was written
   * @example
   * await stockpile.hybrid('animals', 1).convert('sheep', 2)
   */
  convert(item: ItemId, quantity: SerialGiven<P>, options?: WriteOptions): Promise<HybridQuantity<P>>
}

/** An inventory of counts and serials, whatever its layers are. */
export type HybridInventory<P extends Properties = Properties> = Inventory<HybridQuantity<P>, SerialGiven<P>> &
  Converting<P>

/**
 * The core that keeps a count of an item and serials of it at once: most of them only counted, some with properties.
 *
 * @example
 * const animals = new Hybrid(stockpile, 'animals', 1)
 * await animals.add('sheep', 5)
 * await animals.convert('sheep', 2)
 */
export class Hybrid<P extends Properties = Properties>
  extends SerialCore<HybridQuantity<P>, P, SerialGiven<P>>
  implements Converting<P>
{
  override readonly kind = 'hybrid'

  override get extras(): Extras {
    return { convert: converterOf }
  }

  convert(item: ItemId, quantity: SerialGiven<P>, options?: WriteOptions): Promise<HybridQuantity<P>> {
    return converterOf(this)(item, quantity, options) as Promise<HybridQuantity<P>>
  }

  /**
   * A quantity of this inventory's: empty, so many counted, a copy of another, of a list of serials, of pairs of serial and properties, or
   * of what `export()` gave.
   *
   * @throws InvalidArgumentError for anything else
   */
  override quantity(value: unknown = 0): HybridQuantity<P> {
    const next = this.ledger.nextSerial
    if (typeof value === 'number' || typeof value === 'bigint') return new HybridQuantity<P>(value, [], next)
    if (value instanceof HybridQuantity) return new HybridQuantity<P>(value.tally(), toPairs<P>(value), next)
    if (typeof value === 'object' && value !== null && ('tally' in value || 'serials' in value)) {
      const { tally = 0, serials = {} } = value as { tally?: unknown; serials?: unknown }
      return new HybridQuantity<P>(
        typeof tally === 'string' && /^[0-9]{1,19}$/.test(tally) ? BigInt(tally) : (tally as Amount),
        toPairs<P>(serials),
        next,
      )
    }
    return new HybridQuantity<P>(0n, toPairs<P>(value), next)
  }

  protected override given(verb: Verb, item: string, given: SerialGiven<P> | undefined, isMove: boolean): Given {
    const what = verb === 'set' || verb === 'convert' || given !== undefined ? given : 1
    if (typeof what === 'number' || typeof what === 'bigint') return this.counted(verb, item, what, verb === 'convert')
    const amount = what instanceof HybridQuantity ? what.tally() : 0n
    const serials = this.exactly(verb, item, what as Iterable<unknown> | Quantity<P>, isMove)
    if (verb === 'convert' && amount > 0n)
      throw new InvalidArgumentError('quantity', what, 'a number, or serials without a count')
    if (serials.length === 0 && amount === 0n && verb !== 'set')
      throw new InvalidArgumentError('quantity', what, 'at least one')
    return { amount, serials, properties: '{}' }
  }

  protected override stored(
    item: string,
    count: bigint,
    serials: StoredSerials,
    isAnswer: boolean,
  ): HybridQuantity<P> | undefined {
    if (count === 0n && serials.count === 0) return undefined
    return new HybridQuantity<P>(count, this.pairs(item, serials, isAnswer), this.ledger.nextSerial)
  }
}

/** `convert` through all layers below `top`. */
function converterOf(top: AnyInventory): (item: ItemId, quantity: unknown, options?: WriteOptions) => Promise<unknown> {
  return (item, quantity, options) => top.perform('convert', item, quantity as never, options)
}
