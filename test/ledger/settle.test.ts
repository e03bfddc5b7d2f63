import assert from 'node:assert/strict'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareBytes } from '../../src/model/id.ts'
import { toChange, type Change } from '../../src/model/change.ts'
import { prepareDeal, type PreparedDeal } from '../../src/model/deal.ts'
import { settle } from '../../src/ledger/settle.ts'
import type { HistoryRow, Names, Settlement, Writes } from '../../src/storage/contract.ts'
import { dealLists, noSerials, runs } from './arbitrary-deals.ts'
import { NaiveModel } from './naive-model.ts'
import { nameOf, Rows } from './rows.ts'

/** Sizes of batches; the last one is used for all that is left. */
const splits = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 25 })

/** Settles deals in batches, from rows and back into rows. */
function settleAll(deals: readonly PreparedDeal[], sizes: readonly number[], times: readonly number[] = [1_000]) {
  const rows = new Rows()
  const settlements: Settlement[] = []
  const saved: Omit<Writes, 'commit'>[] = []
  for (let start = 0, batch = 0; start < deals.length; batch += 1) {
    const end = start + (sizes[batch] ?? sizes.at(-1) ?? 1)
    const few = frozen(deals.slice(start, end))
    const loaded = frozen(rows.load(namesOf(few)))
    const answer = settle(loaded, few, times[batch % times.length] ?? 1_000)
    settlements.push(...answer.settlements)
    saved.push(frozen(answer.writes))
    rows.save(answer.writes)
    start = end
  }
  return { rows, settlements, saved }
}

function namesOf(deals: readonly PreparedDeal[]): Names {
  const changes = deals.flatMap((deal) => deal.changes)
  const apps = [...new Set(changes.map(({ app }) => app))].map((app) => {
    const ofApp = changes.filter((change) => change.app === app)
    const holdings = new Map(ofApp.map(({ user, item }) => [nameOf(user, item), { user, item, hasSerials: false }]))
    return { app, users: [...new Set(ofApp.map(({ user }) => user))], holdings: [...holdings.values()], serials: [] }
  })
  return { apps, keys: [...new Set(deals.flatMap(({ key }) => (key === null ? [] : [key])))] }
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) frozen(inner)
  }
  return value
}

function ofAccounts(history: readonly HistoryRow[]): HistoryRow[][] {
  return [...Map.groupBy(history, ({ app, user }) => nameOf(app, user)).values()]
}

test('deals get the answers of the naive model, in batches of any size', () => {
  fc.assert(
    fc.property(dealLists, splits, (deals, sizes) => {
      const model = new NaiveModel()
      const expected = deals.map((deal) => model.settle(deal))
      expect(settleAll(deals, sizes).settlements).toEqual(expected)
    }),
    { numRuns: runs },
  )
})

test('the rows in the end are those of the naive model', () => {
  fc.assert(
    fc.property(dealLists, splits, (deals, sizes) => {
      const model = new NaiveModel()
      for (const deal of deals) model.settle(deal)
      const { rows } = settleAll(deals, sizes)
      const quantities = [...rows.holdings.values()].map(({ app, user, item, quantity }) => [
        nameOf(app, user, item),
        quantity,
      ])
      expect(new Map(quantities as [string, bigint][])).toEqual(
        new Map([...model.quantities].filter(([, quantity]) => quantity > 0n)),
      )
      const versions = [...rows.accounts.values()].map(({ app, user, version }) => [nameOf(app, user), version])
      expect(new Map(versions as [string, bigint][])).toEqual(model.versions)
      expect([...rows.receipts.keys()].sort()).toEqual([...model.receipts.keys()].sort())
    }),
    { numRuns: runs },
  )
})

test('batches of any split lead to the same rows and the same history as deals one by one', () => {
  fc.assert(
    fc.property(dealLists, splits, (deals, sizes) => {
      const [oneByOne, batched] = [settleAll(deals, [1]), settleAll(deals, sizes)]
      expect(batched.settlements).toEqual(oneByOne.settlements)
      for (const table of ['accounts', 'holdings', 'receipts'] as const) {
        expect(batched.rows[table]).toEqual(oneByOne.rows[table])
      }
      const byAccount = ({ rows }: typeof batched) =>
        new Map(ofAccounts(rows.history).map((list) => [nameOf(list[0]?.app ?? '', list[0]?.user ?? ''), list]))
      expect(byAccount(batched)).toEqual(byAccount(oneByOne))
    }),
    { numRuns: runs },
  )
})

test('the history of every account adds up to its holdings, without gap, in any split (I8)', () => {
  fc.assert(
    fc.property(dealLists, splits, (deals, sizes) => {
      const { rows } = settleAll(deals, sizes)
      const sums = new Map<string, bigint>()
      for (const list of ofAccounts(rows.history)) {
        let last: HistoryRow | undefined
        for (const row of list) {
          const isNextLine = row.version === last?.version && row.line === last.line + 1 && row.deal === last.deal
          const isNextVersion = row.version === (last?.version ?? 0n) + 1n && row.line === 1
          assert.ok(isNextLine || isNextVersion, `version ${row.version}, line ${row.line}`)
          const name = nameOf(row.app, row.user, row.item)
          sums.set(name, (sums.get(name) ?? 0n) + row.change)
          assert.notEqual(row.change, 0n)
          assert.equal(row.balance, sums.get(name))
          last = row
        }
        assert.equal(rows.accounts.get(nameOf(last?.app ?? '', last?.user ?? ''))?.version, last?.version)
      }
      for (const [name, sum] of sums) assert.equal(rows.holdings.get(name)?.quantity ?? 0n, sum)
      assert.ok([...rows.holdings.keys()].every((name) => sums.has(name)))
    }),
    { numRuns: runs },
  )
})

test('everything to be written is sorted by bytes, each row once', () => {
  fc.assert(
    fc.property(dealLists, splits, (deals, sizes) => {
      for (const { apps, receipts } of settleAll(deals, sizes).saved) {
        assertSorted(apps.map(({ app }) => [app]))
        assertSorted(receipts.map(({ key }) => [key]))
        for (const writes of apps) {
          assertSorted([...writes.accountsNew].map(({ user }) => [user]))
          assertSorted([...writes.accountsChanged].map(({ user }) => [user]))
          for (const list of [writes.holdingsNew, writes.holdingsChanged, writes.holdingsGone]) {
            assertSorted(list.map(({ user, item }) => [user, item]))
          }
          assertSorted(writes.history.map(({ user, version, line }) => [user, fixed(version), fixed(line)]))
          const rows = [
            ...writes.accountsNew,
            ...writes.accountsChanged,
            ...writes.holdingsNew,
            ...writes.holdingsChanged,
          ]
          assert.ok([...rows, ...writes.holdingsGone, ...writes.history].every(({ app }) => app === writes.app))
        }
      }
    }),
    { numRuns: runs },
  )
})

test('refused deals alone lead to no writes but receipts', () => {
  fc.assert(
    fc.property(dealLists, (deals) => {
      const { settlements, saved } = settleAll(deals, [1])
      for (const [index, settlement] of settlements.entries()) {
        if ('refusal' in settlement) assert.deepEqual(saved[index]?.apps, [])
        assert.equal(saved[index]?.receipts.length, deals[index]?.key !== null && !settlement.isReplay ? 1 : 0)
      }
    }),
    { numRuns: runs },
  )
})

test('the time of an account never goes back, whatever the clock does', () => {
  fc.assert(
    fc.property(dealLists, splits, fc.array(fc.nat(5_000), { minLength: 1 }), (deals, sizes, times) => {
      const { rows } = settleAll(deals, sizes, times)
      for (const list of ofAccounts(rows.history)) {
        const told = list.map(({ time }) => time)
        assert.deepEqual(
          told,
          told.toSorted((left, right) => left - right),
        )
        assert.equal(rows.accounts.get(nameOf(list[0]?.app ?? '', list[0]?.user ?? ''))?.changedAt, told.at(-1))
      }
    }),
    { numRuns: runs },
  )
})

test('deals that only move what is there keep the sum of it (I2)', () => {
  const users = ['a', 'b', 'c']
  const moves = fc.record({
    from: fc.constantFrom(...users),
    to: fc.constantFrom(...users),
    amount: fc.bigInt({ min: 1n, max: 9n }),
  })
  fc.assert(
    fc.property(fc.array(moves, { maxLength: 30 }), splits, (list, sizes) => {
      const change = (verb: string, user: string, amount: bigint): Change =>
        toChange('change', { verb, kind: 'tally', app: 'farm', user, item: 'gold', amount })
      const start = prepareDeal('start', { changes: users.map((user) => change('add', user, 10n)) }, noSerials)
      const deals = list.map(({ from, to, amount }, index) =>
        prepareDeal(
          String(index),
          { changes: [change('subtract', from, amount), change('add', to, amount)] },
          noSerials,
        ),
      )
      const { rows } = settleAll([start, ...deals], sizes)
      const sum = [...rows.holdings.values()].reduce((total, { quantity }) => total + quantity, 0n)
      assert.equal(sum, 30n)
    }),
    { numRuns: runs },
  )
})

function fixed(value: bigint | number): string {
  return value.toString().padStart(20, '0')
}

function assertSorted(list: readonly (readonly string[])[]): void {
  for (const [index, row] of list.entries()) {
    const next = list[index + 1]
    if (next === undefined) return
    const differing = row.findIndex((part, place) => part !== next[place])
    assert.ok(
      differing >= 0 && compareBytes(row[differing] ?? '', next[differing] ?? '') < 0,
      `${row.join()} before ${next.join()}`,
    )
  }
}
