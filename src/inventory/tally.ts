import { InvalidArgumentError } from '../errors.ts'
import { toAmount, type Amount } from '../model/amount.ts'
import type { Verb } from '../model/change.ts'
import { Core, type Given } from './core.ts'

/**
 * The core that keeps a count of each item. It talks to the database alone and remembers nothing itself: make as many as you like.
 *
 * @example
 * const inventory = new Tally(stockpile, 'test_app', 1)
 * await inventory.add(1000, 5)
 */
export class Tally extends Core<bigint, Amount> {
  override readonly kind = 'tally'

  override quantity(value: unknown = 0): bigint {
    return toAmount('quantity', value, 0)
  }

  protected override given(verb: Verb, _item: string, given: Amount | undefined): Given {
    if (verb === 'convert') throw new InvalidArgumentError('verb', verb, 'used with a hybrid')
    const amount = toAmount('quantity', verb === 'set' || given !== undefined ? given : 1, verb === 'set' ? 0 : 1)
    return { amount, serials: null, properties: '{}' }
  }

  protected override stored(_item: string, count: bigint): bigint | undefined {
    return count > 0n ? count : undefined
  }
}
