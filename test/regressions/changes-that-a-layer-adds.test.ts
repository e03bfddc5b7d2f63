import { expect, test } from 'vitest'
import { Passthru, Stockpile, type Deal, type Outcome } from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'

/** Gives a stamp with everything that is written. */
class Stamping extends Passthru<bigint> {
  override write(deal: Deal): Promise<Outcome[]> {
    return super.write({ ...deal, changes: [...deal.changes, this.draft('add', 'stamp', 1, {})] })
  }
}

test('what a layer adds to a deal does not change what the caller is answered', async () => {
  await using stockpile = new Stockpile({ storage: sqlite(':memory:') })
  const stamping = new Stamping(stockpile.tally('farm', 1))
  expect(await stamping.add('gold', 5)).toBe(5n)
  const outcomes = await stockpile.deal([stamping.plan.add('gold', 2), stockpile.tally('farm', 2).plan.add('gold', 9)])
  expect(outcomes.map(({ user, item, quantity }) => [user, item, quantity])).toEqual([
    ['1', 'gold', 7n],
    ['2', 'gold', 9n],
  ])
  expect(await stamping.get('stamp')).toBe(2n)
})
