import assert from 'node:assert/strict'
import type { Storage, Stockpile } from '../index.ts'
import type { Suite } from './behaviour.ts'
import { byOthers } from './by-hand.ts'
import type { Context } from './context.ts'

type WholeAnswer = Awaited<ReturnType<Storage['fetchWhole']>>[number]

/** Does something with a storage of its own. */
export async function withStorage<T>(context: Context, work: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = context.database.storage()
  try {
    return await work(storage)
  } finally {
    await storage.close()
  }
}

/** Opens a Stockpile together with its storage. */
function openBoth(context: Context): { storage: Storage; stockpile: Stockpile } {
  const storage = context.database.storage()
  return { storage, stockpile: context.another({ storage }) }
}

async function fetchUsers(storage: Storage, app: string, ...users: readonly string[]): Promise<WholeAnswer[]> {
  return storage.fetchWhole(users.map((user) => ({ app, user })))
}

/** How accounts are read that may be kept in a cache. */
export const wholeAccounts: Suite = {
  name: 'whole accounts',
  behaviours: [
    {
      title:
        'accounts of several apps are answered whole, in the order in which they were asked for, with whether they may be kept',
      notIn: byOthers,
      run: async (context) => {
        const { app, otherApp } = context
        await context.tally('bob').add('wheat', 5)
        await context.hybrid('ann').add(
          'cow',
          context.hybrid('ann').quantity([
            [7n, { name: 'Elsa' }],
            [9n, {}],
          ]),
        )
        await context.hybrid('ann').add('cow', 3)
        await context.tally('ann', otherApp).add('flour', 2)
        await withStorage(context, async (storage) => {
          const asked = [
            { app, user: 'nobody' },
            { app: otherApp, user: 'ann' },
            { app, user: 'bob' },
            { app, user: 'ann' },
          ]
          const [none, flour, wheat, cows] = await storage.fetchWhole(asked)
          assert.deepEqual(none, {
            version: 0n,
            holdings: [],
            serials: [],
            isUnlocked: false,
            generation: 1n,
            isGenerationUnlocked: true,
          })
          for (const each of [flour, wheat, cows]) {
            assert.deepEqual([each?.isUnlocked, each?.generation, each?.isGenerationUnlocked], [true, 1n, true])
          }
          const row = { user: 'ann', position: null, serials: 0 }
          assert.deepEqual(
            [flour?.version, flour?.holdings, flour?.serials],
            [1n, [{ ...row, app: otherApp, item: 'flour', quantity: 2n }], []],
          )
          assert.deepEqual([wheat?.version, wheat?.holdings.map(({ quantity }) => quantity)], [1n, [5n]])
          assert.equal(cows?.version, 2n)
          assert.deepEqual(cows?.holdings, [{ ...row, app, item: 'cow', quantity: 3n, serials: 2 }])
          const serials = cows?.serials.toSorted((left, right) => Number(left.serial - right.serial))
          assert.deepEqual(serials, [
            { app, user: 'ann', item: 'cow', serial: 7n, properties: '{"name":"Elsa"}' },
            { app, user: 'ann', item: 'cow', serial: 9n, properties: '{}' },
          ])
        })
      },
    },
    {
      title: 'no account is no question, and a thousand accounts are one',
      notIn: byOthers,
      run: async (context) => {
        const users = Array.from({ length: 1_000 }, (_user, index) => `user ${index}`)
        await context.stockpile.deal(users.map((user, index) => context.tally(user).plan.add('wheat', index + 1)))
        await withStorage(context, async (storage) => {
          assert.deepEqual(await storage.fetchWhole([]), [])
          const answers = await fetchUsers(storage, context.app, ...users)
          for (const [index, { version, isUnlocked, holdings }] of answers.entries()) {
            assert.deepEqual([version, isUnlocked, holdings[0]?.quantity], [1n, true, BigInt(index + 1)])
          }
        })
      },
    },
    {
      title: 'an account that somebody else has locked is answered at once, as it was, and may not be kept',
      notIn: byOthers,
      run: async (context) => {
        await context.stockpile.deal(['ann', 'bob'].map((user) => context.tally(user).plan.add('wheat', 5)))
        await withStorage(context, async (storage) => {
          const foreign = await context.database.begin()
          try {
            await foreign.sql("UPDATE farm_stockpile_account SET version = 9 WHERE user_id = 'ann'")
            const [ann, bob] = await fetchUsers(storage, context.app, 'ann', 'bob')
            assert.deepEqual([ann?.version, ann?.holdings[0]?.quantity, ann?.isUnlocked], [1n, 5n, false])
            // Where the whole database is locked, this account is too.
            assert.deepEqual([bob?.version, bob?.isUnlocked], [1n, context.backend.can.canRowLock])
          } finally {
            await foreign.end()
          }
          for (const each of await fetchUsers(storage, context.app, 'ann', 'bob')) {
            assert.deepEqual([each.version, each.isUnlocked], [1n, true])
          }
        })
      },
    },
    {
      title: 'an account whose holding somebody changes by hand may not be kept',
      notIn: byOthers,
      run: async (context) => {
        await context.tally('ann').add('wheat', 5)
        await withStorage(context, async (storage) => {
          const foreign = await context.database.begin()
          try {
            await foreign.sql("UPDATE farm_stockpile_holding SET quantity = 6 WHERE user_id = 'ann'")
            const [ann] = await fetchUsers(storage, context.app, 'ann')
            assert.deepEqual([ann?.version, ann?.holdings[0]?.quantity, ann?.isUnlocked], [1n, 5n, false])
          } finally {
            await foreign.end()
          }
        })
      },
    },
    {
      title: 'an account that a transaction of the same storage has written may not be kept until it ends',
      notIn: byOthers,
      run: async (context) => {
        const { storage, stockpile } = openBoth(context)
        await stockpile.tally(context.app, 'ann').add('wheat', 5)
        await stockpile.transaction(async () => {
          await stockpile.tally(context.app, 'ann').add('wheat', 1)
          const [ann] = await fetchUsers(storage, context.app, 'ann')
          assert.deepEqual([ann?.version, ann?.holdings[0]?.quantity, ann?.isUnlocked], [1n, 5n, false])
        })
        const [ann] = await fetchUsers(storage, context.app, 'ann')
        assert.deepEqual([ann?.version, ann?.holdings[0]?.quantity, ann?.isUnlocked], [2n, 6n, true])
      },
    },
    {
      title: 'accounts that nobody writes may be kept while the same storage writes others all the time',
      notIn: byOthers,
      run: async (context) => {
        const { storage, stockpile } = openBoth(context)
        const users = Array.from({ length: 10 }, (_user, index) => `user ${index}`)
        await stockpile.deal(users.map((user) => stockpile.tally(context.app, user).plan.add('wheat')))
        let isOver = false
        const work = users.slice(1).map(async (user) => {
          while (!isOver) await stockpile.tally(context.app, user).add('wheat')
        })
        let kept = 0
        try {
          for (let time = 0; time < 40; time += 1) {
            const [answer] = await fetchUsers(storage, context.app, 'user 0')
            assert.equal(answer?.version, 1n)
            if (answer.isUnlocked && answer.isGenerationUnlocked) kept += 1
          }
        } finally {
          isOver = true
          await Promise.all(work)
        }
        assert.ok(kept >= 30, `${kept} of 40 reads may be kept`)
      },
    },
    {
      title: 'a reader never sees what is not committed, and never takes an old state for one to be kept',
      notIn: byOthers,
      run: async (context) => {
        const { storage, stockpile } = openBoth(context)
        const ann = stockpile.tally(context.app, 'ann')
        await ann.add('wheat')
        let acknowledged = 1n
        let isOver = false
        const work = (async () => {
          for (let time = 0; time < 60; time += 1) acknowledged = await ann.add('wheat')
          isOver = true
        })()
        try {
          while (!isOver) {
            const floor = acknowledged
            const [answer] = await fetchUsers(storage, context.app, 'ann')
            assert.ok(answer !== undefined && answer.version >= floor, 'what was acknowledged is seen')
            assert.equal(answer.holdings[0]?.quantity, answer.version)
          }
        } finally {
          await work
        }
      },
    },
  ],
}
