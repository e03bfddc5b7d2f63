import type { Inventory } from '../inventory/inventory.ts'
import { SorterLayer, type Sorted } from './sorter-layer.ts'

/** An inventory wrapped in a `Sorter`, with the methods that only a layer below has. */
export type Sorter<I> = Sorted<I>

/**
 * An inventory in the order that the user gave it: `sort([...])` puts items on top. What was never sorted comes last, the highest id first.
 * The order is part of the holdings, so it costs no statement of its own.
 *
 * @throws InvalidArgumentError for an inventory that is sorted already
 * @example
 * const sorted = new Sorter(stockpile.tally('farm', 1))
 * await sorted.add('sheep')
 * await sorted.sort(['sheep'])
 */
export const Sorter = class extends SorterLayer<unknown, never> {
  constructor(inner: Inventory<unknown, never>) {
    super(inner, null)
  }
} as unknown as new <I>(inner: I) => Sorter<I>
