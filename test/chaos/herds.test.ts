import { describe, expect, test } from 'vitest'
import { Stockpile } from '../../src/index.ts'
import type { HistoryRow } from '../../src/storage/contract.ts'
import { BatchCount } from './batch-count.ts'
import { readBooks } from './books.ts'
import { checkHerds } from './check-herds.ts'
import { effort } from './effort.ts'
import { herd, type HerdAnswer } from './herd-client.ts'
import { HerdRequests, type HerdRequest } from './herd-request.ts'
import { openStorage } from './open-storage.ts'
import { operationsOf, type Operation } from './operation.ts'
import { Random } from './random.ts'
import type { LogLine } from './record.ts'
import { chooseSeed } from './seed.ts'
import { storeKinds } from './stores.ts'

const stockpiles = 2
const seed = chooseSeed('herds')

/** How many ask, of how many accounts, and how often each; and how many batches must have been under way at once. */
interface Crowd {
  readonly clients: number
  readonly accounts: number
  readonly requests: number
  readonly batchesLeast: number
}

const few: Crowd = { clients: 4, accounts: 4, requests: effort(60, 1_500), batchesLeast: 1 }
// So many at once that Stockpiles have two batches under way, and so many accounts that those find something to do.
const many: Crowd = { clients: 1_000, accounts: 1_000, requests: effort(1, 5), batchesLeast: stockpiles + 1 }

interface Happened {
  readonly history: readonly HistoryRow[]
  readonly operations: ReadonlyMap<string, Operation<HerdRequest, HerdAnswer>>
  readonly ends: ReadonlyMap<string, readonly string[]>
  /** The most batches that were under way at once. */
  readonly batchesMost: number
}

/** Several Stockpiles whose clients ask one database for random things, and what came of it. */
async function happen(url: string, { clients, accounts, requests }: Crowd): Promise<Happened> {
  const users = Array.from({ length: accounts }, (_, number) => `herder_${number}`)
  const lines: LogLine<HerdRequest, HerdAnswer>[] = []
  const named = new Map<string, bigint[]>()
  // Ones that nobody else names, of each client: as many as it can ever need, and in all fewer than a million.
  const serialsEach = Math.floor(999_999 / stockpiles / clients)
  using batches = new BatchCount()
  const storage = await openStorage(url)
  await using first = new Stockpile({ storage })
  await first.migrate(['herds'])
  const crowd = [first]
  await using closing = new AsyncDisposableStack()
  for (let count = 1; count < stockpiles; count += 1)
    crowd.push(closing.use(new Stockpile({ storage: await openStorage(url) })))
  // So that all begin at the same moment.
  for (const stockpile of crowd) await stockpile.serial('herds', users[0] ?? '').ready()
  await Promise.all(
    crowd.flatMap((stockpile, place) =>
      Array.from({ length: clients }, async (_, number) => {
        const random = new Random(seed, place, number)
        const asker = new HerdRequests(
          'herds',
          users,
          random,
          named,
          BigInt(1 + (place * clients + number) * serialsEach),
        )
        for (let count = 1; count <= requests; count += 1) {
          const op = `${place}.${number}.${count}`
          await herd(stockpile, 'herds', op, asker.next(`key ${op}`), (line) => lines.push(line))
        }
      }),
    ),
  )
  const atEnd: LogLine<HerdRequest, HerdAnswer>[] = []
  for (const user of users) await herd(first, 'herds', user, { kind: 'read', user }, (line) => atEnd.push(line))
  const ends = [...operationsOf(atEnd)].map(([user, { attempts }]) => {
    const answer = attempts[0]?.answer
    return [user, answer && 'items' in answer ? answer.items : []] as const
  })
  const { breaks } = await first.verify('herds')
  expect(breaks).toEqual([])
  const { history } = await readBooks(storage, 'herds')
  return { history, operations: operationsOf(lines), ends: new Map(ends), batchesMost: batches.most }
}

describe.each(storeKinds)('on $name', (kind) => {
  test.each([few, many])(
    'random deals of $clients clients, of serials, hybrids, conversions, transfers and orders, leave a history that explains every answer',
    async (crowd) => {
      await using store = await kind.open()
      const { history, operations, ends, batchesMost } = await happen(store.url, crowd)
      expect(batchesMost).toBeGreaterThanOrEqual(crowd.batchesLeast)
      expect(checkHerds('herds', history, operations, ends)).toEqual([])
      const answers = [...operations.values()].flatMap(({ attempts: [first] }) => first?.answer ?? [])
      const count = (name: string): number => answers.filter((answer) => name in answer).length
      expect(count('outcomes')).toBeGreaterThan(answers.length / 5)
      expect(count('refusal')).toBeGreaterThan(answers.length / 20)
      expect(history.some(({ serials }) => serials !== null)).toBe(true)
      expect(history.some(({ party }) => party !== null)).toBe(true)
    },
    effort(60_000, 900_000),
  )
})

test('a history that does not explain what was heard is found out, whatever of it is wrong', async () => {
  await using store = await storeKinds[0]!.open()
  const { history, operations, ends } = await happen(store.url, few)
  const check = (one: Partial<Happened>): string =>
    checkHerds('herds', one.history ?? history, one.operations ?? operations, one.ends ?? ends).join('\n')
  expect(check({})).toBe('')
  const last = history.at(-1)!
  const without = history.filter(({ user, version }) => user !== last.user || version !== last.version)
  // Without its rows nobody knows which serials a deal made.
  expect(check({ history: without })).toMatch(/ left | heard /)
  const richer = history.map((row) => (row === last ? { ...row, balance: row.balance + 1n } : row))
  expect(check({ history: richer })).toContain('left')
  expect(check({ ends: new Map([...ends].map(([user, items]) => [user, [...items].reverse()])) })).toContain(
    'in the end',
  )
  const changed = (name: string, change: (answer: HerdAnswer) => HerdAnswer): Happened['operations'] => {
    const found = [...operations.values()].findLast(({ attempts: [first] }) => first?.answer && name in first.answer)!
    const attempts = found.attempts.map((attempt) => ({ ...attempt, answer: change(attempt.answer!) }))
    return new Map([...operations, [found.op, { ...found, attempts }]])
  }
  const unread = changed('items', (answer) =>
    'items' in answer ? { ...answer, items: [...answer.items, 'pig 1'] } : answer,
  )
  expect(check({ operations: unread })).toContain('read what was not there then')
  const misheard = changed('outcomes', (answer) =>
    'outcomes' in answer
      ? { ...answer, outcomes: answer.outcomes.map((one) => ({ ...one, quantity: '7 9{}' })) }
      : answer,
  )
  expect(check({ operations: misheard })).toContain('heard')
})
