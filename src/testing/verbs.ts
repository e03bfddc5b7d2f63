import assert from 'node:assert/strict'
import { NotEnoughError, QuantityOverflowError } from '../index.ts'
import type { Suite } from './behaviour.ts'
import { leavesAllAsItWas, refusal } from './refusal.ts'

const quantityMax = 2n ** 63n - 1n

/** What add, subtract and set do to one item. */
export const verbs: Suite = {
  name: 'verbs',
  behaviours: [
    {
      title: 'add answers the new quantity, and adds one unless told how many',
      run: async (context) => {
        const inventory = context.tally()
        assert.equal(await inventory.add('wheat', 5), 5n)
        assert.equal(await inventory.add('wheat', 2n), 7n)
        assert.equal(await inventory.add('wheat'), 8n)
        assert.equal(await inventory.add('wheat', undefined), 9n)
        assert.equal(await inventory.get('wheat'), 9n)
      },
    },
    {
      title: 'subtract answers what is left, and takes one unless told how many',
      run: async (context) => {
        const inventory = context.tally()
        await inventory.add('wheat', 10)
        assert.equal(await inventory.subtract('wheat', 5n), 5n)
        assert.equal(await inventory.subtract('wheat'), 4n)
        assert.equal(await inventory.subtract('wheat', 4), 0n)
      },
    },
    {
      title: 'subtract takes the last one once and refuses to go below zero, and writes nothing then',
      run: async (context) => {
        const inventory = context.tally()
        await inventory.add('wheat', 2)
        await leavesAllAsItWas(context, async () => {
          const error = await refusal(NotEnoughError, () => inventory.subtract('wheat', 3))
          assert.deepEqual(error.data, { app: context.app, user: 'ann', item: 'wheat', held: 2n, wanted: 3n })
          assert.deepEqual([error.held, error.wanted, error.item], [2n, 3n, 'wheat'])
          assert.equal(error.code, 'NOT_ENOUGH')
          assert.equal(error.isRetryable, false)
          assert.equal(error.message, `user ann of ${context.app} holds 2 of item wheat: 3 cannot be taken`)
        })
        assert.equal(await inventory.subtract('wheat', 2), 0n)
        await refusal(NotEnoughError, () => inventory.subtract('wheat'))
      },
    },
    {
      title: 'subtract of a thing never owned is refused and makes no account',
      run: async (context) => {
        await leavesAllAsItWas(context, async () => {
          const error = await refusal(NotEnoughError, () => context.tally('bob').subtract('wheat', quantityMax))
          assert.equal(error.held, 0n)
          assert.equal(error.wanted, quantityMax)
        })
      },
    },
    {
      title: 'of many who take the last units at once exactly as many succeed as there are units',
      run: async (context) => {
        await context.tally().add('ticket', 7)
        const tries = Array.from({ length: 40 }, () => context.tally().subtract('ticket'))
        const outcomes = await Promise.allSettled(tries)
        const left = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
        assert.deepEqual(left, [6n, 5n, 4n, 3n, 2n, 1n, 0n])
        assert.equal(await context.tally().get('ticket'), 0n)
      },
    },
    {
      title: 'of many who add at once none is lost, and each gets a quantity of its own',
      run: async (context) => {
        const adds = await Promise.all(Array.from({ length: 60 }, () => context.tally().add('wheat', 3)))
        assert.deepEqual(
          adds,
          adds.map((_quantity, index) => BigInt(index + 1) * 3n),
        )
      },
    },
    {
      title: 'set makes the quantity what was asked for, from anything to anything',
      run: async (context) => {
        const inventory = context.tally()
        for (const quantity of [5n, 3n, 0n, 0n, quantityMax, quantityMax, 1n]) {
          assert.equal(await inventory.set('wheat', quantity), quantity)
          assert.equal(await inventory.get('wheat'), quantity)
        }
        assert.equal(await inventory.set('wheat', -0), 0n)
      },
    },
    {
      title: 'set to what is there changes nothing: no version, no history',
      run: async (context) => {
        const inventory = context.tally()
        await inventory.set('wheat', 5)
        await leavesAllAsItWas(context, async () => {
          assert.equal(await inventory.set('wheat', 5), 5n)
          assert.equal(await context.tally('bob').set('wheat', 0), 0n)
        })
      },
    },
    {
      title: 'adding beyond 2^63 - 1 is refused and writes nothing',
      run: async (context) => {
        const inventory = context.tally()
        await inventory.set('sand', quantityMax - 1n)
        await leavesAllAsItWas(context, async () => {
          const error = await refusal(QuantityOverflowError, () => inventory.add('sand', 2))
          assert.deepEqual(error.data, {
            app: context.app,
            user: 'ann',
            item: 'sand',
            held: quantityMax - 1n,
            added: 2n,
          })
          assert.equal(error.code, 'QUANTITY_OVERFLOW')
          assert.match(error.message, /holds 9223372036854775806 of item sand: adding 2 would exceed 2\^63 - 1/)
          await refusal(QuantityOverflowError, () => inventory.add('sand', quantityMax))
        })
        assert.equal(await inventory.add('sand'), quantityMax)
        await leavesAllAsItWas(context, () => refusal(QuantityOverflowError, () => inventory.add('sand')))
      },
    },
    {
      title: 'a holding that is emptied goes, and comes back when something is added',
      run: async (context) => {
        const inventory = context.tally()
        await inventory.add('wheat', 2)
        await inventory.subtract('wheat', 2)
        assert.equal((await inventory.all()).size, 0)
        assert.equal(await inventory.add('wheat', 1), 1n)
        assert.deepEqual([...(await inventory.all())], [['wheat', 1n]])
      },
    },
    {
      title: 'apps and users and items do not touch one another',
      run: async (context) => {
        await context.tally('ann').add('wheat', 1)
        await context.tally('bob').add('wheat', 2)
        await context.tally('ann', context.otherApp).add('wheat', 4)
        await context.tally('ann').add('flour', 8)
        assert.deepEqual(
          [...(await context.tally('ann').all())],
          [
            ['flour', 8n],
            ['wheat', 1n],
          ],
        )
        assert.deepEqual([...(await context.tally('bob').all())], [['wheat', 2n]])
        assert.deepEqual([...(await context.tally('ann', context.otherApp).all())], [['wheat', 4n]])
      },
    },
    {
      title: 'two inventories of one user are one account',
      run: async (context) => {
        const [one, two] = [context.tally(), context.tally()]
        await one.add('wheat', 1)
        assert.equal(await two.add('wheat', 1), 2n)
        assert.equal(await one.get('wheat'), 2n)
      },
    },
    {
      title: 'quantity makes a quantity of what goes in, and the empty one of nothing',
      run: async (context) => {
        const inventory = context.tally()
        assert.deepEqual([inventory.quantity(), inventory.quantity(5), inventory.quantity(5n)], [0n, 5n, 5n])
        assert.equal(inventory.kind, 'tally')
        assert.equal(inventory.app, context.app)
      },
    },
  ],
}
