import assert from 'node:assert/strict'
import { NotEnoughError } from '../index.ts'
import { opensItsOwn, type Suite } from './behaviour.ts'
import { refusal } from './refusal.ts'

class Mishap extends Error {}

const crowd = opensItsOwn.crowd

async function mishap(): Promise<never> {
  throw new Mishap()
}

/** What holds for a transaction inside a transaction. */
export const savepoints: Suite = {
  name: 'savepoints',
  behaviours: [
    {
      title: 'a nested transaction that fails is undone alone',
      notIn: { crowd },
      run: async (context) => {
        const { stockpile } = context
        await stockpile.transaction(async () => {
          await context.tally().add('wheat', 1)
          await assert.rejects(
            stockpile.transaction(async () => {
              await context.tally().add('wheat', 10)
              await context.tally('bob').add('rye', 10, { key: 'k' })
              assert.equal(await context.tally().get('wheat'), 11n)
              await mishap()
            }),
            Mishap,
          )
          assert.equal(await context.tally().get('wheat'), 1n)
          await context.tally().add('wheat', 100)
          // A row that is new after what was undone is Stockpile's own all the same, and no change by hand.
          await context.tally().add('oats')
        })
        assert.equal(await context.tally().get('wheat'), 101n)
        assert.equal((await context.tally().all()).version, 3n)
        assert.equal(await context.tally('bob').add('rye', 3, { key: 'k' }), 3n)
      },
    },
    {
      title: 'a nested transaction that succeeds goes when the one around it fails',
      notIn: { crowd },
      run: async (context) => {
        const { stockpile } = context
        await assert.rejects(
          stockpile.transaction(async () => {
            await stockpile.transaction(async () => {
              await stockpile.transaction(() => context.tally().add('wheat', 1))
            })
            await mishap()
          }),
          Mishap,
        )
        assert.equal((await context.tally().all()).version, 0n)
      },
    },
    {
      title: 'transactions nest five deep, and each level is undone or kept on its own',
      notIn: { crowd },
      run: async (context) => {
        const level = async (depth: number): Promise<void> => {
          await context.tally().add(`level_${depth}`)
          if (depth < 5) await context.stockpile.transaction(() => level(depth + 1)).catch(() => undefined)
          if (depth % 2 === 1) await mishap()
        }
        await context.stockpile.transaction(() => level(0))
        // Level 1 took all inside it along.
        assert.deepEqual([...(await context.tally().all()).keys()], ['level_0'])
        await context.stockpile.transaction(() => level(2))
        assert.deepEqual([...(await context.tally().all()).keys()], ['level_0', 'level_2'])
      },
    },
    {
      title: 'a nested transaction answers what its callback returned',
      notIn: { crowd },
      run: async (context) => {
        const answer = await context.stockpile.transaction(() =>
          context.stockpile.transaction(() => context.tally().add('wheat', 2)),
        )
        assert.equal(answer, 2n)
      },
    },
    {
      title: 'nested transactions begun at once are done one after the other, and fail on their own',
      notIn: { crowd },
      run: async (context) => {
        const { stockpile } = context
        await stockpile.transaction(async () => {
          const outcomes = await Promise.allSettled(
            Array.from({ length: 6 }, (_nested, index) =>
              stockpile.transaction(async () => {
                const before = await context.tally().get('wheat')
                await context.tally().add('wheat', 1)
                await context.tally(`user ${index}`).add('rye')
                assert.equal(await context.tally().get('wheat'), before + 1n)
                if (index % 2 === 1) await mishap()
              }),
            ),
          )
          for (const [index, outcome] of outcomes.entries()) {
            if (index % 2 === 0) assert.equal(outcome.status, 'fulfilled')
            else assert.ok(outcome.status === 'rejected' && outcome.reason instanceof Mishap)
          }
        })
        assert.equal(await context.tally().get('wheat'), 3n)
        for (let user = 0; user < 6; user += 1) {
          assert.equal(await context.tally(`user ${user}`).get('rye'), user % 2 === 0 ? 1n : 0n)
        }
      },
    },
    {
      title: 'writes beside a nested transaction wait for its end and are not undone with it',
      notIn: { crowd },
      run: async (context) => {
        const { stockpile } = context
        await stockpile.transaction(async () => {
          const nested = stockpile.transaction(async () => {
            await context.tally().add('wheat', 1)
            await context.tally().add('wheat', 1)
            await mishap()
          })
          const beside = context.tally().add('wheat', 10)
          await assert.rejects(nested, Mishap)
          assert.equal(await beside, 10n)
        })
        assert.equal(await context.tally().get('wheat'), 10n)
      },
    },
    {
      title: 'a refused write inside a nested transaction undoes that write alone',
      notIn: { crowd },
      run: async (context) => {
        await context.stockpile.transaction(() =>
          context.stockpile.transaction(async () => {
            await context.tally().add('wheat', 1)
            await refusal(NotEnoughError, () => context.tally().subtract('wheat', 2))
            await context.tally().add('wheat', 1)
          }),
        )
        assert.equal(await context.tally().get('wheat'), 2n)
      },
    },
    {
      title: 'a nested transaction before the first write of the outer one can fail alone',
      notIn: { crowd },
      run: async (context) => {
        await context.stockpile.transaction(async () => {
          await assert.rejects(context.stockpile.transaction(mishap), Mishap)
          await assert.rejects(
            context.stockpile.transaction(async () => {
              await context.tally().add('wheat')
              await mishap()
            }),
            Mishap,
          )
          await context.tally().add('rye')
        })
        assert.deepEqual([...(await context.tally().all()).keys()], ['rye'])
      },
    },
  ],
}
