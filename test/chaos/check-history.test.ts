import { expect, test } from 'vitest'
import type { HistoryRow } from '../../src/storage/contract.ts'
import type { Books } from './books.ts'
import { checkHistory } from './check-history.ts'
import type { Kill } from './lost-states.ts'
import { operationsOf } from './operation.ts'
import type { Answer, LogLine, OutcomeRecord } from './record.ts'
import type { Request, RequestChange } from './request.ts'

// Every check has a history that it must not let pass: a checker that never objects would pass all the others.

const deal = (...changes: RequestChange[]): Request => ({ kind: 'deal', changes, key: null })
const add = (user: string, amount: number): RequestChange => ({ verb: 'add', user, item: 'gold', amount })
const take = (user: string, amount: number): RequestChange => ({ verb: 'subtract', user, item: 'gold', amount })
const outcome = (user: string, change: number, quantity: number, version: number): OutcomeRecord => ({
  user,
  item: 'gold',
  change: String(change),
  quantity: String(quantity),
  version: String(version),
})
const done = (op: string, ...outcomes: OutcomeRecord[]): Answer => ({ outcomes, deal: `deal ${op}` })
const refused = (held: number, wanted: number): Answer => ({
  refusal: {
    code: 'NOT_ENOUGH',
    data: { app: 'app', user: 'ann', item: 'gold', held: String(held), wanted: String(wanted) },
  },
})

/** The lines of one attempt; without an answer its client was killed. */
function asked(op: string, from: number, to: number, request: Request, answer: Answer | null, attempt = 1): LogLine[] {
  const invocation = { op, attempt, at: from, request }
  return answer === null ? [invocation] : [invocation, { op, attempt, at: to, answer }]
}

/** A row of history of the operation `op`: gold. */
function row(user: string, version: number, change: number, balance: number, op: string, path?: string): HistoryRow {
  const data = JSON.stringify({ op, ...(path === undefined ? {} : { path }) })
  const plain = {
    app: 'app',
    user,
    item: 'gold',
    line: 1,
    serials: null,
    party: null,
    deal: `deal ${op}`,
    data,
    time: 0,
  }
  return { ...plain, version: BigInt(version), change: BigInt(change), balance: BigInt(balance) }
}

/** What is wrong with rows, whose accounts and holdings agree with them, and lines of logs. */
function check(history: HistoryRow[], ...lines: LogLine[][]): string {
  return checkWithKills([], history, ...lines)
}

/** The same, where the server was killed at these moments. */
function checkWithKills(kills: Kill[], history: HistoryRow[], ...lines: LogLine[][]): string {
  const last = [...new Map(history.map((entry) => [entry.user, entry])).values()]
  const books: Books = {
    history,
    accounts: last.map(({ app, user, version }) => ({ app, user, version, changedAt: 0 })),
    holdings: last
      .filter(({ balance }) => balance > 0n)
      .map(({ app, user, item, balance }) => ({ app, user, item, quantity: balance, serials: 0, position: null })),
  }
  return checkHistory('app', books, operationsOf(lines.flat()), kills).join('\n')
}

const beginning = asked('1', 1, 2, deal(add('ann', 5)), done('1', outcome('ann', 5, 5, 1)))
const beginningRow = row('ann', 1, 5, 5, '1')

test('a history that explains everything passes', () => {
  const transfer = deal(take('ann', 2), add('bob', 2))
  const wrong = check(
    [beginningRow, row('ann', 2, -2, 3, '2'), row('bob', 1, 2, 2, '2')],
    beginning,
    asked('2', 3, 6, transfer, done('2', outcome('ann', -2, 3, 2), outcome('bob', 2, 2, 1))),
    asked('3', 4, 7, deal(take('ann', 9)), refused(3, 9)),
    asked('4', 4, 7, deal(take('ann', 9)), refused(5, 9)),
    asked('5', 8, 0, deal(add('ann', 1)), null),
    asked('6', 8, 9, { kind: 'read', user: 'ann' }, { version: '2', items: [['gold', '3']] }),
  )
  expect(wrong).toBe('')
})

test('an acknowledged deal that is lost is found', () => {
  expect(check([], beginning)).toContain('is not in the history')
})

test('a deal that happened twice is found', () => {
  const twice = { ...row('ann', 2, 5, 10, '1'), deal: 'another deal' }
  expect(check([beginningRow, twice], beginning)).toContain('happened 2 times')
})

test('a refused deal that happened is found', () => {
  expect(check([beginningRow], asked('1', 1, 2, deal(add('ann', 5)), refused(0, 5)))).toContain('was refused or failed')
})

test('half a deal of a killed client is found', () => {
  const half = asked('2', 3, 0, deal(take('ann', 2), add('bob', 2)), null)
  expect(check([beginningRow, row('ann', 2, -2, 3, '2')], beginning, half)).toContain(
    'left nothing of [{"verb":"add","user":"bob"',
  )
})

test('a deal that saw an account as it was only later, or earlier, is found', () => {
  const glimpse = deal({ verb: 'set', user: 'ann', item: 'gold', amount: 5 }, add('bob', 1))
  const wrong = check(
    [
      beginningRow,
      row('ann', 2, 1, 6, '3'),
      row('ann', 3, -1, 5, '4'),
      row('bob', 1, 1, 1, '2'),
      row('bob', 2, 1, 2, '3'),
    ],
    beginning,
    asked('2', 3, 9, glimpse, done('2', outcome('ann', 0, 5, 3), outcome('bob', 1, 1, 1))),
    asked('3', 3, 9, deal(add('ann', 1), add('bob', 1)), done('3', outcome('ann', 1, 6, 2), outcome('bob', 1, 2, 2))),
    asked('4', 3, 9, deal(take('ann', 1)), done('4', outcome('ann', -1, 5, 3))),
  )
  expect(wrong).toContain('there is no order of all that happened')
})

test('half a transaction of a killed client is found', () => {
  const steps = [add('ann', 2), add('bob', 2)].map((change) => ({ kind: 'deal', changes: [change] }) as const)
  const half = asked('2', 3, 0, { kind: 'transaction', steps, isUndone: false }, null)
  expect(check([beginningRow, row('ann', 2, 2, 7, '2', '1')], beginning, half)).toContain('2 is missing')
})

test('a transaction that was to be undone and happened is found', () => {
  const steps = [{ kind: 'deal', changes: [add('ann', 2)] }] as const
  const undone = asked('2', 3, 4, { kind: 'transaction', steps, isUndone: true }, { undone: true })
  expect(check([beginningRow, row('ann', 2, 2, 7, '2', '1')], beginning, undone)).toContain('was refused or failed')
})

test('an answer that differs from the history is found', () => {
  expect(check([beginningRow], asked('1', 1, 2, deal(add('ann', 5)), done('1', outcome('ann', 5, 6, 1))))).toContain(
    'heard',
  )
})

test('a row that nobody asked for is found', () => {
  expect(check([beginningRow])).toContain('nobody asked for it')
})

test('a balance that does not add up, a gap and a holding of its own are found', () => {
  expect(check([row('ann', 1, 5, 6, '1')], beginning)).toContain('should be 5')
  expect(check([row('ann', 2, 5, 5, '1')], beginning)).toContain('does not follow')
})

test('a refusal for a balance that was not there then is found', () => {
  expect(check([beginningRow], beginning, asked('2', 3, 4, deal(take('ann', 9)), refused(0, 9)))).toContain(
    'refused without reason',
  )
})

test('a read of an older state than one acknowledged before is found', () => {
  const stale = asked('2', 3, 4, { kind: 'read', user: 'ann' }, { version: '0', items: [] })
  expect(check([beginningRow], beginning, stale)).toContain('read what was not there then')
})

test('accounts that disagree about what came first are found', () => {
  const both = deal(add('ann', 1), add('bob', 1))
  const wrong = check(
    [row('ann', 1, 1, 1, '1'), row('ann', 2, 1, 2, '2'), row('bob', 1, 1, 1, '2'), row('bob', 2, 1, 2, '1')],
    asked('1', 1, 9, both, done('1', outcome('ann', 1, 1, 1), outcome('bob', 1, 2, 2))),
    asked('2', 1, 9, both, done('2', outcome('ann', 1, 2, 2), outcome('bob', 1, 1, 1))),
  )
  expect(wrong).toContain('there is no order of all that happened: 1, 2')
})

test('a deal that comes before one that was answered before it was asked for is found', () => {
  const wrong = check(
    [row('ann', 1, 1, 1, '2'), row('ann', 2, 1, 2, '1')],
    asked('1', 1, 2, deal(add('ann', 1)), done('1', outcome('ann', 1, 2, 2))),
    asked('2', 3, 4, deal(add('ann', 1)), done('2', outcome('ann', 1, 1, 1))),
  )
  expect(wrong).toContain('there is no order of all that happened')
})

test('a key that is answered in two ways, or serves two requests, is found', () => {
  const keyed: Request = { kind: 'deal', changes: [add('ann', 5)], key: 'k' }
  const first = asked('1', 1, 2, keyed, done('1', outcome('ann', 5, 5, 1)))
  const again = asked('1', 3, 4, keyed, done('1', outcome('ann', 5, 10, 2)), 2)
  expect(check([beginningRow], first, again)).toContain('was answered differently')
  const other = asked('2', 3, 4, keyed, done('2', outcome('ann', 5, 10, 2)))
  expect(check([beginningRow, row('ann', 2, 5, 10, '2')], first, other)).toContain('served 1 and 2')
})

test('an increment that overwrote what came between its read and its write is found', () => {
  const steps = [{ kind: 'increment', user: 'ann', item: 'gold', amount: 1 }] as const
  const step = { path: '1', deal: 'deal 2', outcomes: [outcome('ann', -3, 2, 2)] }
  const lost = asked('2', 3, 4, { kind: 'transaction', steps, isUndone: false }, { steps: [step] })
  expect(check([beginningRow, row('ann', 2, -3, 2, '2', '1')], beginning, lost)).toContain('heard')
})

// A server that shows commits before they are on disk, killed while a deal of three gold was under way.
const kill: Kill = { orderedAt: 10, endedAt: 12 }
const lostFault: Answer = { fault: { code: 'CONNECTION_LOST', message: 'the server went away' } }
const underWay = asked('2', 4, 20, deal(add('ann', 3)), lostFault)
const readOf = (version: string, gold: string): LogLine[] =>
  asked('3', 6, 8, { kind: 'read', user: 'ann' }, { version, items: [['gold', gold]] })

test('a read may show what was lost with the server before it was acknowledged', () => {
  expect(checkWithKills([kill], [beginningRow], beginning, underWay, readOf('2', '8'))).toBe('')
  // Tried again by itself, it happened later, behind a deal that the lost read knew nothing of.
  const again = asked('2', 4, 30, deal(add('ann', 3)), done('2', outcome('ann', 3, 9, 3)))
  const between = asked('4', 14, 16, deal(add('ann', 1)), done('4', outcome('ann', 1, 6, 2)))
  const rows = [beginningRow, row('ann', 2, 1, 6, '4'), row('ann', 3, 3, 9, '2')]
  expect(checkWithKills([kill], rows, beginning, again, between, readOf('2', '8'))).toBe('')
})

test('a refusal may tell of what was lost with the server, unless its receipt was kept', () => {
  const spend: Request = { kind: 'deal', changes: [take('ann', 9)], key: null }
  const told = (request: Request): LogLine[] => asked('3', 6, 8, request, refused(8, 9))
  expect(checkWithKills([kill], [beginningRow], beginning, underWay, told(spend))).toBe('')
  expect(checkWithKills([kill], [beginningRow], beginning, underWay, told({ ...spend, key: 'k' }))).toContain(
    'refused without reason',
  )
})

test('a read of what no kill, and no deal under way at a kill, explains is found', () => {
  const wrong = 'read what was not there then'
  expect(check([beginningRow], beginning, underWay, readOf('2', '8'))).toContain(wrong)
  expect(checkWithKills([kill], [beginningRow], beginning, underWay, readOf('2', '9'))).toContain(wrong)
  expect(checkWithKills([kill], [beginningRow], beginning, underWay, readOf('3', '8'))).toContain(wrong)
  // Answered before the kill, asked for only after the read, or read only after the kill.
  const ended = asked('2', 4, 9, deal(add('ann', 3)), lostFault)
  expect(checkWithKills([kill], [beginningRow], beginning, ended, readOf('2', '8'))).toContain(wrong)
  const later = asked('2', 9, 20, deal(add('ann', 3)), lostFault)
  expect(checkWithKills([kill], [beginningRow], beginning, later, readOf('2', '8'))).toContain(wrong)
  const after = asked('3', 14, 16, { kind: 'read', user: 'ann' }, { version: '2', items: [['gold', '8']] })
  expect(checkWithKills([kill], [beginningRow], beginning, underWay, after)).toContain(wrong)
})

test('an acknowledged deal that is lost with the server is found, whoever has read it', () => {
  const acknowledged = asked('2', 4, 9, deal(add('ann', 3)), done('2', outcome('ann', 3, 8, 2)))
  const wrong = checkWithKills([kill], [beginningRow], beginning, acknowledged, readOf('2', '8'))
  expect(wrong).toContain('2 was acknowledged, and is not in the history')
  expect(wrong).toContain('read what was not there then')
})
