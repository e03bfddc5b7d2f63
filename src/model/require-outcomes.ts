import { BrokenLayerError } from '../errors.ts'
import type { Outcome } from './deal.ts'

/**
 * Makes sure that an inventory has answered an outcome for each change that it was given; those that a layer has for changes of its own
 * stand behind them.
 *
 * @param outcomes what its `write` answered, whatever that is
 * @param asked how many changes it was given
 * @throws BrokenLayerError for fewer outcomes, or what is no list of them
 */
export function requireOutcomes<Q>(
  inventory: { readonly app: string; readonly user: string },
  outcomes: readonly Outcome<Q>[],
  asked: number,
): readonly Outcome<Q>[] {
  const list: readonly unknown[] = Array.isArray(outcomes) ? outcomes : []
  const isGood = (outcome: unknown): boolean => typeof outcome === 'object' && outcome !== null && 'quantity' in outcome
  let answered = 0
  while (answered < asked && isGood(list[answered])) answered += 1
  if (answered === asked) return outcomes
  const { app, user } = inventory
  const found = Array.isArray(outcomes)
    ? `${answered} of ${asked} outcomes`
    : `no list of outcomes for ${asked} changes`
  throw new BrokenLayerError({
    app,
    user,
    layer: inventory.constructor.name,
    fault: `answered ${found}: write() is to answer what super.write() does, one outcome for each change that it was given, in order`,
  })
}
