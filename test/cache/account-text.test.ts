import fc from 'fast-check'
import { expect, test } from 'vitest'
import { accountWrites } from '../../src/cache/account-writes.ts'
import {
  accountText,
  answerOf,
  generationOf,
  guardText,
  isTooLarge,
  patched,
  presentVersion,
  stampsOf,
  tooLargeText,
} from '../../src/cache/account-text.ts'
import type { AppWrites, HoldingAnswer, HoldingRow, SerialRow } from '../../src/storage/contract.ts'

const [app, user] = ['farm', 'ann']
const stamps = { incarnation: '17:1700000000', generation: '3', version: 41n }
const later = { ...stamps, version: 44n }

/** What an account has: by item its count, its place, and the properties of its serials. */
type Account = ReadonlyMap<string, Holding>

interface Holding {
  readonly quantity: bigint
  readonly position: bigint | null
  readonly serials: ReadonlyMap<bigint, string>
}

// Some begin like others, or look like what stands between the parts of a value.
const items = [
  '1',
  '10',
  '100',
  '*',
  '-',
  '-1',
  'a',
  'a b',
  'ab',
  'aa',
  '😀',
  '\uff5e',
  'é',
  'e\u0301',
  '"',
  '\\n',
  '[]',
]
const properties = fc.oneof(
  fc.constantFrom(
    '[]',
    '{}',
    '{"level":3}',
    '{"a":"\\t\\n*"}',
    '{"name":"😀 é"}',
    '{"a":1,\n\t"b":[\n2]}',
    '\n{"\u2028":1}',
  ),
  fc.json(),
)
const holdings = fc.record({
  quantity: fc.oneof(fc.bigInt({ min: 0n, max: 3n }), fc.constant(2n ** 63n - 1n)),
  position: fc.option(fc.oneof(fc.bigInt({ min: -5n, max: 5n }), fc.constant(-(2n ** 62n)))),
  serials: fc.array(fc.tuple(fc.constantFrom(1n, 2n, 10n, 11n, 2n ** 62n), properties), { maxLength: 4 }),
})
const accounts: fc.Arbitrary<Account> = fc
  .array(fc.tuple(fc.constantFrom(...items), holdings), { maxLength: 8 })
  .map((list) => new Map(list.map(([item, holding]) => [item, { ...holding, serials: new Map(holding.serials) }])))

function holdingRows(account: Account): HoldingRow[] {
  return [...account].map(([item, { quantity, position, serials }]) => ({
    app,
    user,
    item,
    quantity,
    serials: serials.size,
    position,
  }))
}

function serialRows(account: Account): SerialRow[] {
  return [...account].flatMap(([item, { serials }]) =>
    [...serials].map(([serial, text]) => ({ app, user, item, serial, properties: text })),
  )
}

/** What is written so that an account becomes another. */
function writesFrom(before: Account, after: Account): AppWrites {
  const written = <Row extends object>(row: Row): Row & { version: bigint } => ({ ...row, version: 0n })
  const had = new Map(serialRows(before).map((row) => [`${row.item}\t${row.serial}`, row]))
  const has = new Map(serialRows(after).map((row) => [`${row.item}\t${row.serial}`, row]))
  const changed = [...has].filter(([name, row]) => had.has(name) && had.get(name)!.properties !== row.properties)
  return {
    app,
    accountsNew: [],
    accountsChanged: [],
    history: [],
    holdingsNew: holdingRows(after).flatMap((row) => (before.has(row.item) ? [] : [written(row)])),
    holdingsChanged: holdingRows(after).flatMap((row) => (before.has(row.item) ? [written(row)] : [])),
    holdingsGone: holdingRows(before).filter(({ item }) => !after.has(item)),
    serialsGone: [...had].flatMap(([name, row]) => (has.has(name) ? [] : [row])),
    serialsChanged: changed.map(([, row]) => written(row)),
    serialsNew: [...has].flatMap(([name, row]) => (had.has(name) ? [] : [written(row)])),
  }
}

/** The same in one order, with JSON's blanks as they are kept. */
function ordered({ holdings: some, serials }: Pick<HoldingAnswer, 'holdings' | 'serials'>): unknown {
  const nameOf = (row: HoldingRow | SerialRow): string => `${row.item}\t${'serial' in row ? row.serial : ''}`
  const byName = (one: HoldingRow | SerialRow, other: HoldingRow | SerialRow): number =>
    nameOf(one) < nameOf(other) ? -1 : 1
  return {
    holdings: some.toSorted(byName),
    serials: serials.toSorted(byName).map((row) => ({ ...row, properties: row.properties.replaceAll(/[\t\n]/g, ' ') })),
  }
}

function rowsOf(account: Account): Pick<HoldingAnswer, 'holdings' | 'serials'> {
  return { holdings: holdingRows(account), serials: serialRows(account) }
}

const whole = { app, user, items: null, hasSerials: true }

test('a value says what the account has, and of which version', () => {
  fc.assert(
    fc.property(accounts, (account) => {
      const text = accountText(stamps, rowsOf(account))
      expect(stampsOf(text)).toEqual(stamps)
      expect(isTooLarge(text)).toBe(false)
      expect(ordered(answerOf(text, whole))).toEqual(ordered(rowsOf(account)))
    }),
  )
})

test('the answer to some items is that part of the whole, and leaves out what is not there', () => {
  fc.assert(
    fc.property(accounts, fc.uniqueArray(fc.constantFrom(...items), { minLength: 1 }), (account, asked) => {
      const text = accountText(stamps, rowsOf(account))
      const part = new Map([...account].filter(([item]) => asked.includes(item)))
      expect(ordered(answerOf(text, { ...whole, items: asked }))).toEqual(ordered(rowsOf(part)))
      const counts = answerOf(text, { ...whole, items: asked, hasSerials: false })
      expect(ordered(counts)).toEqual(ordered({ holdings: holdingRows(part), serials: [] }))
    }),
  )
})

test('what properties say is kept, wherever somebody put blanks, tabs and newlines', () => {
  fc.assert(
    fc.property(accounts, (account) => {
      const { serials } = answerOf(accountText(stamps, rowsOf(account)), whole)
      const said = new Map(serials.map((row) => [`${row.item}\t${row.serial}`, JSON.parse(row.properties) as unknown]))
      for (const row of serialRows(account))
        expect(said.get(`${row.item}\t${row.serial}`)).toEqual(JSON.parse(row.properties))
    }),
  )
})

test('a value with writes done to it is the value of the account after them', () => {
  fc.assert(
    fc.property(fc.array(accounts, { minLength: 2, maxLength: 4 }), (states) => {
      const writes = states.slice(1).map((after, at) => writesFrom(states[at]!, after))
      // Of another user's rows, nothing may come in.
      const foreign = writesFrom(states.at(-1)!, states[0]!)
      const others: AppWrites = Object.fromEntries(
        Object.entries(foreign).map(([name, rows]) => [
          name,
          Array.isArray(rows) ? (rows as object[]).map((row) => ({ ...row, user: 'ann ' })) : rows,
        ]),
      ) as unknown as AppWrites
      const ours = accountWrites([...writes, others]).get(`${app} ${user}`) ?? []
      const text = patched(accountText(stamps, rowsOf(states[0]!)), later, ours)
      expect(stampsOf(text)).toEqual(later)
      const last = rowsOf(states.at(-1)!)
      expect(ordered(answerOf(text, whole))).toEqual(ordered(answerOf(accountText(later, last), whole)))
      for (const item of items) {
        const one = { ...whole, items: [item] }
        expect(ordered(answerOf(text, one))).toEqual(ordered(answerOf(accountText(later, last), one)))
      }
    }),
  )
})

test('a value of an account that is too large says only that, and of which version', () => {
  const text = tooLargeText(stamps)
  expect(isTooLarge(text)).toBe(true)
  expect(stampsOf(text)).toEqual(stamps)
})

test.each([
  '',
  '1',
  '1 a 2',
  '2 a 2 3\n\n\n',
  '1 a 2 3 4\n',
  '1 a 2 -3\n',
  '1 a 2 x\n',
  '1 a 2 12345678901234567890\n',
])('a text of another format is no value: %j', (text) => {
  expect(stampsOf(text)).toBeUndefined()
})

test('a guard says its generation only to those who ask the same life of the server', () => {
  expect(generationOf(guardText('a:1', 12n), 'a:1')).toBe('12')
  expect(generationOf(guardText('a:1', 12n), 'a:2')).toBeUndefined()
  expect(generationOf(`${guardText('a:1', 12n)} 13`, 'a:1')).toBeUndefined()
  expect(generationOf('2 a:1 12', 'a:1')).toBeUndefined()
})

test('a value is of the present only under the guard of its own generation, and in its own life of the server', () => {
  const lives = fc.constantFrom('1', '11', '1:1', '1:11')
  const generations = fc.constantFrom(1n, 11n, 111n, 0n)
  fc.assert(
    fc.property(accounts, lives, lives, generations, generations, (account, life, other, generation, current) => {
      const own = { incarnation: life, generation: generation.toString(), version: 41n }
      for (const text of [accountText(own, rowsOf(account)), tooLargeText(own)]) {
        const isPresent = life === other && generation === current
        expect(presentVersion(text, guardText(other, current), other)).toBe(isPresent ? 41n : null)
        expect(presentVersion(text, guardText(life, generation), other)).toBe(life === other ? 41n : null)
      }
    }),
  )
})
