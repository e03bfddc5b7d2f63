import assert from 'node:assert/strict'
import {
  HybridQuantity,
  InvalidArgumentError,
  KindMismatchError,
  NotEnoughError,
  Quantity,
  SerialNotFoundError,
  SerialTakenError,
} from '../index.ts'
import type { Suite } from './behaviour.ts'
import { leavesAllAsItWas, refusal, refusesArgument } from './refusal.ts'

/** What add, subtract and set do to an item that is kept serial by serial. */
export const serials: Suite = {
  name: 'serials',
  behaviours: [
    {
      title: 'add makes serials, one unless told how many, and answers all that are there',
      run: async (context) => {
        const inventory = context.serial()
        const three = await inventory.add('hen', 3)
        assert.ok(three instanceof Quantity && !(three instanceof HybridQuantity))
        assert.equal(three.value(), 3n)
        assert.deepEqual([...three.all().values()], [{}, {}, {}])
        const four = await inventory.add('hen')
        assert.deepEqual(four.serials().slice(0, 3), three.serials(), 'a new serial is the highest')
        assert.equal(four.value(), 4n)
        assert.ok((await inventory.get('hen')).equals(four))
      },
    },
    {
      title: 'add takes a quantity with its properties, and a list of serials without any',
      run: async (context) => {
        const inventory = context.serial()
        await inventory.ready()
        const quantity = inventory.quantity()
        const [young, old] = [quantity.add({ xp: 1 }), quantity.add({ xp: 22, tags: ['a', null] })]
        assert.ok(old > young)
        const answer = await inventory.add('hen', quantity)
        assert.deepEqual([answer.get(young), answer.get(old)], [{ xp: 1 }, { xp: 22, tags: ['a', null] }])
        const more = await inventory.add('hen', [4, '3', 5n])
        assert.deepEqual(more.serials(), [3n, 4n, 5n, young, old])
        assert.deepEqual(more.get(3), {})
        assert.ok((await inventory.get('hen')).equals(more))
      },
    },
    {
      title: 'adding a serial that is there replaces its properties, and the same properties change nothing',
      run: async (context) => {
        const inventory = context.serial()
        await inventory.add('hen', inventory.quantity([[7, { xp: 1 }]]))
        const answer = await inventory.add('hen', inventory.quantity([[7, { xp: 2 }]]))
        assert.deepEqual([...answer], [[7n, { xp: 2 }]])
        const [entry] = await inventory.history()
        assert.deepEqual([entry?.change, entry?.balance, entry?.serials], [0n, 1n, { in: [], out: [], set: [7n] }])
        await leavesAllAsItWas(context, () => inventory.add('hen', inventory.quantity([[7, { xp: 2 }]])))
      },
    },
    {
      title: 'a serial is in one holding of an app: adding one that another has is refused and names who has it (I3)',
      run: async (context) => {
        const [ann, bob] = [context.serial('ann'), context.serial('bob')]
        await ann.add('hen', [5, 6])
        await leavesAllAsItWas(context, async () => {
          const error = await refusal(SerialTakenError, () => bob.add('hen', [4, 6]))
          assert.deepEqual([error.serial, error.holder], [6n, { user: 'ann', item: 'hen' }])
          await refusal(SerialTakenError, () => ann.add('egg', [5]))
          await refusal(SerialTakenError, () => bob.set('hen', [5]))
          await refusal(SerialTakenError, () => context.hybrid('bob').add('hen', [5]))
        })
        await context.serial('bob', context.otherApp).add('hen', [5])
        await ann.subtract('hen', [5])
        assert.deepEqual((await bob.add('egg', [5])).serials(), [5n])
      },
    },
    {
      title: 'subtract by number takes the newest: the highest serials, in whatever order they came',
      run: async (context) => {
        const inventory = context.serial()
        await inventory.add('hen', [30])
        await inventory.add('hen', [10])
        await inventory.add('hen', [20])
        assert.deepEqual((await inventory.subtract('hen')).serials(), [10n, 20n])
        assert.deepEqual((await inventory.subtract('hen', 2n)).serials(), [])
        assert.equal((await inventory.all()).size, 0)
      },
    },
    {
      title: 'subtract by list or quantity takes exactly those, whatever their properties',
      run: async (context) => {
        const inventory = context.serial()
        const all = await inventory.add('hen', inventory.quantity([1, 2, 3, 4].map((serial) => [serial, { serial }])))
        assert.deepEqual((await inventory.subtract('hen', [3, '1'])).serials(), [2n, 4n])
        assert.deepEqual((await inventory.subtract('hen', all.grab([4]))).serials(), [2n])
        assert.deepEqual((await inventory.subtract('hen', inventory.quantity([2]))).serials(), [])
      },
    },
    {
      title: 'subtract takes all or none: a serial that is not there is named, and nothing is written',
      run: async (context) => {
        const inventory = context.serial()
        await inventory.add('hen', [1, 2, 3])
        await context.serial('bob').add('hen', [9])
        await leavesAllAsItWas(context, async () => {
          const error = await refusal(SerialNotFoundError, () => inventory.subtract('hen', [2, 9, 3]))
          assert.deepEqual(error.data, { app: context.app, user: 'ann', item: 'hen', serial: 9n })
          assert.match(error.message, /user ann .* does not have serial 9 of item hen/)
          const few = await refusal(NotEnoughError, () => inventory.subtract('hen', 4))
          assert.deepEqual([few.held, few.wanted], [3n, 4n])
        })
      },
    },
    {
      title: 'set makes an item exactly the quantity, list or number that it is given',
      run: async (context) => {
        const inventory = context.serial()
        await inventory.add('hen', [1, 2, 3])
        const exact = await inventory.set('hen', inventory.quantity({ 2: { xp: 5 }, 4: { xp: 6 } }))
        assert.deepEqual(
          [...exact],
          [
            [2n, { xp: 5 }],
            [4n, { xp: 6 }],
          ],
        )
        assert.deepEqual((await inventory.set('hen', [4])).serials(), [4n])
        const three = await inventory.set('hen', 3)
        assert.deepEqual([three.value(), three.serials()[0]], [3n, 4n])
        assert.deepEqual((await inventory.set('hen', 1)).serials(), [4n])
        assert.equal((await inventory.set('hen', 0)).value(), 0n)
        await inventory.set('hen', [7])
        assert.equal((await inventory.set('hen', [])).value(), 0n)
        await leavesAllAsItWas(context, () => inventory.set('hen', inventory.quantity()))
      },
    },
    {
      title: 'reads answer an empty quantity, leave out what is not there, and never the items of others',
      run: async (context) => {
        const inventory = context.serial()
        assert.equal((await inventory.get('hen')).value(), 0n)
        await inventory.add('hen', [3, 1])
        await inventory.add(12, [2])
        const items = await inventory.get(['hen', 12, 'cow'])
        assert.deepEqual(new Set(items.keys()), new Set(['12', 'hen']))
        assert.deepEqual(items.get('hen')?.serials(), [1n, 3n])
        assert.deepEqual((await inventory.all()).get(12)?.serials(), [2n])
        assert.equal((await context.serial('bob').all()).size, 0)
      },
    },
    {
      title: 'the history says which serials came and went',
      run: async (context) => {
        const inventory = context.serial()
        await inventory.add('hen', [1, 2])
        await inventory.subtract('hen', [1], { data: { reason: 'fox' } })
        const [last, first] = await inventory.history()
        assert.deepEqual([first?.change, first?.serials], [2n, { in: [1n, 2n], out: [], set: [] }])
        assert.deepEqual([last?.change, last?.balance, last?.serials], [-1n, 1n, { in: [], out: [1n], set: [] }])
        assert.deepEqual(last?.data, { reason: 'fox' })
      },
    },
    {
      title: 'a key answers again with the same serials, and makes no others',
      run: async (context) => {
        const inventory = context.serial()
        const first = await inventory.add('hen', 2, { key: 'two hens' })
        await leavesAllAsItWas(context, async () => {
          assert.ok((await inventory.add('hen', 2, { key: 'two hens' })).equals(first))
        })
      },
    },
    {
      title: 'a count and serials do not meet in one item but in a hybrid: each kind says what it came upon',
      run: async (context) => {
        await context.tally().add('wheat', 2)
        await context.serial().add('hen', [1])
        await leavesAllAsItWas(context, async () => {
          const error = await refusal(KindMismatchError, () => context.serial().add('wheat', [7]))
          assert.match(
            error.message,
            /item wheat of user ann .* has a count of 2, which a serial inventory cannot keep/,
          )
          await refusal(KindMismatchError, () => context.tally().set('hen', 0))
          await refusal(KindMismatchError, () =>
            context.stockpile.deal([context.serial().plan.add('egg', [8]), context.tally().plan.add('egg')]),
          )
        })
      },
    },
    {
      title: 'deals of the same moment are refused by kind as they would be one by one',
      run: async (context) => {
        const outcomes = await Promise.allSettled([
          context.serial().add('hen', [1]),
          context.tally().add('hen'),
          context.serial().subtract('hen', [1]),
          context.tally().add('hen', 2),
          context.serial().add('hen', [1]),
        ])
        assert.deepEqual(
          outcomes.map(({ status }) => status),
          ['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'rejected'],
        )
        assert.equal(await context.tally().get('hen'), 2n)
      },
    },
    {
      title: 'callers who want the same serial at once get it once, and nothing is lost',
      run: async (context) => {
        const inventory = context.serial()
        await inventory.add('hen', [1, 2, 3, 4])
        const outcomes = await Promise.allSettled([
          inventory.subtract('hen', [1, 2]),
          inventory.subtract('hen', [2, 3]),
          inventory.subtract('hen', [3, 4]),
        ])
        const done = outcomes.filter(({ status }) => status === 'fulfilled').length
        assert.equal((await inventory.get('hen')).value(), 4n - 2n * BigInt(done))
        assert.ok(done >= 1)
      },
    },
    {
      title: 'what is no quantity is refused by name',
      run: async (context) => {
        const inventory = context.serial()
        await leavesAllAsItWas(context, async () => {
          const odd = [0, -1, 1.5, Number.NaN, 2 ** 53, 2n ** 63n]
          for (const value of odd) await refusesArgument('quantity', value, /./, () => inventory.add('hen', value))
          for (const value of ['5', null, true, {}])
            await refusesArgument('quantity', value, /a list of serials/, () => inventory.add('hen', value as never))
          for (const value of [0, '0', '007', -1n, 2n ** 63n, 1.5, null, '1e3'])
            await refusesArgument('serial', value, /a serial number/, () => inventory.add('hen', [value as never]))
          await refusal(InvalidArgumentError, () => inventory.add('hen', []))
          await refusal(InvalidArgumentError, () => inventory.subtract('hen', inventory.quantity()))
          await refusal(InvalidArgumentError, () => inventory.subtract('hen', [1, 1]))
        })
      },
    },
  ],
}
