import assert from 'node:assert/strict'
import { InvalidArgumentError, RecentSorter, Transfer } from '../index.ts'
import type { Suite } from './behaviour.ts'
import { leavesAllAsItWas, refusal } from './refusal.ts'

const most = 10_000

/** How much of what is kept serial by serial is too much. */
export const serialLimits: Suite = {
  name: 'serial limits',
  behaviours: [
    {
      title: '10,000 serials in one write are kept, moved and taken, by number and by list, and one more is refused',
      notIn: { crowd: 'it holds up everybody for a while' },
      run: async (context) => {
        const [ann, bob] = [context.serial('ann'), context.serial('bob')]
        const many = await ann.add('hen', most)
        assert.equal(many.value(), BigInt(most))
        assert.deepEqual((await ann.get('hen')).serials(), many.serials())
        const list = many.serials()
        assert.equal((await new Transfer(ann, bob).subtract('hen', list)).value(), 0n)
        assert.equal((await bob.get('hen')).value(), BigInt(most))
        assert.deepEqual((await bob.history())[0]?.serials?.in.length, most)
        await leavesAllAsItWas(context, async () => {
          for (const work of [
            () => ann.add('hen', most + 1),
            () => ann.set('hen', most + 1),
            () => bob.subtract('hen', most + 1),
            () => new Transfer(ann, bob).add('hen', most + 1),
            () => bob.subtract('hen', [...list, 1n]),
            () => context.stockpile.deal([ann.plan.add('hen', most), ann.plan.add('hen')]),
            () => ann.add('hen', 2n ** 62n),
          ]) {
            const error = await refusal(InvalidArgumentError, work)
            assert.match(error.rule, /at most 10000 serials/)
          }
        })
        assert.equal((await bob.subtract('hen', most)).value(), 0n)
      },
    },
    {
      title: 'a key remembers the answer of a write of thousands of serials',
      notIn: { crowd: 'it holds up everybody for a while' },
      run: async (context) => {
        const inventory = context.serial()
        const first = await inventory.add('hen', 4_000, { key: 'many hens' })
        await leavesAllAsItWas(context, async () => {
          assert.ok((await inventory.add('hen', 4_000, { key: 'many hens' })).equals(first))
        })
      },
    },
    {
      title: 'properties of 64 KiB each are kept in one write as long as the deal is not too large',
      notIn: { crowd: 'it holds up everybody for a while' },
      run: async (context) => {
        const inventory = context.serial()
        const large = { text: 'é'.repeat(32_000) }
        const quantity = inventory.quantity(Array.from({ length: 40 }, (_hen, index) => [index + 1, large]))
        await inventory.add('hen', quantity)
        assert.ok((await inventory.get('hen')).equals(quantity))
      },
    },
    {
      title: 'an account of a thousand items is read, sorted and paged whole',
      notIn: { crowd: 'it holds up everybody for a while' },
      isSorting: true,
      run: async (context) => {
        const inventory = context.hybrid()
        await context.stockpile.deal(
          Array.from({ length: 1_000 }, (_item, index) => inventory.plan.add(index + 1, [index + 1])),
        )
        assert.equal((await inventory.all()).size, 1_000)
        const sorted = new RecentSorter(inventory)
        await sorted.sort(Array.from({ length: 1_000 }, (_item, index) => ((index * 7) % 1_000) + 1))
        const page = await sorted.page({ limit: 3 })
        assert.deepEqual([...page.items.keys()], ['1', '8', '15'])
      },
    },
  ],
}
