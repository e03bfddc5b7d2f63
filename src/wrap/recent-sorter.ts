import type { Inventory } from '../inventory/inventory.ts'
import { SorterLayer, type Sorted } from './sorter-layer.ts'

/** An inventory wrapped in a `RecentSorter`, with the methods that only a layer below has. */
export type RecentSorter<I> = Sorted<I>

/**
 * A `Sorter` in which every addition moves an item to the top. What `sort` was told stands above what time
 * decides.
 *
 * @throws InvalidArgumentError for an inventory that is sorted already
 * @example
 * await new RecentSorter(stockpile.tally('weapons', 7)).add('sword')
 */
export const RecentSorter = class extends SorterLayer<unknown, never> {
  constructor(inner: Inventory<unknown, never>) {
    super(inner, 'recent')
  }
} as unknown as new <I>(inner: I) => RecentSorter<I>
