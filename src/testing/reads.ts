import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { NoTransactionError } from '../index.ts'
import type { Suite } from './behaviour.ts'
import { leavesAllAsItWas, refusal } from './refusal.ts'

/** What get and all answer. */
export const reads: Suite = {
  name: 'reads',
  behaviours: [
    {
      title: 'reading what was never written answers emptiness at version 0 and leaves no trace',
      run: async (context) => {
        await leavesAllAsItWas(context, async () => {
          const inventory = context.tally('nobody')
          assert.equal(await inventory.get('wheat'), 0n)
          assert.equal((await inventory.get(['wheat'])).size, 0)
          const items = await inventory.all()
          assert.deepEqual([items.size, items.version, [...items]], [0, 0n, []])
          assert.deepEqual(await inventory.history(), [])
        })
      },
    },
    {
      title: 'a list leaves out what is not owned, and answers in natural order whatever the order asked for',
      run: async (context) => {
        const inventory = context.tally()
        await inventory.add('b', 1)
        await inventory.add(10, 2)
        await inventory.add(9, 3)
        const items = await inventory.get(new Set(['nothing', 'b', 10, 9]))
        assert.deepEqual(
          [...items],
          [
            ['9', 3n],
            ['10', 2n],
            ['b', 1n],
          ],
        )
        assert.equal(items.get('nothing'), undefined)
        assert.equal(items.has('nothing'), false)
        assert.deepEqual([...(await inventory.get(['nothing']))], [])
      },
    },
    {
      title: 'a list may be any iterable, a generator too',
      run: async (context) => {
        const inventory = context.tally()
        await inventory.add(1, 5)
        function* ids(): Generator<number> {
          yield 1
          yield 2
        }
        assert.deepEqual([...(await inventory.get(ids()))], [['1', 5n]])
        assert.deepEqual([...(await inventory.get(new Map([[1, 0]]).keys()))], [['1', 5n]])
      },
    },
    {
      title: 'items can be asked, walked through and printed in every usual way',
      run: async (context) => {
        const inventory = context.tally()
        await inventory.add(2000, 3)
        await inventory.add(1000, 5)
        const items = await inventory.all()
        assert.deepEqual([...items.keys()], ['1000', '2000'])
        assert.deepEqual([...items.values()], [5n, 3n])
        assert.deepEqual([...items.entries()], [...items])
        const seen: unknown[] = []
        items.forEach((quantity, item) => seen.push([item, quantity]))
        assert.deepEqual(seen, [...items])
        assert.equal(JSON.stringify(items), '[["1000","5"],["2000","3"]]')
        assert.equal(inspect(items), "Items (2) { '1000' => 5n, '2000' => 3n }")
      },
    },
    {
      title: 'an answer stays as it was when the account changes',
      run: async (context) => {
        const inventory = context.tally()
        await inventory.add('wheat', 1)
        const items = await inventory.all()
        await inventory.add('wheat', 1)
        assert.equal(items.get('wheat'), 1n)
        assert.equal(items.version, 1n)
      },
    },
    {
      title: 'every answer says the version of the account, which counts the deals that changed it',
      run: async (context) => {
        const inventory = context.tally()
        for (let version = 1n; version <= 5n; version += 1n) {
          await inventory.add('wheat', 1)
          assert.equal((await inventory.all()).version, version)
          assert.equal((await inventory.get(['wheat'])).version, version)
          assert.equal((await inventory.get(['nothing'])).version, version)
        }
        await inventory.subtract('wheat', 5)
        assert.equal((await inventory.all()).version, 6n)
      },
    },
    {
      title: 'a read that begins after a write was acknowledged sees it, here and in another Stockpile (I7)',
      notIn: { transaction: 'others do not see it before the commit' },
      run: async (context) => {
        const other = context.another().tally(context.app, 'ann')
        for (let quantity = 1n; quantity <= 20n; quantity += 1n) {
          await context.tally().add('wheat')
          assert.deepEqual(await Promise.all([context.tally().get('wheat'), other.get('wheat')]), [quantity, quantity])
        }
      },
    },
    {
      title: 'many reads of the same moment each get their own answer',
      run: async (context) => {
        const users = Array.from({ length: 40 }, (_user, index) => `user_${index}`)
        await context.stockpile.deal(
          users.flatMap((user, index) => [
            context.tally(user).plan.add('wheat', index + 1),
            context.tally(user, context.otherApp).plan.add('flour', index + 101),
          ]),
        )
        const answers = await Promise.all(
          users.flatMap((user) => [
            context.tally(user).get('wheat'),
            context.tally(user, context.otherApp).get('flour'),
            context.tally(user).all(),
            context.tally(user).get(['flour', 'wheat']),
          ]),
        )
        const plain = answers.map((answer) => (typeof answer === 'bigint' ? answer : [...answer]))
        assert.deepEqual(
          plain,
          users.flatMap((_user, index) => {
            const wheat = BigInt(index + 1)
            return [wheat, wheat + 100n, [['wheat', wheat]], [['wheat', wheat]]]
          }),
        )
      },
    },
    {
      title: 'a list is one moment: two holdings that always change together are never seen apart',
      run: async (context) => {
        const inventory = context.tally()
        const { plan } = inventory
        const writes = Array.from({ length: 25 }, () => context.stockpile.deal([plan.add('left'), plan.add('right')]))
        const seen = await Promise.all(
          Array.from({ length: 25 }, async (_read, index) =>
            index % 2 === 0 ? inventory.all() : inventory.get(['left', 'right']),
          ),
        )
        for (const items of seen) assert.equal(items.get('left'), items.get('right'))
        for (const items of seen) assert.equal(items.get('left') ?? 0n, items.version)
        await Promise.all(writes)
      },
    },
    {
      title: 'an account of a thousand items is answered whole',
      run: async (context) => {
        const inventory = context.tally()
        await context.stockpile.deal(
          Array.from({ length: 1_000 }, (_item, index) => inventory.plan.add(index + 1, index + 1)),
        )
        const items = await inventory.all()
        assert.equal(items.size, 1_000)
        assert.deepEqual([...items.keys()].slice(0, 3), ['1', '2', '3'])
        assert.equal(items.get(1_000), 1_000n)
      },
    },
    {
      title: 'a locked read outside of a transaction is refused',
      notIn: { transaction: 'it is about being outside' },
      run: async (context) => {
        for (const read of [
          () => context.tally().get('wheat', { lock: true }),
          () => context.tally().get(['wheat'], { lock: true }),
          () => context.tally().all({ lock: true }),
        ]) {
          const error = await refusal(NoTransactionError, read)
          assert.equal(error.message, 'a locked read works only inside the callback of transaction()')
        }
      },
    },
  ],
}
