import assert from 'node:assert/strict'
import {
  InvalidArgumentError,
  QuantityInspector,
  RecentSorter,
  Transfer,
  type Inspection,
  type Quantity,
} from '../index.ts'
import type { Suite } from './behaviour.ts'
import { leavesAllAsItWas, refusal, refusesArgument } from './refusal.ts'

/** What a look at every quantity can do. */
export const inspectors: Suite = {
  name: 'inspectors',
  behaviours: [
    {
      title: 'a check sees what goes in and what comes out, with whose and of which item it is',
      run: async (context) => {
        const seen: [bigint, Inspection][] = []
        const inventory = new QuantityInspector(context.tally(), (quantity, inspection) => {
          seen.push([quantity, inspection])
        })
        await inventory.add('egg', 3)
        await inventory.get('egg')
        await context.stockpile.deal([inventory.plan.subtract('egg', 1)])
        const about = { app: context.app, user: 'ann', item: 'egg' }
        assert.deepEqual(seen, [
          [3n, { ...about, direction: 'in' }],
          [3n, { ...about, direction: 'out' }],
          [3n, { ...about, direction: 'out' }],
          [1n, { ...about, direction: 'in' }],
          [2n, { ...about, direction: 'out' }],
        ])
      },
    },
    {
      title: 'a check may fill in properties, of given serials, of serials that are made, and of what is read',
      run: async (context) => {
        const bare = context.serial()
        await bare.add('hen', [1])
        const inventory = new QuantityInspector(bare, (quantity: Quantity) => {
          for (const [serial, properties] of quantity.all())
            if (!('xp' in properties)) quantity.set(serial, { ...(properties as object), xp: 1 })
        })
        assert.deepEqual((await inventory.get('hen')).get(1), { xp: 1 })
        assert.deepEqual((await bare.get('hen')).get(1), {})
        await inventory.add('hen', [2])
        await inventory.add('hen', 2)
        assert.deepEqual([...(await bare.get('hen')).all().values()], [{}, { xp: 1 }, { xp: 1 }, { xp: 1 }])
        const hybrid = context.hybrid('bob')
        await hybrid.add('hen', 2)
        const checked = new QuantityInspector(hybrid, (quantity) => {
          for (const serial of quantity.serials()) quantity.set(serial, { named: true })
        })
        await checked.convert('hen', 1)
        assert.deepEqual([...(await hybrid.get('hen')).all().values()], [{ named: true }])
      },
    },
    {
      title: 'a check may answer another quantity',
      run: async (context) => {
        const inventory = new QuantityInspector(context.tally(), (quantity, { direction }) =>
          direction === 'in' ? quantity * 2n : quantity,
        )
        assert.equal(await inventory.add('egg', 3), 6n)
        assert.equal(await context.tally().get('egg'), 6n)
      },
    },
    {
      title: 'a check that refuses what goes in stops the write, alone and in a deal with others',
      run: async (context) => {
        const no = new RangeError('too many')
        const inventory = new QuantityInspector(context.tally(), (quantity, { direction }) => {
          if (direction === 'in' && quantity > 5n) throw no
        })
        await leavesAllAsItWas(context, async () => {
          await assert.rejects(inventory.add('egg', 6), no)
          await assert.rejects(
            context.stockpile.deal([context.tally('bob').plan.add('egg'), inventory.plan.add('egg', 6)]),
            no,
          )
        })
        assert.equal(await inventory.add('egg', 5), 5n)
      },
    },
    {
      title: 'subtract by number takes the newest serials under a check as without one',
      run: async (context) => {
        const inventory = new QuantityInspector(context.serial(), () => undefined)
        await inventory.add('hen', [5, 3, 4])
        assert.deepEqual((await inventory.subtract('hen', 2)).serials(), [3n])
      },
    },
    {
      title: 'a check works around a transfer and inside of one, on either side, and sees no properties made up',
      run: async (context) => {
        const strict = (quantity: Quantity): void => {
          for (const [, properties] of quantity) if (!('xp' in properties)) throw new RangeError('no xp')
        }
        const [ann, bob] = [context.serial('ann'), context.serial('bob')]
        await ann.add('hen', ann.quantity([1, 2, 3, 4].map((serial) => [serial, { xp: serial }])))
        await new QuantityInspector(new Transfer(ann, bob), strict).subtract('hen', [1])
        await new QuantityInspector(new Transfer(ann, bob), strict).subtract('hen')
        await new Transfer(new QuantityInspector(bob, strict), ann).add('hen', [2])
        await new Transfer(ann, new QuantityInspector(bob, strict)).subtract('hen')
        assert.deepEqual((await bob.get('hen')).serials(), [1n, 2n, 3n, 4n])
        await new QuantityInspector(new Transfer(ann, bob), strict).set('hen', 2)
        assert.deepEqual((await ann.get('hen')).serials(), [3n, 4n])
      },
    },
    {
      title: 'a check around a sorter keeps the order',
      isSorting: true,
      run: async (context) => {
        const inventory = new QuantityInspector(new RecentSorter(context.tally()), (quantity) => quantity)
        for (const item of ['a', 'b', 'c', 'a']) await inventory.add(item)
        assert.deepEqual([...(await inventory.all()).keys()], ['a', 'c', 'b'])
        await inventory.sort(['b'])
        assert.deepEqual([...(await inventory.all()).keys()], ['b', 'a', 'c'])
      },
    },
    {
      title: 'what is no check, and what no quantity can be, is refused by name',
      run: async (context) => {
        for (const check of [null, 'check', {}])
          await refusesArgument(
            'check',
            check,
            /a function/,
            () => new QuantityInspector(context.tally(), check as never),
          )
        await leavesAllAsItWas(context, async () => {
          const wild = new QuantityInspector(context.tally(), () => -1n)
          await refusal(InvalidArgumentError, () => wild.add('egg'))
          const text = new QuantityInspector(context.tally(), () => 'many' as never)
          await refusal(InvalidArgumentError, () => text.add('egg'))
          const odd = new QuantityInspector(context.serial(), () => 5n as never)
          await refusal(InvalidArgumentError, () => odd.add('hen'))
        })
      },
    },
  ],
}
