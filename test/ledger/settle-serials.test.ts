import assert from 'node:assert/strict'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { settleIn } from '../../src/ledger/batch.ts'
import { toMoves } from '../../src/ledger/history.ts'
import { settle } from '../../src/ledger/settle.ts'
import { toChange } from '../../src/model/change.ts'
import { prepareDeal, type PreparedDeal } from '../../src/model/deal.ts'
import { entriesAt } from '../../src/model/serials-at.ts'
import type { Session } from '../../src/storage/contract.ts'
import { runs } from './arbitrary-deals.ts'
import { moveLists } from './arbitrary-moves.ts'
import { nameOf, Rows } from './rows.ts'
import { SerialModel } from './serial-model.ts'
import { told, type Told } from './told.ts'

const splits = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 20 })

/** Settles deals in batches as a storage does, from rows and back into rows. */
async function settleAll(deals: readonly PreparedDeal[], sizes: readonly number[]) {
  const rows = new Rows()
  const both: Pick<Session, 'load' | 'save'> = {
    load: async (names) => rows.load(names),
    save: async (writes) => rows.save(writes),
  }
  const settlements: Told[] = []
  for (let start = 0, batch = 0; start < deals.length; batch += 1) {
    const end = start + (sizes[batch] ?? sizes.at(-1) ?? 1)
    const request = { deals: deals.slice(start, end), now: 1_000, wait: 'wait' } as const
    const answer = await settleIn(both as Session, request, null)
    settlements.push(...answer.settlements.map((settlement) => told(settlement!)))
    start = end
  }
  return { rows, settlements }
}

test('serials, conversions, transfers, orders and dry runs lead to what the naive model says, in batches of any size', async () => {
  await fc.assert(
    fc.asyncProperty(moveLists, splits, async (deals, sizes) => {
      const model = new SerialModel()
      const expected = deals.map((deal) => model.settle(deal))
      const { rows, settlements } = await settleAll(deals, sizes)
      expect(settlements).toEqual(expected)
      const counts = [...rows.holdings.values()].map(({ app, user, item, quantity }) => [
        nameOf(app, user, item),
        quantity,
      ])
      const filled = [...model.state.counts].filter(([, count]) => count > 0n)
      expect(new Map(counts.filter(([, count]) => count !== 0n) as [string, bigint][])).toEqual(new Map(filled))
      const owned = [...model.state.owned].map((one) => [nameOf(one.app, one.serial.toString()), one] as const)
      expect(rows.serials).toEqual(new Map(owned))
      for (const [name, { app, user, version }] of rows.accounts) {
        expect(version).toBe(model.state.versions.get(name))
        const placed = [...rows.holdings.values()].filter(
          (row) => row.app === app && row.user === user && row.position !== null,
        )
        const order = placed.sort((left, right) => (left.position! > right.position! ? -1 : 1))
        expect(order.map(({ item }) => item)).toEqual(model.order(name))
      }
    }),
    { numRuns: runs * 2 },
  )
})

test('batches of any split lead to the same rows and history as deals one by one, serials and positions too', async () => {
  await fc.assert(
    fc.asyncProperty(moveLists, splits, async (deals, sizes) => {
      const [oneByOne, batched] = [await settleAll(deals, [1]), await settleAll(deals, sizes)]
      expect(batched.settlements).toEqual(oneByOne.settlements)
      for (const table of ['accounts', 'holdings', 'serials'] as const)
        expect(batched.rows[table]).toEqual(oneByOne.rows[table])
      const byAccount = ({ rows }: typeof batched) => Map.groupBy(rows.history, ({ app, user }) => nameOf(app, user))
      expect(byAccount(batched)).toEqual(byAccount(oneByOne))
    }),
    { numRuns: runs },
  )
})

test('the history adds up to the holdings and to the serials (I8)', async () => {
  await fc.assert(
    fc.asyncProperty(moveLists, splits, async (deals, sizes) => {
      const { rows } = await settleAll(deals, sizes)
      const sums = new Map<string, bigint>()
      const serials = new Map<string, string>()
      for (const { app, user, item, change, balance, serials: moves } of rows.history) {
        const name = nameOf(app, user, item)
        sums.set(name, (sums.get(name) ?? 0n) + change)
        assert.equal(balance, sums.get(name))
        if (moves === null) continue
        for (const serial of toMoves(moves).out) serials.delete(nameOf(app, user, item, serial.toString()))
        for (const serial of toMoves(moves).in) serials.set(nameOf(app, user, item, serial.toString()), name)
      }
      for (const [name, sum] of sums) {
        const holding = rows.holdings.get(name)
        assert.equal((holding?.quantity ?? 0n) + BigInt(holding?.serials ?? 0), sum)
      }
      const kept = [...rows.serials.values()].map(({ app, user, item, serial }) =>
        nameOf(app, user, item, serial.toString()),
      )
      assert.deepEqual(new Set(kept), new Set(serials.keys()))
    }),
    { numRuns: runs },
  )
})

test('dry runs and refused deals write nothing', async () => {
  await fc.assert(
    fc.asyncProperty(moveLists, async (deals) => {
      const { settlements } = await settleAll(deals, [1])
      const done = deals.filter((deal, index) => !deal.isDryRun && 'outcomes' in settlements[index]!)
      const [all, some] = [await settleAll(deals, [1]), await settleAll(done, [1])]
      for (const table of ['accounts', 'holdings', 'serials'] as const)
        expect(all.rows[table]).toEqual(some.rows[table])
      expect(all.rows.history).toEqual(some.rows.history)
    }),
    { numRuns: runs },
  )
})

test('the answers to many changes of one item share what was there before, however much that is', () => {
  const hens = { app: 'farm', user: 'ann', item: 'hen' }
  const loaded = {
    accounts: [{ app: 'farm', user: 'ann', version: 1n, changedAt: 0 }],
    holdings: [{ ...hens, quantity: 0n, serials: 1_000, position: null }],
    serials: Array.from({ length: 1_000 }, (_, index) => ({ ...hens, serial: BigInt(index + 1), properties: '{}' })),
    receipts: [],
  }
  let made = 2_000n
  const add = toChange('change', { verb: 'add', kind: 'serial', ...hens, amount: 1n })
  const deals = ['1', '2'].map((id) => prepareDeal(id, { changes: [add, add, add] }, () => (made += 1n)))
  const answers = settle(loaded, deals, 5).settlements.flatMap((one) => ('outcomes' in one ? one.outcomes : []))
  expect(answers.map(({ serials }) => serials?.count)).toEqual([1_001, 1_002, 1_003, 1_004, 1_005, 1_006])
  expect(new Set(answers.map(({ serials }) => serials?.start)).size).toBe(1)
  expect(new Set(answers.map(({ serials }) => serials?.since)).size).toBe(1)
  expect(answers.map(({ serials }) => entriesAt(serials!).at(-1)?.serial)).toEqual([
    2_001n,
    2_002n,
    2_003n,
    2_004n,
    2_005n,
    2_006n,
  ])
})
