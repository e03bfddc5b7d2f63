import assert from 'node:assert/strict'
import {
  FirstAddedSorter,
  InvalidArgumentError,
  OldestSorter,
  Passthru,
  QuantityInspector,
  RecentSorter,
  Sorter,
  Transfer,
  type Items,
} from '../index.ts'
import type { Suite } from './behaviour.ts'
import { leavesAllAsItWas, refusal, refusesArgument } from './refusal.ts'

async function order(inventory: { all(): Promise<Items<unknown>> }): Promise<string[]> {
  return [...(await inventory.all()).keys()]
}

/** In which order the items of an account stand. */
export const sorters: Suite = {
  name: 'sorters',
  behaviours: [
    {
      title:
        'sort puts items on top in exactly this order, a later sort above an earlier one, the rest by id from the highest',
      isSorting: true,
      run: async (context) => {
        const inventory = new Sorter(context.tally())
        for (const item of [9, 10, 11, 12, 13]) await inventory.add(item)
        assert.deepEqual(await order(inventory), ['13', '12', '11', '10', '9'])
        await inventory.sort([10, 12, 9])
        assert.deepEqual(await order(inventory), ['10', '12', '9', '13', '11'])
        await inventory.sort(['13', 12n])
        assert.deepEqual(await order(inventory), ['13', '12', '10', '9', '11'])
        assert.deepEqual([...(await inventory.get([9, 11, 13])).keys()], ['13', '9', '11'])
        assert.deepEqual(await order(context.tally()).then((ids) => new Set(ids).size), 5)
      },
    },
    {
      title: 'sort leaves out what the account does not have, and refuses what is no list of items',
      isSorting: true,
      run: async (context) => {
        const inventory = new Sorter(context.tally())
        await inventory.add('egg')
        await inventory.sort(['hen', 'egg'])
        assert.deepEqual(await order(inventory), ['egg'])
        await leavesAllAsItWas(context, async () => {
          await inventory.sort(['hen'])
          await refusesArgument('items', 'egg', /a list of ids/, () => inventory.sort('egg'))
          await refusesArgument('items', [], /at least one/, () => inventory.sort([]))
          await refusal(InvalidArgumentError, () => inventory.sort(['egg', 'egg']))
          const many = Array.from({ length: 10_001 }, (_item, index) => index + 1)
          assert.equal((await refusal(InvalidArgumentError, () => inventory.sort(many))).argument, 'items')
        })
      },
    },
    {
      title: 'the most recently added is on top; adding again moves it there, taking away does not',
      isSorting: true,
      run: async (context) => {
        const inventory = new RecentSorter(context.tally())
        await Promise.all(['a', 'b', 'c'].map((item) => inventory.add(item, 2)))
        assert.deepEqual(await order(inventory), ['c', 'b', 'a'], 'in one millisecond too')
        await inventory.add('a')
        await inventory.subtract('b')
        assert.deepEqual(await order(inventory), ['a', 'c', 'b'])
        await context.stockpile.deal([inventory.plan.add('d'), inventory.plan.add('e'), inventory.plan.set('b', 9)])
        assert.deepEqual(await order(inventory), ['b', 'e', 'd', 'a', 'c'])
      },
    },
    {
      title: 'what was sorted by hand stays above what time sorts, and comes again by time after it was gone',
      isSorting: true,
      run: async (context) => {
        const inventory = new RecentSorter(context.tally())
        for (const item of ['a', 'b', 'c']) await inventory.add(item)
        await inventory.sort(['a'])
        await inventory.add('b')
        assert.deepEqual(await order(inventory), ['a', 'b', 'c'])
        await inventory.subtract('a')
        await inventory.add('a')
        await inventory.add('c')
        assert.deepEqual(await order(inventory), ['c', 'a', 'b'])
      },
    },
    {
      title: 'the first addition decides: the latest newcomer on top, or the oldest, again after an item was gone',
      isSorting: true,
      run: async (context) => {
        const first = new FirstAddedSorter(context.tally('ann'))
        const oldest = new OldestSorter(context.tally('bob'))
        for (const inventory of [first, oldest]) {
          for (const item of ['a', 'b', 'c', 'a']) await inventory.add(item)
        }
        assert.deepEqual(
          [await order(first), await order(oldest)],
          [
            ['c', 'b', 'a'],
            ['a', 'b', 'c'],
          ],
        )
        for (const inventory of [first, oldest]) {
          await inventory.set('b', 0)
          await inventory.add('b')
        }
        assert.deepEqual(
          [await order(first), await order(oldest)],
          [
            ['b', 'c', 'a'],
            ['a', 'c', 'b'],
          ],
        )
        for (const { plan } of [first, oldest])
          await context.stockpile.deal([plan.subtract('c', 1), plan.add('c'), plan.add('d')])
        assert.deepEqual(
          [await order(first), await order(oldest)],
          [
            ['d', 'c', 'b', 'a'],
            ['a', 'b', 'c', 'd'],
          ],
        )
      },
    },
    {
      title: 'a position is no statement of its own: it goes with the write, and is undone with it',
      isSorting: true,
      run: async (context) => {
        const inventory = new RecentSorter(context.tally())
        await inventory.add('a')
        await inventory.add('b')
        const stop = new Error('stop')
        await assert.rejects(
          context.stockpile.transaction(async () => {
            await inventory.add('a')
            await inventory.sort(['a'])
            assert.deepEqual(await order(inventory), ['a', 'b'])
            throw stop
          }),
          stop,
        )
        assert.deepEqual(await order(inventory), ['b', 'a'])
        const before = (await inventory.all()).version
        await inventory.add('a')
        assert.equal((await inventory.all()).version, before + 1n)
      },
    },
    {
      title: 'page walks everything in order, each once, while others come and go',
      isSorting: true,
      run: async (context) => {
        const inventory = new RecentSorter(context.tally())
        await context.stockpile.deal(Array.from({ length: 25 }, (_item, index) => context.tally().plan.add(index + 1)))
        await inventory.sort([3, 20])
        const seen: string[] = []
        let after: string | null = null
        do {
          const page: { items: Items<bigint>; next: string | null } = await inventory.page({ limit: 4, after })
          seen.push(...page.items.keys())
          after = page.next
          await inventory.add(100 + seen.length)
          await inventory.subtract(seen.at(-1) ?? '')
        } while (after !== null)
        const rest = Array.from({ length: 25 }, (_item, index) => 25 - index).filter((id) => id !== 3 && id !== 20)
        assert.deepEqual(seen, ['3', '20', ...rest.map(String)])
        const whole = await inventory.page({ limit: 1_000 })
        assert.equal(whole.next, null)
      },
    },
    {
      title: 'page refuses a limit and a cursor that can not be one',
      isSorting: true,
      run: async (context) => {
        const inventory = new Sorter(context.tally())
        for (const limit of [0, -1, 1.5, 1_001, Number.NaN])
          await refusesArgument('limit', limit, /1 to 1000/, () => inventory.page({ limit }))
        for (const after of ['', 'x', '5', 7 as never, '99999999999999999999999x:a'])
          await refusesArgument('after', after, /page before/, () => inventory.page({ after }))
        assert.deepEqual([...(await inventory.page()).items], [])
      },
    },
    {
      title: 'sort and page are reachable through the layers above, and pass through them',
      isSorting: true,
      run: async (context) => {
        const seen: string[] = []
        const sorted = new Sorter(context.tally())
        const below = new Passthru(sorted) as unknown as typeof sorted
        const inventory = new QuantityInspector(below, (_quantity, { item, direction }) => {
          seen.push(`${direction} ${item}`)
        })
        await inventory.add('a')
        await inventory.add('b')
        seen.length = 0
        await inventory.sort(['a', 'b'])
        assert.deepEqual([...(await inventory.page({ limit: 1 })).items.keys()], ['a'])
        assert.ok(seen.includes('out a') && seen.includes('out b'))
      },
    },
    {
      title: 'a sorter around a sorter is refused, whatever is between them',
      isSorting: true,
      run: async (context) => {
        const error = await refusal(
          InvalidArgumentError,
          () => new RecentSorter(new Passthru(new Sorter(context.tally()) as never)),
        )
        assert.match(error.rule, /not sorted yet: an item has one place/)
      },
    },
    {
      title: 'what a transfer brings is placed by the sorter of the side that it comes to',
      isSorting: true,
      run: async (context) => {
        const [ann, bob] = [new RecentSorter(context.tally('ann')), new RecentSorter(context.tally('bob'))]
        for (const item of ['a', 'b', 'c']) {
          await ann.add(item, 2)
          await bob.add(item, 2)
        }
        await new Transfer(ann, bob).add('a')
        assert.deepEqual(
          [await order(ann), await order(bob)],
          [
            ['a', 'c', 'b'],
            ['c', 'b', 'a'],
          ],
        )
        await new Transfer(ann, bob).subtract('b')
        assert.deepEqual(
          [await order(ann), await order(bob)],
          [
            ['a', 'c', 'b'],
            ['b', 'c', 'a'],
          ],
        )
      },
    },
  ],
}
