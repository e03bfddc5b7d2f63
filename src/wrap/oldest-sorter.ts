import type { Inventory } from '../inventory/inventory.ts'
import { SorterLayer, type Sorted } from './sorter-layer.ts'

/** An inventory wrapped in a `OldestSorter`, with the methods that only a layer below has. */
export type OldestSorter<I> = Sorted<I>

/**
 * A `Sorter` in which the item that was added first is on top, and one that was gone and comes again is the youngest. What `sort` was told stands above what time
 * decides.
 *
 * @throws InvalidArgumentError for an inventory that is sorted already
 * @example
 * await new OldestSorter(stockpile.tally('weapons', 7)).add('sword')
 */
export const OldestSorter = class extends SorterLayer<unknown, never> {
  constructor(inner: Inventory<unknown, never>) {
    super(inner, 'oldest')
  }
} as unknown as new <I>(inner: I) => OldestSorter<I>
