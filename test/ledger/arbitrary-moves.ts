import fc from 'fast-check'
import { toChange, type Change } from '../../src/model/change.ts'
import { prepareDeal, type PreparedDeal } from '../../src/model/deal.ts'

// Few of each, so that they meet.
const apps = ['farm', 'mill']
const users = ['ann', 'bob', 'eve']
const items = ['egg', 'hen']

const app = fc.constantFrom('farm', 'farm', ...apps)
const user = fc.constantFrom(...users)
const item = fc.constantFrom(...items)
const place = fc.constantFrom(null, 'recent', 'first', 'oldest')
const texts = fc.constantFrom('{}', '{"xp":1}', '[2]')

const serials = fc
  .uniqueArray(
    fc.bigInt({ min: 1n, max: 9n }).map((serial) => (serial > 7n ? serial + 13n : serial)),
    { minLength: 1, maxLength: 2 },
  )
  .chain((list) => fc.tuple(...list.map((serial) => fc.record({ serial: fc.constant(serial), properties: texts }))))

const whats = fc.oneof(
  { weight: 8, arbitrary: fc.record({ amount: fc.bigInt({ min: 1n, max: 3n }), serials: fc.constant(null) }) },
  { weight: 6, arbitrary: fc.record({ amount: fc.constant(0n), serials }) },
  { weight: 2, arbitrary: fc.record({ amount: fc.bigInt({ min: 1n, max: 2n }), serials }) },
  { weight: 1, arbitrary: fc.record({ amount: fc.constant(2n ** 63n - 1n), serials: fc.constant(null) }) },
)

/** A change of any verb and kind, as a hand might make it; some move between accounts. */
const changes: fc.Arbitrary<Change> = fc
  .record({
    verb: fc.constantFrom('add', 'add', 'add', 'subtract', 'subtract', 'set', 'convert'),
    kind: fc.constantFrom('serial', 'serial', 'hybrid', 'hybrid', 'tally'),
    app,
    user,
    item,
    what: whats,
    properties: texts,
    party: fc.option(fc.record({ app, user, place }), { freq: 2 }),
    place,
  })
  .map(({ what, ...rest }) => ({ ...rest, ...what }))
  .map((change) => {
    const kind = change.verb === 'convert' ? 'hybrid' : change.kind
    const isTally = kind === 'tally'
    const isConversion = change.verb === 'convert'
    const isSelf = change.party?.app === change.app && change.party.user === change.user
    // A serial inventory counts nothing, makes no billions, and a conversion is of one thing.
    const amount =
      (kind === 'serial' || isConversion) && change.serials !== null
        ? 0n
        : kind !== 'tally' && change.amount > 4n && (kind === 'serial' || isConversion)
          ? 4n
          : change.amount
    return toChange('change', {
      ...change,
      kind,
      amount: isTally && amount === 0n ? 1n : amount,
      serials: isTally ? null : change.serials,
      party: isConversion || isSelf ? null : change.party,
    })
  })

/** The order of some items, as a sorter writes it. */
const sorts: fc.Arbitrary<Change[]> = fc
  .record({ app, user, kind: fc.constantFrom('hybrid', 'tally'), items: fc.shuffledSubarray(items, { minLength: 1 }) })
  .map(({ items: ids, ...rest }) =>
    ids.map((id, rank) => toChange('change', { verb: 'sort', ...rest, item: id, amount: BigInt(rank) })),
  )

/** What is there before: hens by serial, eggs counted and by serial. */
const stock: Change[] = ['ann', 'bob'].flatMap((owner, index) =>
  items.map((id) =>
    toChange('change', {
      verb: 'add',
      kind: 'hybrid',
      app: 'farm',
      user: owner,
      item: id,
      amount: id === 'egg' ? 4n : 0n,
      serials: [1, 3, 5].map((serial) => ({ serial: serial + index + (id === 'egg' ? 20 : 0), properties: '{}' })),
    }),
  ),
)

const requests = fc.record({
  changes: fc.oneof(
    { weight: 12, arbitrary: fc.array(changes, { minLength: 1, maxLength: 2 }) },
    { weight: 3, arbitrary: fc.array(changes, { minLength: 3, maxLength: 4 }) },
    { weight: 1, arbitrary: sorts },
  ),
  dryRun: fc.constantFrom(false, false, false, true),
})

/** Lists of deals with serials, conversions, transfers, orders and dry runs. */
export const moveLists: fc.Arbitrary<PreparedDeal[]> = fc
  .array(requests, { minLength: 1, maxLength: 20 })
  .map((list) => {
    let made = 100n
    return [{ changes: stock }, ...list].map((request, index) =>
      prepareDeal(`deal ${index}`, request, () => (made += 1n)),
    )
  })
