import { expect, test } from 'vitest'
import { settleIn } from '../../src/ledger/batch.ts'
import { toChange } from '../../src/model/change.ts'
import { prepareDeal, type PreparedDeal } from '../../src/model/deal.ts'
import type { Names, Session } from '../../src/storage/contract.ts'
import { noSerials } from './arbitrary-deals.ts'
import { nameOf, Rows } from './rows.ts'

function deal(id: string, accounts: readonly (readonly [app: string, user: string])[], key?: string): PreparedDeal {
  const changes = accounts.map(([app, user]) =>
    toChange('change', { verb: 'add', kind: 'tally', app, user, item: 'wheat', amount: 1n }),
  )
  return prepareDeal(id, { changes, key }, noSerials)
}

function session(held: readonly string[] = []): { asked: Names[]; rows: Rows; session: Session } {
  const rows = new Rows()
  const asked: Names[] = []
  const both: Pick<Session, 'load' | 'save'> = {
    load: async (names) => {
      asked.push(names)
      return rows.load(names, new Set(held))
    },
    save: async (writes) => rows.save(writes),
  }
  return { asked, rows, session: both as Session }
}

const when = { now: 5, wait: 'skip' } as const

test('accounts, holdings and keys are asked for once each, sorted by bytes', async () => {
  const { asked, session: open } = session()
  const deals = [
    deal(
      '1',
      [
        ['mill', '😀'],
        ['farm', 'b'],
        ['farm', '\uff5e'],
      ],
      'k2',
    ),
    deal(
      '2',
      [
        ['farm', 'b'],
        ['farm', 'B'],
        ['farm', '😀'],
      ],
      'k1',
    ),
    deal('3', [['farm', '\uff5e']], 'k2'),
  ]
  await settleIn(open, { deals, ...when }, null)
  expect(asked).toEqual([
    {
      apps: [
        {
          app: 'farm',
          users: ['B', 'b', '\uff5e', '😀'],
          holdings: ['B', 'b', '\uff5e', '😀'].map((user) => ({ user, item: 'wheat', hasSerials: false })),
          serials: [],
        },
        { app: 'mill', users: ['😀'], holdings: [{ user: '😀', item: 'wheat', hasSerials: false }], serials: [] },
      ],
      keys: ['k1', 'k2'],
    },
  ])
})

test('deals whose account is skipped are left out, with those that come after one of them on any of its accounts', async () => {
  const { session: open, rows } = session([nameOf('farm', 'a')])
  const deals = [
    deal('1', [['farm', 'z']]),
    deal('2', [
      ['farm', 'a'],
      ['farm', 'b'],
    ]),
    deal('3', [
      ['farm', 'b'],
      ['farm', 'c'],
    ]),
    deal('4', [['farm', 'c']]),
    deal('5', [['mill', 'a']]),
  ]
  const { settlements } = await settleIn(open, { deals, ...when }, null)
  expect(settlements.map((settlement) => settlement?.deal ?? null)).toEqual(['1', null, null, null, '5'])
  expect([...rows.accounts.keys()]).toEqual([nameOf('farm', 'z'), nameOf('mill', 'a')])
})

test('what changes nothing saves nothing', async () => {
  const { session: open } = session()
  const change = toChange('change', {
    verb: 'subtract',
    kind: 'tally',
    app: 'farm',
    user: 'a',
    item: 'wheat',
    amount: 1n,
  })
  const refused = prepareDeal('1', { changes: [change] }, noSerials)
  expect((await settleIn(open, { deals: [refused], ...when }, null)).isSaved).toBe(false)
  expect((await settleIn(open, { deals: [{ ...refused, key: 'k', hash: 'h' }], ...when }, null)).isSaved).toBe(true)
})
