import assert from 'node:assert/strict'
import { tracingChannel } from 'node:diagnostics_channel'
import { type BatchTrace, DatabaseError, QueueFullError, type Stockpile, StockpileError } from '../index.ts'
import { opensItsOwn, type Suite } from './behaviour.ts'
import type { Context } from './context.ts'

const own = {
  transaction: 'batches of a transaction are its own affair',
  crowd: 'it works on a Stockpile of its own',
} as const

/** What is told about the batches that some work makes. */
async function batchesOf(work: () => Promise<unknown>): Promise<BatchTrace[]> {
  const seen: BatchTrace[] = []
  const listen = (facts: unknown): void => {
    seen.push(facts as BatchTrace)
  }
  const { asyncEnd } = tracingChannel('stockpile:batch')
  asyncEnd.subscribe(listen)
  try {
    await work()
  } finally {
    asyncEnd.unsubscribe(listen)
  }
  return seen
}

function adds(stockpile: Stockpile, context: Context, count: number): Promise<bigint>[] {
  return Array.from({ length: count }, (_add, index) => stockpile.tally(context.app, `user ${index}`).add('wheat'))
}

/** A deal that the database itself will refuse: the version can't count further. */
async function poison(context: Context, user: string): Promise<void> {
  await context.tally(user).add('wheat')
  await context.database.sql(
    `UPDATE farm_stockpile_account SET version = 9223372036854775807 WHERE user_id = '${user}'`,
  )
}

/** How deals that come together share a database transaction, and don't share their fate. */
export const batches: Suite = {
  name: 'batches',
  behaviours: [
    {
      title: 'deals of the same moment share one batch, and those that come meanwhile make the next',
      notIn: own,
      run: async (context) => {
        const seen = await batchesOf(async () => {
          const first = adds(context.stockpile, context, 30)
          await Promise.race(first)
          await Promise.all([...first, ...adds(context.stockpile, context, 30)])
        })
        assert.deepEqual(
          seen.map(({ deals }) => deals),
          [30, 30],
        )
      },
    },
    {
      title: 'many deals at once are settled in two batches, and in one after the other with inFlightMax 1',
      notIn: own,
      run: async (context) => {
        const sizes = async (inFlightMax: number): Promise<number[]> => {
          const stockpile = context.another({ batch: { inFlightMax } })
          const seen = await batchesOf(() => Promise.all(adds(stockpile, context, 600)))
          return seen.map(({ deals }) => deals).sort((left, right) => left - right)
        }
        assert.deepEqual(await sizes(2), [300, 300])
        assert.deepEqual(await sizes(1), [88, 512])
        assert.equal(await context.tally('user 599').get('wheat'), 2n)
        const report = await context.stockpile.verify(context.app)
        assert.deepEqual([report.accounts, report.breaks], [600, []])
      },
    },
    {
      title: 'two batches at once do every deal of an account in its order',
      notIn: own,
      run: async (context) => {
        const users = Array.from({ length: 40 }, (_user, index) => context.tally(`user ${index}`))
        const amounts = Array.from({ length: 1_200 }, (_deal, index) => index + 1)
        const answers = await Promise.all(amounts.map((by) => users[(by * by) % 40]!.add('wheat', by)))
        const sums = new Map<number, bigint>()
        for (const [index, by] of amounts.entries()) {
          const user = (by * by) % 40
          sums.set(user, (sums.get(user) ?? 0n) + BigInt(by))
          assert.equal(answers[index], sums.get(user), `deal ${by} of user ${user}`)
        }
      },
    },
    {
      title: 'a batch holds no more deals than dealsMax',
      notIn: own,
      run: async (context) => {
        const stockpile = context.another({ batch: { dealsMax: 7 } })
        const seen = await batchesOf(() => Promise.all(adds(stockpile, context, 30)))
        assert.deepEqual(
          seen.map(({ deals }) => deals),
          [7, 7, 7, 7, 2],
        )
      },
    },
    {
      title: 'a batch holds no more bytes than bytesMax, and one deal at least',
      notIn: own,
      run: async (context) => {
        const stockpile = context.another({ batch: { bytesMax: 1 } })
        const seen = await batchesOf(() => Promise.all(adds(stockpile, context, 5)))
        assert.deepEqual(
          seen.map(({ deals }) => deals),
          [1, 1, 1, 1, 1],
        )
      },
    },
    {
      title: 'a poisonous deal gets its error alone, and its neighbours happen',
      notIn: own,
      isTampering: true,
      run: async (context) => {
        await poison(context, 'user 11')
        const before = await context.dump()
        const outcomes = await Promise.allSettled(adds(context.stockpile, context, 30))
        for (const [index, outcome] of outcomes.entries()) {
          if (index === 11) assert.ok(outcome.status === 'rejected' && outcome.reason instanceof DatabaseError)
          else assert.ok(outcome.status === 'fulfilled' && outcome.value === 1n, `user ${index}`)
        }
        const after = (await context.dump()).filter((line) => line.includes('user 11'))
        assert.deepEqual(
          after,
          before.filter((line) => line.includes('user 11')),
        )
      },
    },
    {
      title: 'several poisonous deals each get their error alone, and the order of the others is kept',
      notIn: own,
      isTampering: true,
      run: async (context) => {
        for (const user of ['user 0', 'user 3', 'user 15']) await poison(context, user)
        const inventory = context.tally('ann')
        const work = Array.from({ length: 16 }, async (_deal, index) => {
          const bad = context.tally(`user ${index}`).add('wheat')
          return Promise.allSettled([inventory.add('rye', index + 1), bad])
        })
        const outcomes = await Promise.all(work)
        let sum = 0n
        for (const [index, [good, bad]] of outcomes.entries()) {
          sum += BigInt(index + 1)
          assert.deepEqual(good, { status: 'fulfilled', value: sum })
          assert.equal(bad?.status, [0, 3, 15].includes(index) ? 'rejected' : 'fulfilled', `user ${index}`)
        }
      },
    },
    {
      title: 'a deal that runs into history it does not expect gets its error alone, and its neighbours happen',
      notIn: own,
      isTampering: true,
      run: async (context) => {
        await context.tally('user 5').add('wheat')
        await context.database.sql("UPDATE farm_stockpile_account SET version = 0 WHERE user_id = 'user 5'")
        const outcomes = await Promise.allSettled(adds(context.stockpile, context, 16))
        for (const [index, outcome] of outcomes.entries()) {
          if (index === 5) assert.ok(outcome.status === 'rejected' && outcome.reason instanceof StockpileError)
          else assert.ok(outcome.status === 'fulfilled' && outcome.value === 1n, `user ${index}`)
        }
      },
    },
    {
      title: 'a poisonous deal inside a transaction leaves only the rollback, and nothing is written',
      notIn: opensItsOwn,
      isTampering: true,
      run: async (context) => {
        await poison(context, 'bob')
        const before = await context.dump()
        const work = context.stockpile.transaction(async () => {
          await context.tally('ann').add('wheat')
          await assert.rejects(context.tally('bob').add('wheat'), DatabaseError)
          await assert.rejects(context.tally('ann').add('wheat'), DatabaseError)
          await assert.rejects(context.tally('ann').get('wheat'), DatabaseError)
        })
        await assert.rejects(work, DatabaseError)
        assert.deepEqual(await context.dump(), before)
      },
    },
    {
      title: 'a full queue refuses the deals that are too many, and does the others',
      notIn: own,
      run: async (context) => {
        const stockpile = context.another({ batch: { queueMax: 10 } })
        await stockpile.tally(context.app, 'ann').get('wheat')
        const outcomes = await Promise.allSettled(adds(stockpile, context, 25))
        const refused = outcomes.flatMap((outcome) =>
          outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
        )
        assert.equal(refused.length, 15)
        for (const error of refused) {
          assert.ok(error instanceof QueueFullError)
          assert.deepEqual(
            [error.data, error.isRetryable, error.code],
            [{ waiting: 10, queueMax: 10 }, true, 'QUEUE_FULL'],
          )
        }
        const again = await Promise.all(adds(stockpile, context, 10))
        assert.deepEqual(
          again,
          again.map(() => 2n),
        )
      },
    },
    {
      title: 'a full queue with whenFull wait lets callers wait, and does all deals in their order',
      notIn: own,
      run: async (context) => {
        const stockpile = context.another({ batch: { queueMax: 3, dealsMax: 2, whenFull: 'wait' } })
        const inventory = stockpile.tally(context.app, 'ann')
        const quantities = await Promise.all(Array.from({ length: 40 }, () => inventory.add('wheat')))
        assert.deepEqual(
          quantities,
          quantities.map((_quantity, index) => BigInt(index + 1)),
        )
      },
    },
    {
      title: 'deals on one account are done in the order in which they came',
      run: async (context) => {
        const order: number[] = []
        const work = Array.from({ length: 60 }, async (_deal, index) => {
          await context.tally().set('wheat', index + 1)
          order.push(index)
        })
        await Promise.all(work)
        assert.deepEqual(
          order,
          order.toSorted((left, right) => left - right),
        )
        const balances = (await context.tally().history()).map(({ balance }) => balance)
        assert.deepEqual(
          balances,
          Array.from({ length: 60 }, (_balance, index) => BigInt(60 - index)),
        )
      },
    },
  ],
}
