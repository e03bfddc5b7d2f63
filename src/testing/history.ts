import assert from 'node:assert/strict'
import { type Entry, NotEnoughError } from '../index.ts'
import type { Suite } from './behaviour.ts'
import { refusal } from './refusal.ts'

/** What history remembers (I8). */
export const history: Suite = {
  name: 'history',
  behaviours: [
    {
      title: 'every change is an entry with its balance, version, line, deal, data and time, newest first',
      run: async (context) => {
        const { stockpile, clock } = context
        const { plan } = context.tally()
        const time = clock.now
        const [first] = await stockpile.deal([plan.add('wheat', 5), plan.add('flour', 2)], {
          data: { reason: 'harvest' },
        })
        clock.now += 1000
        const [second] = await stockpile.deal([plan.subtract('wheat', 3)])
        assert.deepEqual(await context.tally().history(), [
          entry({ item: 'wheat', change: -3n, balance: 2n, version: 2n, deal: second?.deal, time: time + 1000 }),
          entry({
            item: 'flour',
            change: 2n,
            balance: 2n,
            line: 2,
            deal: first?.deal,
            time,
            data: { reason: 'harvest' },
          }),
          entry({ item: 'wheat', change: 5n, balance: 5n, deal: first?.deal, time, data: { reason: 'harvest' } }),
        ])
      },
    },
    {
      title: 'a refused write leaves no entry',
      run: async (context) => {
        await context.tally().add('wheat', 1)
        await refusal(NotEnoughError, () => context.tally().subtract('wheat', 2, { data: { reason: 'greed' } }))
        assert.equal((await context.tally().history()).length, 1)
      },
    },
    {
      title: 'the history of an account adds up to its holdings, and its versions have no gap',
      run: async (context) => {
        const inventory = context.tally()
        const work = Array.from({ length: 50 }, async (_deal, index) => {
          if (index % 5 === 0) await inventory.set(index % 3 === 0 ? 'a' : 'b', index)
          else if (index % 5 === 1)
            await inventory.subtract('a', 3).catch((error: unknown) => assert.ok(error instanceof NotEnoughError))
          else await inventory.add('b', index)
        })
        await Promise.all(work)
        const entries = (await inventory.history({ limit: 1_000 })).toReversed()
        const items = await inventory.all()
        const sums = new Map<string, bigint>()
        for (const [index, { item, change, balance, version }] of entries.entries()) {
          assert.equal(version, BigInt(index + 1))
          sums.set(item, (sums.get(item) ?? 0n) + change)
          assert.equal(balance, sums.get(item))
        }
        assert.equal(items.version, BigInt(entries.length))
        for (const item of ['a', 'b']) assert.equal(items.get(item) ?? 0n, sums.get(item) ?? 0n)
      },
    },
    {
      title: 'pages by before follow one another without repetition or gap, in the middle of a deal too',
      run: async (context) => {
        const inventory = context.tally()
        for (let deal = 0; deal < 4; deal += 1) {
          await context.stockpile.deal(['a', 'b', 'c'].map((item) => inventory.plan.add(item)))
        }
        const whole = await inventory.history()
        assert.equal(whole.length, 12)
        for (const limit of [1, 2, 5, 12, 13]) {
          const pages: Entry[] = []
          for (let before: Entry | undefined; ; before = pages.at(-1)) {
            const page = await inventory.history(before === undefined ? { limit } : { limit, before })
            pages.push(...page)
            if (page.length < limit) break
          }
          assert.deepEqual(pages, whole, `pages of ${limit}`)
        }
        assert.deepEqual(await inventory.history({ before: { version: 1n, line: 1 } }), [])
        assert.deepEqual(await inventory.history({ before: { version: 2n, line: 1 } }), whole.slice(9))
        assert.deepEqual(await inventory.history({ before: { version: 2n ** 63n - 1n, line: 1 } }), whole)
      },
    },
    {
      title: 'a page holds 100 entries unless told otherwise, and up to 1,000',
      run: async (context) => {
        const inventory = context.tally()
        await context.stockpile.deal(Array.from({ length: 1_001 }, (_item, index) => inventory.plan.add(index + 1)))
        assert.equal((await inventory.history()).length, 100)
        assert.equal((await inventory.history({ limit: 1_000 })).length, 1_000)
        assert.equal((await inventory.history({ limit: 1 }))[0]?.line, 1_001)
      },
    },
    {
      title: 'filters by item, deal and time leave out the rest, alone and together',
      run: async (context) => {
        const { clock } = context
        const inventory = context.tally()
        const start = clock.now
        const deals: string[] = []
        for (let index = 0; index < 4; index += 1) {
          clock.now = start + index * 1000
          const [outcome] = await context.stockpile.deal([inventory.plan.add('a'), inventory.plan.add('b')])
          deals.push(outcome?.deal ?? '')
        }
        const count = async (filter: Parameters<typeof inventory.history>[0]): Promise<number> =>
          (await inventory.history(filter)).length
        assert.equal(await count({ item: 'a' }), 4)
        assert.equal(await count({ item: 'c' }), 0)
        assert.equal(await count({ deal: deals[1] ?? '' }), 2)
        assert.equal(await count({ deal: '00000000-0000-7000-8000-000000000000' }), 0)
        assert.equal(await count({ since: start + 1000 }), 6)
        assert.equal(await count({ until: start + 1000 }), 2)
        assert.equal(await count({ since: new Date(start + 1000), until: new Date(start + 3000) }), 4)
        assert.equal(await count({ since: start + 1000, until: start + 1000 }), 0)
        assert.equal(await count({ since: start + 0.5, until: start + 1000.5 }), 2)
        assert.equal(await count({ since: -1e15, until: 1e15 }), 8)
        assert.equal(await count({ item: 'a', deal: deals[1] ?? '', since: start, until: start + 5000 }), 1)
        assert.equal(await count({ item: 'b', before: { version: 3n, line: 1 }, limit: 5 }), 2)
      },
    },
    {
      title: 'the history of one account tells nothing of another',
      run: async (context) => {
        await context.stockpile.deal([context.tally('ann').plan.add('a'), context.tally('bob').plan.add('b')])
        await context.tally('ann', context.otherApp).add('c')
        assert.deepEqual(
          (await context.tally('ann').history()).map(({ item }) => item),
          ['a'],
        )
        assert.deepEqual(
          (await context.tally('bob').history()).map(({ item }) => item),
          ['b'],
        )
      },
    },
    {
      title: 'time in the history never goes back when the clock does',
      run: async (context) => {
        const { clock } = context
        const inventory = context.tally()
        const start = clock.now
        for (const step of [0, 5_000, -60_000, 3_000, 9_000]) {
          clock.now = start + step
          await inventory.add('wheat')
        }
        clock.now = start - 1_000
        await context.tally('bob').add('wheat')
        assert.deepEqual(
          (await inventory.history()).map(({ time }) => time - start),
          [9_000, 5_000, 5_000, 5_000, 0],
        )
        assert.equal((await context.tally('bob').history())[0]?.time, start - 1_000)
      },
    },
    {
      title: 'a clock that tells fractions of a millisecond will do',
      notIn: { transaction: 'it works on a Stockpile of its own' },
      run: async (context) => {
        const inventory = context.another({ clock: () => 1_000.75 }).tally(context.app, 'ann')
        await inventory.add('wheat', 1, { key: 'k' })
        assert.equal((await inventory.history())[0]?.time, 1_000)
      },
    },
    {
      title: 'a deal over two accounts has the same id in both histories, and its lines begin at 1 in each',
      run: async (context) => {
        const [ann, bob] = [context.tally('ann'), context.tally('bob')]
        await context.stockpile.deal([ann.plan.add('a'), bob.plan.add('b'), ann.plan.add('c'), bob.plan.add('d')])
        const [ofAnn, ofBob] = [await ann.history(), await bob.history()]
        assert.deepEqual(
          [ofAnn, ofBob].map((entries) => entries.map(({ line }) => line)),
          [
            [2, 1],
            [2, 1],
          ],
        )
        assert.equal(new Set([...ofAnn, ...ofBob].map(({ deal }) => deal)).size, 1)
      },
    },
    {
      title: 'a replayed answer leaves no second entry',
      run: async (context) => {
        for (let time = 0; time < 3; time += 1) await context.tally().add('wheat', 1, { key: 'k' })
        assert.equal((await context.tally().history()).length, 1)
      },
    },
  ],
}

function entry(facts: Partial<Omit<Entry, 'deal'>> & { deal: string | undefined }): Record<string, unknown> {
  return { version: 1n, line: 1, serials: null, party: null, data: null, ...facts }
}
