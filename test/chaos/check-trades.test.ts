import { expect, test } from 'vitest'
import type { HistoryRow } from '../../src/storage/contract.ts'
import type { Books } from './books.ts'
import { checkTrades } from './check-trades.ts'
import { operationsOf } from './operation.ts'
import type { LogLine } from './record.ts'
import { appOf, type Move, type TradeAnswer } from './trade-request.ts'

// Every check has trades that it must not let pass: a checker that never objects would pass all the others.

type Line = LogLine<readonly Move[], TradeAnswer>
interface RowOptions {
  readonly serials?: object
  readonly party?: string
  readonly deal?: string
}

const sell: Move[] = [
  { verb: 'add', kind: 'serial', user: 'bob', item: 'sword', party: 'ann', serials: ['7'] },
  { verb: 'subtract', kind: 'tally', user: 'bob', item: 'coin', party: 'ann', amount: 5 },
]
const make: Move[] = [
  { verb: 'add', kind: 'serial', user: 'ann', item: 'sword', serials: ['7'], properties: { sharp: true } },
  { verb: 'add', kind: 'tally', user: 'bob', item: 'coin', amount: 5 },
]
const heard = { change: '1', balance: '1', version: '1', quantity: '' }
const made: TradeAnswer = { steps: [{ deal: 'deal make', outcomes: [heard, { ...heard, change: '5', balance: '5' }] }] }
const sold: TradeAnswer = {
  steps: [{ deal: 'deal sell', outcomes: [heard, { ...heard, change: '-5', balance: '0', version: '2' }] }],
}
const refused: TradeAnswer = { refusal: { code: 'NOT_ENOUGH', serial: null } }

/** The lines of one attempt; without an answer its trader was killed. */
function asked(op: string, moves: readonly Move[], answer: TradeAnswer | null, attempt = 1): Line[] {
  const [at, request] = [attempt, moves]
  return answer === null
    ? [{ op, attempt, at, request }]
    : [
        { op, attempt, at, request },
        { op, attempt, at, answer },
      ]
}

function row(
  op: string,
  where: string,
  version: number,
  change: number,
  balance: number,
  more: RowOptions = {},
): HistoryRow {
  const [user = '', item = ''] = where.split(' ')
  const app = appOf(item === 'coin' ? 'tally' : 'serial')
  const { serials, party = null, deal = `deal ${op}` } = more
  const data = JSON.stringify({ op, step: 0 })
  const numbers = { version: BigInt(version), change: BigInt(change), balance: BigInt(balance), line: 1, time: 0 }
  return {
    app,
    user,
    item,
    serials: serials === undefined ? null : JSON.stringify(serials),
    party,
    deal,
    data,
    ...numbers,
  }
}

const makeRows = [row('make', 'ann sword', 1, 1, 1, { serials: { in: ['7'] } }), row('make', 'bob coin', 1, 5, 5)]
const gain = row('sell', 'bob sword', 1, 1, 1, { serials: { in: ['7'] }, party: 'goods ann' })
const loss = row('sell', 'ann sword', 2, -1, 0, { serials: { out: ['7'] }, party: 'goods bob' })
const payment = row('sell', 'bob coin', 2, -5, 0, { party: 'bank ann' })
const income = row('sell', 'ann coin', 1, 5, 5, { party: 'bank bob' })
const sale = [gain, loss, payment, income]

const begun = asked('make', make, made)
const both = [...begun, ...asked('sell', sell, sold)]

/** What is wrong with rows, whose holdings agree with them, and serials: by default what the rows add up to. */
function check(
  rows: readonly HistoryRow[],
  lines: readonly Line[],
  owners: readonly string[] = ['bob'],
  text = '{"sharp":true}',
): string {
  const books = (app: string): Books => {
    const history = rows.filter((one) => one.app === app)
    const last = [...new Map(history.map((one) => [`${one.user} ${one.item}`, one])).values()]
    const holdings = last.map(({ user, item, balance }) => ({
      app,
      user,
      item,
      quantity: balance,
      serials: 0,
      position: null,
    }))
    return { accounts: [], holdings, history }
  }
  const serials = owners.map((user) => ({ app: 'goods', user, item: 'sword', serial: 7n, properties: text }))
  const trades = lines.map((line) =>
    'request' in line ? { ...line, request: { steps: [line.request], key: null } } : line,
  )
  return checkTrades({ bank: books('bank'), goods: books('goods'), serials }, operationsOf(trades)).join('\n')
}

test('trades that explain everything pass', () => {
  expect(check([...makeRows, ...sale], both)).toBe('')
  expect(check([...makeRows, ...sale], [...begun, ...asked('sell', sell, null)])).toBe('')
  expect(check(makeRows, [...begun, ...asked('sell', sell, refused)], ['ann'])).toBe('')
})

test('an acknowledged trade that is lost is found', () => {
  expect(check(makeRows, both, ['ann'])).toContain('left only a part')
})

test('a refused trade that happened is found, and one that nobody asked for', () => {
  expect(check([...makeRows, ...sale], [...begun, ...asked('sell', sell, refused)])).toContain(
    'was refused and happened',
  )
  expect(check([...makeRows, ...sale], begun)).toContain('nobody asked for it')
})

test('half a trade of a killed trader is found', () => {
  expect(check([...makeRows, gain, loss], [...begun, ...asked('sell', sell, null)])).toContain('left only a part')
})

test('a trade that happened twice, or in two deals, or in another than was heard of, is found', () => {
  const again = sale.map((one) => ({ ...one, deal: 'another deal' }))
  expect(check([...makeRows, ...sale, ...again], both)).toContain('happened 2 times')
  expect(check([...makeRows, gain, loss, ...again.slice(2)], both)).toContain('happened 2 times')
  expect(check([...makeRows, ...again], both)).toContain('heard of another deal')
})

test('a side that names nobody or somebody else, or moves another amount or serial, is found', () => {
  expect(check([...makeRows, gain, { ...loss, party: null }, payment, income], both)).toContain('became')
  expect(check([...makeRows, { ...gain, party: 'goods eve' }, loss, payment, income], both)).toContain('became')
  expect(check([...makeRows, gain, loss, payment, { ...income, change: 4n }], both)).toContain('became')
  const other = { ...gain, serials: JSON.stringify({ in: ['8'] }) }
  expect(check([...makeRows, other, loss, payment, income], both)).toContain('became')
})

test('an answer that differs from the history, from another answer, or should never be heard is found', () => {
  const wrong = { steps: [{ deal: 'deal sell', outcomes: [{ ...heard, balance: '2' }, heard] }] }
  expect(check([...makeRows, ...sale], [...begun, ...asked('sell', sell, wrong)])).toContain('heard {')
  expect(check([...makeRows, ...sale], [...both, ...asked('sell', sell, refused, 2)])).toContain('answered differently')
  expect(check(makeRows, [...begun, ...asked('sell', sell, { fault: 'CONFLICT' })], ['ann'])).toContain('CONFLICT')
})

test('a serial in two holdings, in none, or in the wrong one is found', () => {
  expect(check([...makeRows, ...sale], both, ['ann', 'bob'])).toContain('is in 2 holdings')
  expect(check([...makeRows, ...sale], both, [])).toContain('is in 0 holdings')
  expect(check([...makeRows, ...sale], both, ['ann'])).toContain('should be in bob sword')
})

test('properties that changed on the way are found', () => {
  expect(check([...makeRows, ...sale], both, ['bob'], '{"sharp":false}')).toContain('was made with {"sharp":true}')
})

test('coins that come out of nothing are found', () => {
  expect(check([...makeRows, gain, loss, payment, { ...income, balance: 6n }], both)).toContain(
    'coin: -1 more were made',
  )
})

test('a ticket that the market sells twice, and one that it refuses while it has it, are found', () => {
  const tickets: Move[] = [
    { verb: 'add', kind: 'serial', user: 'market', item: 'ticket', serials: ['7'], properties: {} },
  ]
  const stock = row('stock', 'market ticket', 1, 1, 1, { serials: { in: ['7'] } })
  const buy: Move[] = [{ verb: 'add', kind: 'serial', user: 'bob', item: 'ticket', party: 'market', serials: ['7'] }]
  const out = { serials: { out: ['7'] }, party: 'goods bob' }
  const twice = [row('buy', 'market ticket', 2, -1, 0, out), row('buy', 'market ticket', 3, -1, -1, out)]
  expect(check([stock, ...twice], asked('stock', tickets, null))).toContain('was sold 2 times')
  const vain: TradeAnswer = { refusal: { code: 'SERIAL_NOT_FOUND', serial: '7' } }
  const lines = [...asked('stock', tickets, null), ...asked('buy', buy, vain)]
  expect(check([stock], lines, ['market'])).toContain('was refused a ticket that nobody had bought')
})
