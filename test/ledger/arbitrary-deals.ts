import fc from 'fast-check'
import process from 'node:process'
import { toChange, type Change } from '../../src/model/change.ts'
import { prepareDeal, type PreparedDeal } from '../../src/model/deal.ts'

/** How often a property is tried: a moment's worth, or a night's. */
export const runs = process.env['STOCKPILE_TEST_LONG'] === '1' ? 40_000 : 400

const quantityMax = 2n ** 63n - 1n
// Few of each, so that they meet; two users whose order by UTF-16 is not that by bytes.
const apps = ['farm', 'mill']
const users = ['1', 'ann', '\uff5e', '😀']
const items = ['1', 'wheat', 'rye']

const amounts = fc.oneof(
  { weight: 8, arbitrary: fc.bigInt({ min: 1n, max: 6n }) },
  { weight: 1, arbitrary: fc.constantFrom(quantityMax, quantityMax - 1n, 2n ** 53n + 1n) },
)

const changes: fc.Arbitrary<Change> = fc
  .record(
    {
      verb: fc.constantFrom('add', 'add', 'add', 'subtract', 'subtract', 'set'),
      kind: fc.constant('tally'),
      app: fc.constantFrom(...apps),
      user: fc.constantFrom(...users),
      item: fc.constantFrom(...items),
      amount: amounts,
      isZero: fc.boolean(),
      ifVersion: sometimes(30, fc.bigInt({ min: 0n, max: 6n })),
    },
    { noNullPrototype: true },
  )
  .map(({ isZero, ...change }) =>
    toChange('change', { ...change, amount: change.verb === 'set' && isZero ? 0n : change.amount }),
  )

const requests = fc.record(
  {
    changes: fc.array(changes, { minLength: 1, maxLength: 5 }),
    key: sometimes(3, fc.constantFrom('k1', 'k2', 'k3', 'k4')),
    data: sometimes(6, fc.constantFrom({ reason: 'quest' }, { a: 1, b: 2 })),
  },
  { noNullPrototype: true },
)

/** For deals that make no serials. */
export function noSerials(): never {
  throw new Error('a tally makes no serials')
}

/** Lists of deals; some are sent again, as they were or with a key of another. */
export const dealLists: fc.Arbitrary<PreparedDeal[]> = fc
  .array(fc.tuple(requests, sometimes(6, fc.nat(20))), { minLength: 1, maxLength: 25 })
  .map((list) =>
    list.map(([request, again], index) => {
      const repeated = again === undefined ? undefined : list[again]?.[0]
      return prepareDeal(idOf(index), repeated ?? request, noSerials)
    }),
  )

/** A value in one case of so many, and nothing in the others. */
function sometimes<T>(cases: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: cases - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
}

function idOf(index: number): string {
  return `00000000-0000-7000-8000-${index.toString().padStart(12, '0')}`
}
