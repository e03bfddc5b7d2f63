import assert from 'node:assert/strict'
import {
  HybridQuantity,
  KindMismatchError,
  NotEnoughError,
  QuantityOverflowError,
  SerialNotFoundError,
} from '../index.ts'
import type { Suite } from './behaviour.ts'
import { leavesAllAsItWas, refusal } from './refusal.ts'

/** What an item that is counted and kept serial by serial at once does. */
export const hybrids: Suite = {
  name: 'hybrids',
  behaviours: [
    {
      title: 'add counts a number and keeps serials, and answers both',
      run: async (context) => {
        const inventory = context.hybrid()
        assert.deepEqual((await inventory.add('sheep', 5)).export(), { tally: '5', serials: {} })
        const both = await inventory.add('sheep', inventory.quantity({ tally: 2, serials: { 8: { xp: 1 } } }))
        assert.ok(both instanceof HybridQuantity)
        assert.deepEqual([both.tally(), both.value(), both.serials()], [7n, 8n, [8n]])
        assert.deepEqual((await inventory.add('sheep', [9])).export(), {
          tally: '7',
          serials: { 8: { xp: 1 }, 9: {} },
        })
        assert.equal((await inventory.get('sheep')).value(), 9n)
        assert.equal((await inventory.get('cow')).value(), 0n)
      },
    },
    {
      title: 'subtract by number takes the count first, then the newest serials',
      run: async (context) => {
        const inventory = context.hybrid()
        await inventory.add('sheep', inventory.quantity({ tally: 2, serials: { 3: {}, 1: {}, 2: {} } }))
        const rest = await inventory.subtract('sheep', 3)
        assert.deepEqual([rest.tally(), rest.serials()], [0n, [1n, 2n]])
        assert.deepEqual((await inventory.subtract('sheep', [2])).serials(), [1n])
        assert.equal((await inventory.subtract('sheep')).value(), 0n)
        assert.equal((await inventory.all()).size, 0)
      },
    },
    {
      title: 'subtract takes exactly the count and the serials of a quantity, all or none',
      run: async (context) => {
        const inventory = context.hybrid()
        const all = await inventory.add('sheep', inventory.quantity({ tally: 3, serials: { 1: {}, 2: {} } }))
        await leavesAllAsItWas(context, async () => {
          await refusal(SerialNotFoundError, () => inventory.subtract('sheep', [1, 7]))
          const few = inventory.quantity({ tally: 4, serials: { 1: {} } })
          const error = await refusal(NotEnoughError, () => inventory.subtract('sheep', few))
          assert.deepEqual([error.held, error.wanted], [3n, 4n])
          await refusal(NotEnoughError, () => inventory.subtract('sheep', 6))
        })
        const rest = await inventory.subtract('sheep', inventory.quantity({ tally: 1, serials: { 2: {} } }))
        assert.deepEqual([rest.tally(), rest.serials()], [2n, [1n]])
        assert.equal((await inventory.subtract('sheep', rest)).value(), 0n)
        assert.equal(all.value(), 5n)
      },
    },
    {
      title: 'set makes an item exactly the quantity or the number that it is given',
      run: async (context) => {
        const inventory = context.hybrid()
        await inventory.add('sheep', inventory.quantity({ tally: 3, serials: { 1: {}, 2: {} } }))
        const wanted = inventory.quantity({ tally: 7, serials: { 2: { xp: 1 }, 5: {} } })
        assert.ok((await inventory.set('sheep', wanted)).equals(wanted))
        assert.ok((await inventory.get('sheep')).equals(wanted))
        assert.deepEqual((await inventory.set('sheep', 10)).export(), {
          tally: '8',
          serials: { 2: { xp: 1 }, 5: {} },
        })
        assert.deepEqual((await inventory.set('sheep', 1)).export(), { tally: '0', serials: { 2: { xp: 1 } } })
        assert.equal((await inventory.set('sheep', 0)).value(), 0n)
      },
    },
    {
      title: 'convert turns counted ones into serials and back, and the history shows it as one step by nothing',
      run: async (context) => {
        const inventory = context.hybrid()
        await inventory.add('sheep', 5)
        const two = await inventory.convert('sheep', 2, { data: { reason: 'named' } })
        assert.deepEqual([two.tally(), two.value(), two.serials().length], [3n, 5n, 2])
        const [entry] = await inventory.history()
        assert.deepEqual([entry?.change, entry?.balance, entry?.data], [0n, 5n, { reason: 'named' }])
        assert.deepEqual(entry?.serials, { in: two.serials(), out: [], set: [] })
        const one = await inventory.convert('sheep', two.grab(two.serials().slice(1)))
        assert.deepEqual([one.tally(), one.serials()], [4n, two.serials().slice(0, 1)])
        assert.deepEqual((await inventory.history())[0]?.serials, { in: [], out: two.serials().slice(1), set: [] })
        assert.deepEqual((await inventory.convert('sheep', one.serials())).export(), { tally: '5', serials: {} })
      },
    },
    {
      title: 'convert refuses what is not there and writes nothing',
      run: async (context) => {
        const inventory = context.hybrid()
        await inventory.add('sheep', inventory.quantity({ tally: 2, serials: { 1: {} } }))
        await leavesAllAsItWas(context, async () => {
          const error = await refusal(NotEnoughError, () => inventory.convert('sheep', 3))
          assert.deepEqual([error.held, error.wanted], [2n, 3n])
          await refusal(SerialNotFoundError, () => inventory.convert('sheep', [1, 2]))
        })
      },
    },
    {
      title: 'convert at once with others leaves as many as there were',
      run: async (context) => {
        const inventory = context.hybrid()
        await inventory.add('sheep', 6)
        const outcomes = await Promise.allSettled([1, 2, 3, 4].map((count) => inventory.convert('sheep', count)))
        const made = outcomes.reduce((sum, { status }, index) => sum + (status === 'fulfilled' ? index + 1 : 0), 0)
        const all = await inventory.get('sheep')
        assert.deepEqual([all.value(), all.serials().length], [6n, made])
      },
    },
    {
      title: 'a count and serials together are at most 2^63 - 1, and serials that are there count once',
      run: async (context) => {
        const inventory = context.hybrid()
        const most = 2n ** 63n - 1n
        await inventory.add('sand', inventory.quantity({ tally: most - 2n, serials: { 1: {}, 2: {} } }))
        await leavesAllAsItWas(context, async () => {
          const error = await refusal(QuantityOverflowError, () => inventory.add('sand', [2, 3]))
          assert.deepEqual([error.held, error.added], [most, 1n])
          await refusal(QuantityOverflowError, () => inventory.add('sand'))
        })
        const answer = await inventory.add('sand', inventory.quantity({ tally: 0, serials: { 1: { xp: 1 }, 2: {} } }))
        assert.deepEqual([answer.value(), answer.get(1)], [most, { xp: 1 }])
      },
    },
    {
      title: 'a hybrid takes over what a tally or a serial inventory made',
      run: async (context) => {
        await context.tally().add('wheat', 3)
        await context.serial().add('hen', [1])
        assert.equal((await context.hybrid().add('wheat', [2])).value(), 4n)
        assert.equal((await context.hybrid().add('hen', 2)).value(), 3n)
        const items = await context.hybrid().all()
        assert.deepEqual([items.get('wheat')?.tally(), items.get('hen')?.tally()], [3n, 2n])
      },
    },
    {
      title:
        'a tally reads the count alone of what has both, and a serial inventory the serials alone; neither writes it',
      run: async (context) => {
        const hybrid = context.hybrid()
        await hybrid.add('sheep', hybrid.quantity({ tally: 3, serials: { 7: { name: 'Dolly' } } }))
        await context.tally().add('wheat', 2)
        await context.serial().add('hen', [1])
        const [tally, serial] = [context.tally(), context.serial()]
        assert.deepEqual([await tally.get('sheep'), await tally.get('hen')], [3n, 0n])
        assert.deepEqual(
          [...(await tally.all())],
          [
            ['sheep', 3n],
            ['wheat', 2n],
          ],
        )
        assert.deepEqual((await serial.get('sheep')).export(), { 7: { name: 'Dolly' } })
        assert.equal((await serial.get('wheat')).value(), 0n)
        assert.deepEqual([...(await serial.all()).keys()].sort(), ['hen', 'sheep'])
        assert.equal((await hybrid.all()).size, 3)
        await leavesAllAsItWas(context, async () => {
          await refusal(KindMismatchError, () => tally.subtract('sheep'))
          await refusal(KindMismatchError, () => serial.add('sheep', [8]))
        })
      },
    },
  ],
}
