import type { Inventory } from '../inventory/inventory.ts'
import { SorterLayer, type Sorted } from './sorter-layer.ts'

/** An inventory wrapped in a `FirstAddedSorter`, with the methods that only a layer below has. */
export type FirstAddedSorter<I> = Sorted<I>

/**
 * A `Sorter` in which the first addition of an item puts it on top, later ones leave it where it is, and an item that was gone is first added again. What `sort` was told stands above what time
 * decides.
 *
 * @throws InvalidArgumentError for an inventory that is sorted already
 * @example
 * await new FirstAddedSorter(stockpile.tally('weapons', 7)).add('sword')
 */
export const FirstAddedSorter = class extends SorterLayer<unknown, never> {
  constructor(inner: Inventory<unknown, never>) {
    super(inner, 'first')
  }
} as unknown as new <I>(inner: I) => FirstAddedSorter<I>
