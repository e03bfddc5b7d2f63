import { InvalidArgumentError } from '../errors.ts'
import { quantityMax } from './limits.ts'

/** How many: a whole number, as number or bigint. */
export type Amount = number | bigint

/**
 * Brings an amount into its one form, a bigint.
 *
 * @param argument the argument's name, for the message
 * @param amount a whole number from `least` to 2^63 - 1; a number must be safe (at most 2^53 - 1)
 * @param least the smallest amount that makes sense here: 1 where something moves, 0 for `set`
 * @returns the amount as a bigint
 * @throws InvalidArgumentError for fractions, NaN, numbers below `least`, unsafe numbers, and other types; nothing was done
 */
export function toAmount(argument: string, amount: unknown, least: 0 | 1): bigint {
  if (typeof amount === 'number') {
    if (!Number.isInteger(amount)) throw new InvalidArgumentError(argument, amount, 'a whole number')
    if (amount < least) throw new InvalidArgumentError(argument, amount, `at least ${least}`)
    if (!Number.isSafeInteger(amount)) {
      throw new InvalidArgumentError(argument, amount, 'at most 2^53 - 1 as a number; pass a larger one as a bigint')
    }
    return BigInt(amount)
  }
  if (typeof amount !== 'bigint')
    throw new InvalidArgumentError(argument, amount, 'a whole number, as number or bigint')
  if (amount < least) throw new InvalidArgumentError(argument, amount, `at least ${least}`)
  if (amount > quantityMax) throw new InvalidArgumentError(argument, amount, 'at most 2^63 - 1')
  return amount
}
