import assert from 'node:assert/strict'
import { opensItsOwn, type Suite } from './behaviour.ts'
import type { Context } from './context.ts'
import type { ForeignTransaction } from './database.ts'

const foreign = { transaction: opensItsOwn.transaction } as const

/** Lets somebody else hold an account while some work is done. */
async function whileHeld(
  context: Context,
  user: string,
  work: (held: ForeignTransaction) => Promise<void>,
): Promise<void> {
  const held = await context.database.begin()
  try {
    await held.sql(`UPDATE farm_stockpile_account SET changed_at = changed_at WHERE user_id = '${user}'`)
    await work(held)
  } finally {
    await held.end()
  }
}

/** Who waits for whom, and the probe of what a backend states about it. */
export const locks: Suite = {
  name: 'locks',
  behaviours: [
    {
      title: 'what the backend states about row locks is true',
      notIn: opensItsOwn,
      run: async (context) => {
        await context.stockpile.deal([context.tally('ann').plan.add('wheat'), context.tally('bob').plan.add('wheat')])
        const order: string[] = []
        await context.stockpile.transaction(async () => {
          await context.tally('ann').add('wheat')
          const other = context.outside(() => context.tally('bob').add('wheat'))
          const waiting = other.then(() => order.push('other'))
          if (context.backend.can.canRowLock) await waiting
          // A read goes to the database and back: time enough for a deal that nobody holds up.
          else for (let read = 0; read < 5; read += 1) await context.tally('ann').get('wheat')
          order.push('transaction')
          void waiting
        })
        await context.tally('bob').add('wheat')
        assert.deepEqual(
          order.length === 1 ? [...order, 'other'] : order,
          context.backend.can.canRowLock ? ['other', 'transaction'] : ['transaction', 'other'],
        )
        assert.equal(context.backend.can.canRowLock, !context.database.storage().isSingleWriter)
      },
    },
    {
      title: 'an account that somebody else holds keeps only its own deals waiting, in their order',
      notIn: foreign,
      needs: 'canRowLock',
      run: async (context) => {
        const users = ['ann', 'bob', 'eve']
        await context.stockpile.deal(users.map((user) => context.tally(user).plan.add('wheat')))
        const held: bigint[] = []
        const holdups: Promise<unknown>[] = []
        await whileHeld(context, 'ann', async () => {
          for (let time = 0; time < 5; time += 1) {
            holdups.push(
              context
                .tally('ann')
                .add('wheat')
                .then((quantity) => held.push(quantity)),
            )
            assert.equal(await context.tally('bob').add('wheat'), BigInt(time + 2))
            assert.equal(await context.tally('eve').add('wheat'), BigInt(time + 2))
          }
          assert.deepEqual(held, [])
        })
        await Promise.all(holdups)
        assert.deepEqual(held, [2n, 3n, 4n, 5n, 6n])
      },
    },
    {
      title: 'a deal over a held account and a free one waits whole, and nobody overtakes it on either',
      notIn: foreign,
      needs: 'canRowLock',
      run: async (context) => {
        await context.stockpile.deal(['ann', 'bob', 'eve'].map((user) => context.tally(user).plan.add('wheat')))
        const done: string[] = []
        const note = (name: string, work: Promise<unknown>): Promise<unknown> => work.then(() => done.push(name))
        let holdups: Promise<unknown>[] = []
        await whileHeld(context, 'ann', async () => {
          const both = [context.tally('ann').plan.add('wheat'), context.tally('bob').plan.set('wheat', 10)]
          holdups = [
            note('both', context.stockpile.deal(both)),
            note('bob later', context.tally('bob').add('wheat')),
            note('ann later', context.tally('ann').add('wheat')),
          ]
          await note('eve', context.tally('eve').add('wheat'))
          await note('eve', context.tally('eve').add('wheat'))
          assert.deepEqual(done, ['eve', 'eve'])
        })
        await Promise.all(holdups)
        // Who came first is told by the history, newest first: what set to 10 came before what added to it.
        const changes = (await context.tally('bob').history()).map(({ change }) => change)
        assert.deepEqual(changes, [1n, 9n, 1n])
        assert.deepEqual([await context.tally('ann').get('wheat'), await context.tally('bob').get('wheat')], [3n, 11n])
      },
    },
    {
      title: 'more accounts can be held than there are detours, and each is answered when it is let go',
      notIn: foreign,
      needs: 'canRowLock',
      run: async (context) => {
        const users = Array.from({ length: 9 }, (_user, index) => `user ${index}`)
        await context.stockpile.deal(users.map((user) => context.tally(user).plan.add('wheat')))
        const holdups: Promise<bigint>[] = []
        await whileHeld(context, 'user 0', async (held) => {
          for (const user of users) {
            await held.sql(`UPDATE farm_stockpile_account SET changed_at = changed_at WHERE user_id = '${user}'`)
          }
          holdups.push(...users.map((user) => context.tally(user).add('wheat')))
          assert.equal(await context.tally('free').add('wheat'), 1n)
          assert.equal(await context.tally('free').add('wheat'), 2n)
        })
        assert.deepEqual(
          await Promise.all(holdups),
          users.map(() => 2n),
        )
      },
    },
    {
      title: 'a held account can be read meanwhile',
      notIn: foreign,
      run: async (context) => {
        await context.tally('ann').add('wheat', 5)
        await whileHeld(context, 'ann', async () => {
          assert.equal(await context.tally('ann').get('wheat'), 5n)
          assert.equal((await context.tally('ann').all()).version, 1n)
          assert.equal((await context.tally('ann').history()).length, 1)
        })
      },
    },
    {
      title: 'a deal waits for somebody else who writes, and is answered then',
      notIn: foreign,
      run: async (context) => {
        await context.tally('ann').add('wheat', 5)
        let waiting: Promise<bigint> | undefined
        await whileHeld(context, 'ann', async () => {
          waiting = context.tally('ann').add('wheat', 1)
          await context.tally('ann').get('wheat')
        })
        assert.equal(await waiting, 6n)
      },
    },
    {
      title: 'a locked read keeps others from writing the account until the transaction ends',
      notIn: opensItsOwn,
      run: async (context) => {
        await context.tally('ann').add('wheat', 5)
        let outside: Promise<void> | undefined
        await context.stockpile.transaction(async () => {
          assert.equal(await context.tally('ann').get('wheat', { lock: true }), 5n)
          // Expected from the start: it can be refused before the transaction says that it has ended.
          outside = context.outside(() =>
            assert.rejects(context.tally('ann').subtract('wheat', 5), { code: 'NOT_ENOUGH', held: 4n }),
          )
          for (let read = 0; read < 5; read += 1) assert.equal(await context.tally('ann').get('wheat'), 5n)
          assert.equal(await context.tally('ann').subtract('wheat', 1), 4n)
        })
        assert.ok(outside !== undefined)
        await outside
      },
    },
    {
      title: 'a deal inside a transaction waits for an account that another transaction holds',
      notIn: opensItsOwn,
      run: async (context) => {
        await context.tally('ann').add('wheat', 5)
        const order: string[] = []
        let second: Promise<unknown> | undefined
        await context.stockpile.transaction(async () => {
          await context.tally('ann').add('wheat', 1)
          second = context.outside(() =>
            context.stockpile.transaction(async () => {
              assert.equal(await context.tally('ann').add('wheat', 1), 7n)
              order.push('second')
            }),
          )
          for (let read = 0; read < 5; read += 1) await context.tally('ann').get('wheat')
          order.push('first')
        })
        await second
        assert.deepEqual(order, ['first', 'second'])
      },
    },
  ],
}
