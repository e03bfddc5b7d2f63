import type { StockChange } from '../database.ts'

/**
 * What there is after a change.
 *
 * @throws RangeError where that is less than nothing
 */
export function quantityAfter(before: bigint, { user, item, by }: StockChange): bigint {
  const quantity = before + BigInt(by)
  if (quantity < 0n) throw new RangeError(`${user} has not enough of ${item}`)
  return quantity
}
