import assert from 'node:assert/strict'
import { InvalidArgumentError, KeyReusedError, NotEnoughError, VersionConflictError } from '../index.ts'
import type { Suite } from './behaviour.ts'
import { leavesAllAsItWas, refusal } from './refusal.ts'

/** What ifVersion promises, and which of two faults is reported. */
export const versions: Suite = {
  name: 'versions and precedence',
  behaviours: [
    {
      title: 'ifVersion lets a write happen at that version of the account, 0 before the first',
      run: async (context) => {
        const inventory = context.tally()
        assert.equal(await inventory.add('wheat', 5, { ifVersion: 0n }), 5n)
        const { version } = await inventory.all()
        assert.equal(await inventory.subtract('wheat', 5, { ifVersion: version }), 0n)
        assert.equal(await inventory.set('wheat', 3, { ifVersion: 2n }), 3n)
      },
    },
    {
      title: 'ifVersion refuses at any other version, tells the actual one, and writes nothing',
      run: async (context) => {
        const inventory = context.tally()
        await inventory.add('wheat', 5)
        await inventory.add('flour', 5)
        await leavesAllAsItWas(context, async () => {
          for (const expected of [0n, 1n, 3n, 2n ** 63n, 2n ** 64n + 2n]) {
            const error = await refusal(VersionConflictError, () => inventory.add('wheat', 1, { ifVersion: expected }))
            assert.deepEqual(error.data, { app: context.app, user: 'ann', expected, actual: 2n })
            assert.equal(error.code, 'VERSION_CONFLICT')
            assert.equal(error.isRetryable, false)
          }
          const error = await refusal(VersionConflictError, () => context.tally('bob').add('x', 1, { ifVersion: 1n }))
          assert.equal(error.actual, 0n)
        })
      },
    },
    {
      title: 'of many who write at the same version exactly one succeeds',
      run: async (context) => {
        const inventory = context.tally()
        const outcomes = await Promise.allSettled(
          Array.from({ length: 20 }, () => inventory.add('wheat', 1, { ifVersion: 0n })),
        )
        assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
        assert.equal(await inventory.get('wheat'), 1n)
      },
    },
    {
      title: 'ifVersion holds before the deal, for all changes of the account',
      run: async (context) => {
        const { plan } = context.tally()
        await context.stockpile.deal([plan.add('a'), plan.add('b')], { ifVersion: 0n })
        await context.stockpile.deal([plan.add('a', 1, { ifVersion: 1n }), plan.add('b', 1, { ifVersion: 1n })])
        assert.equal((await context.tally().all()).version, 2n)
      },
    },
    {
      title: 'each account of a deal can have its own ifVersion, and the first conflict in order is reported',
      run: async (context) => {
        const [ann, bob] = [context.tally('ann'), context.tally('bob')]
        await ann.add('wheat', 5)
        await context.stockpile.deal([ann.plan.add('x', 1, { ifVersion: 1n }), bob.plan.add('x', 1, { ifVersion: 0n })])
        await leavesAllAsItWas(context, async () => {
          const error = await refusal(VersionConflictError, () =>
            context.stockpile.deal([
              ann.plan.add('x', 1, { ifVersion: 2n }),
              bob.plan.add('x', 1, { ifVersion: 7n }),
              ann.plan.add('x', 1, { ifVersion: 8n }),
            ]),
          )
          assert.deepEqual([error.user, error.expected, error.actual], ['bob', 7n, 1n])
        })
      },
    },
    {
      title: 'ifVersion of a whole deal is refused where it names several accounts',
      run: async (context) => {
        const deal = [context.tally('ann').plan.add('x'), context.tally('bob').plan.add('x')]
        const apps = [context.tally('ann').plan.add('x'), context.tally('ann', context.otherApp).plan.add('x')]
        await leavesAllAsItWas(context, async () => {
          for (const changes of [deal, apps]) {
            const error = await refusal(InvalidArgumentError, () => context.stockpile.deal(changes, { ifVersion: 0n }))
            assert.equal(error.argument, 'ifVersion')
            assert.match(error.rule, /several accounts/)
          }
        })
      },
    },
    {
      title: 'a change keeps its own ifVersion where the deal has one too',
      run: async (context) => {
        const { plan } = context.tally()
        const changes = [plan.add('x', 1, { ifVersion: 5n })]
        const error = await refusal(VersionConflictError, () => context.stockpile.deal(changes, { ifVersion: 0n }))
        assert.equal(error.expected, 5n)
      },
    },
    {
      title: 'of two faults a rule comes before a key, a key before a version, a version before a quantity',
      run: async (context) => {
        const inventory = context.tally()
        await inventory.add('wheat', 1, { key: 'used' })
        await leavesAllAsItWas(context, async () => {
          await refusal(InvalidArgumentError, () => inventory.subtract('wheat', -9, { key: 'used', ifVersion: 7n }))
          await refusal(KeyReusedError, () => inventory.subtract('wheat', 9, { key: 'used', ifVersion: 7n }))
          await refusal(VersionConflictError, () => inventory.subtract('wheat', 9, { ifVersion: 7n }))
          await refusal(NotEnoughError, () => inventory.subtract('wheat', 9, { ifVersion: 1n }))
        })
      },
    },
    {
      title: 'of two conflicts in one deal a later version comes before an earlier quantity',
      run: async (context) => {
        const { plan } = context.tally()
        await refusal(VersionConflictError, () =>
          context.stockpile.deal([plan.subtract('wheat', 9), plan.add('wheat', 1, { ifVersion: 3n })]),
        )
      },
    },
    {
      title: 'of two arguments that break a rule the first is reported: item, quantity, options, version, data, key',
      run: async (context) => {
        const inventory = context.tally()
        const odd = (value: unknown): never => value as never
        const argumentOf = async (work: () => unknown): Promise<string> =>
          (await refusal(InvalidArgumentError, work)).argument
        for (const verb of ['add', 'subtract', 'set'] as const) {
          assert.equal(await argumentOf(() => inventory[verb]('', -1, odd(null))), 'item')
          assert.equal(await argumentOf(() => inventory[verb]('a', -1, odd(null))), 'quantity')
          assert.equal(await argumentOf(() => inventory.plan[verb]('', -1, odd({ ifVersion: 1 }))), 'item')
          assert.equal(await argumentOf(() => inventory.plan[verb]('a', -1, odd({ ifVersion: 1 }))), 'quantity')
          const options = { ifVersion: 1, data: 5, key: '' }
          assert.equal(await argumentOf(() => inventory[verb]('a', 1, odd(options))), 'ifVersion')
          assert.equal(await argumentOf(() => inventory[verb]('a', 1, odd({ ...options, ifVersion: 1n }))), 'data')
          assert.equal(await argumentOf(() => inventory[verb]('a', 1, odd({ key: '' }))), 'key')
        }
        assert.equal(await argumentOf(() => context.stockpile.tally('', '')), 'app')
        assert.equal(await argumentOf(() => context.stockpile.deal([], { key: '' })), 'changes')
        assert.equal(
          await argumentOf(() => context.stockpile.deal([odd({}), odd(null)], { key: '' })),
          'changes[0].verb',
        )
        assert.equal(await argumentOf(() => inventory.get('', odd(null))), 'options')
      },
    },
  ],
}
