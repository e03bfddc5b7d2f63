import assert from 'node:assert/strict'
import { ConflictError, KeyReusedError, NotEnoughError } from '../index.ts'
import { opensItsOwn, type Suite } from './behaviour.ts'
import type { Context } from './context.ts'
import { leavesAllAsItWas, refusal } from './refusal.ts'

class Mishap extends Error {}

async function fails(context: Context, work: () => Promise<unknown>): Promise<void> {
  await assert.rejects(
    context.stockpile.transaction(async () => {
      await work()
      throw new Mishap()
    }),
    Mishap,
  )
}

/** What holds for the outermost level of a transaction. */
export const transactions: Suite = {
  name: 'transactions',
  behaviours: [
    {
      title: 'all writes of a transaction happen, and it answers what its callback returned',
      notIn: opensItsOwn,
      run: async (context) => {
        const answer = await context.stockpile.transaction(async () => {
          await context.tally('ann').add('wheat', 5)
          await context.tally('bob', context.otherApp).add('wheat', 3)
          return 'done'
        })
        assert.equal(answer, 'done')
        assert.equal(await context.tally('ann').get('wheat'), 5n)
        assert.equal(await context.tally('bob', context.otherApp).get('wheat'), 3n)
      },
    },
    {
      title: 'an error of the callback rolls everything back and comes out as it is',
      notIn: opensItsOwn,
      run: async (context) => {
        await context.tally().add('wheat', 5)
        await leavesAllAsItWas(context, async () => {
          await fails(context, async () => {
            await context.tally('ann').subtract('wheat', 5)
            await context.tally('bob').add('gold', 7, { key: 'k' })
            await context.stockpile.deal([context.tally('eve').plan.add('x')])
          })
        })
        assert.equal(await context.tally('bob').add('gold', 8, { key: 'k' }), 8n)
      },
    },
    {
      title: 'an empty transaction, and one that only reads, leaves no trace',
      notIn: opensItsOwn,
      run: async (context) => {
        await leavesAllAsItWas(context, async () => {
          assert.equal(await context.stockpile.transaction(async () => 5), 5)
          await context.stockpile.transaction(() => context.tally().all())
          await context.stockpile.transaction(() => refusal(NotEnoughError, () => context.tally().subtract('wheat')))
        })
      },
    },
    {
      title: 'a transaction sees its own writes, in reads, lists and history',
      notIn: opensItsOwn,
      run: async (context) => {
        const inventory = context.tally()
        await inventory.add('wheat', 1)
        await context.stockpile.transaction(async () => {
          await inventory.add('wheat', 2)
          await inventory.add('rye', 4)
          assert.equal(await inventory.get('wheat'), 3n)
          const items = await inventory.all()
          assert.deepEqual(
            [[...items], items.version],
            [
              [
                ['rye', 4n],
                ['wheat', 3n],
              ],
              3n,
            ],
          )
          assert.deepEqual([...(await inventory.get(['rye', 'oats']))], [['rye', 4n]])
          assert.deepEqual(
            (await inventory.history()).map(({ version }) => version),
            [3n, 2n, 1n],
          )
        })
      },
    },
    {
      title: 'nobody outside sees a write before the commit, and everybody does after it (I4)',
      notIn: opensItsOwn,
      run: async (context) => {
        const outside = context.another().tally(context.app, 'ann')
        await context.tally().add('wheat', 1)
        const committed = await context.dump()
        await context.stockpile.transaction(async () => {
          await context.tally().add('wheat', 1)
          await context.tally().add('rye', 1)
          assert.equal(await outside.get('wheat').catch(() => 'second database'), 'second database')
          assert.deepEqual(await context.dump(), committed)
          const seen = await context.outside(() => context.tally().all())
          assert.deepEqual([[...seen], seen.version], [[['wheat', 1n]], 1n])
          assert.equal((await context.outside(() => context.tally().history())).length, 1)
        })
        assert.equal(await outside.get('wheat'), 2n)
      },
    },
    {
      title: 'a refused write inside a transaction undoes that write alone, and the transaction lives on',
      notIn: opensItsOwn,
      run: async (context) => {
        const inventory = context.tally()
        await context.stockpile.transaction(async () => {
          await inventory.add('wheat', 2)
          await refusal(NotEnoughError, () =>
            context.stockpile.deal([inventory.plan.add('gold', 9), inventory.plan.subtract('wheat', 3)]),
          )
          assert.equal(await inventory.get('gold'), 0n)
          await inventory.subtract('wheat', 1)
        })
        assert.deepEqual([...(await inventory.all())], [['wheat', 1n]])
        assert.equal((await inventory.all()).version, 2n)
      },
    },
    {
      title: 'a refused write that nobody handles rolls the transaction back',
      notIn: opensItsOwn,
      run: async (context) => {
        await leavesAllAsItWas(context, async () => {
          await refusal(NotEnoughError, () =>
            context.stockpile.transaction(async () => {
              await context.tally().add('wheat', 2)
              await context.tally().subtract('wheat', 3)
            }),
          )
        })
      },
    },
    {
      title: 'many writes of one transaction at once all happen, in the order of their calls',
      notIn: opensItsOwn,
      run: async (context) => {
        const inventory = context.tally()
        const answers = await context.stockpile.transaction(() =>
          Promise.all([
            inventory.add('wheat', 1),
            inventory.add('wheat', 2),
            inventory.get('wheat'),
            inventory.set('wheat', 10),
            inventory.subtract('wheat', 3),
            context.tally('bob').add('wheat', 1),
          ]),
        )
        assert.deepEqual([answers[0], answers[1], answers[3], answers[4], answers[5]], [1n, 3n, 10n, 7n, 1n])
        assert.ok(answers[2] >= 0n && answers[2] <= 10n)
      },
    },
    {
      title: 'what is not awaited inside a transaction is still part of it',
      notIn: opensItsOwn,
      run: async (context) => {
        let forgotten: Promise<bigint> | undefined
        await context.stockpile.transaction(async () => {
          forgotten = context.tally().add('wheat', 2)
        })
        assert.equal(await context.tally().get('wheat'), 2n)
        assert.equal(await forgotten, 2n)
      },
    },
    {
      title: 'two transactions at once never see or undo one another',
      notIn: opensItsOwn,
      run: async (context) => {
        const work = Array.from({ length: 8 }, (_transaction, index) =>
          context.stockpile
            .transaction(async () => {
              const inventory = context.tally(`user ${index}`)
              await inventory.add('wheat', index + 1)
              for (let user = 0; user < 8; user += 1) {
                const seen = await context.tally(`user ${user}`).get('gold')
                assert.equal(seen, 0n)
              }
              await inventory.add('wheat', 1)
              assert.equal(await inventory.get('wheat'), BigInt(index + 2))
              if (index % 2 === 1) throw new Mishap()
            })
            .catch((error: unknown) => assert.ok(error instanceof Mishap, String(error))),
        )
        await Promise.all(work)
        for (let user = 0; user < 8; user += 1) {
          assert.equal(await context.tally(`user ${user}`).get('wheat'), user % 2 === 1 ? 0n : BigInt(user + 2))
        }
      },
    },
    {
      title: 'transactions that read, decide and write the same account lose nothing where they lock what they read',
      notIn: opensItsOwn,
      run: async (context) => {
        const increment = (): Promise<bigint> =>
          context.stockpile.transaction(async () => {
            const held = await context.tally().get('wheat', { lock: true })
            return context.tally().set('wheat', held + 1n)
          })
        await Promise.all(Array.from({ length: 12 }, increment))
        assert.equal(await context.tally().get('wheat'), 12n)
      },
    },
    {
      title: 'a locked read of an account that does not exist locks it too, and leaves the books in order',
      notIn: opensItsOwn,
      run: async (context) => {
        await context.stockpile.transaction(async () => {
          assert.equal(await context.tally('new').get('wheat', { lock: true }), 0n)
          assert.equal((await context.tally('new').all({ lock: true })).version, 0n)
          assert.equal((await context.tally('newer').get(['wheat'], { lock: true })).size, 0)
          await context.tally('new').add('wheat', 1, { ifVersion: 0n })
        })
        assert.equal((await context.tally('new').all()).version, 1n)
        assert.equal((await context.tally('newer').all()).version, 0n)
        assert.equal(await context.tally('newer').add('wheat', 1, { ifVersion: 0n }), 1n)
      },
    },
    {
      title: 'a key works inside a transaction as outside, and goes with its rollback',
      notIn: opensItsOwn,
      run: async (context) => {
        const inventory = context.tally()
        await fails(context, () => inventory.add('wheat', 5, { key: 'k' }))
        await context.stockpile.transaction(async () => {
          assert.equal(await inventory.add('wheat', 6, { key: 'k' }), 6n)
          assert.equal(await inventory.add('wheat', 6, { key: 'k' }), 6n)
          await refusal(KeyReusedError, () => inventory.add('wheat', 7, { key: 'k' }))
        })
        assert.equal(await inventory.add('wheat', 6, { key: 'k' }), 6n)
        assert.equal(await inventory.get('wheat'), 6n)
      },
    },
    {
      title: 'a conflict runs the whole callback again, up to retries times, and writes nothing twice',
      notIn: opensItsOwn,
      run: async (context) => {
        let tries = 0
        await context.stockpile.transaction(async () => {
          tries += 1
          await context.tally().add('wheat')
          if (tries < 4) throw new ConflictError('somebody was first')
        })
        assert.deepEqual([tries, await context.tally().get('wheat')], [4, 1n])
        tries = 0
        await refusal(ConflictError, () =>
          context.stockpile.transaction(
            async () => {
              tries += 1
              await context.tally().add('wheat')
              throw new ConflictError('somebody was first')
            },
            { retries: 2 },
          ),
        )
        assert.deepEqual([tries, await context.tally().get('wheat')], [3, 1n])
      },
    },
    {
      title: 'two transactions that lock two accounts crosswise both happen',
      notIn: opensItsOwn,
      needs: 'canRowLock',
      run: async (context) => {
        let arrived = 0
        const { promise: bothThere, resolve: go } = Promise.withResolvers<undefined>()
        let tries = 0
        const trade = (from: string, to: string): Promise<void> =>
          context.stockpile.transaction(
            async () => {
              tries += 1
              await context.tally(from).add('wheat')
              arrived += 1
              if (arrived === 2) go(undefined)
              await bothThere
              await context.tally(to).add('wheat')
            },
            { retries: 10 },
          )
        await Promise.all([trade('ann', 'bob'), trade('bob', 'ann')])
        assert.deepEqual([await context.tally('ann').get('wheat'), await context.tally('bob').get('wheat')], [2n, 2n])
        assert.ok(tries > 2, 'one of them was a victim and ran again')
      },
    },
    {
      title: 'the same code inside and outside of a transaction answers the same',
      notIn: opensItsOwn,
      run: async (context) => {
        const work = async (user: string): Promise<unknown[]> => {
          const inventory = context.tally(user)
          return [
            await inventory.add('wheat', 5),
            await inventory.subtract('wheat', 2),
            await inventory.set('rye', 3),
            [...(await inventory.all())],
            (await refusal(NotEnoughError, () => inventory.subtract('rye', 4))).held,
            (await inventory.history()).map(({ item, change, balance, version, line }) => [
              item,
              change,
              balance,
              version,
              line,
            ]),
          ]
        }
        assert.deepEqual(await context.stockpile.transaction(() => work('ann')), await work('bob'))
      },
    },
  ],
}
