import assert from 'node:assert/strict'
import { type Change, NotEnoughError, QuantityOverflowError } from '../index.ts'
import type { Suite } from './behaviour.ts'
import { leavesAllAsItWas, refusal } from './refusal.ts'

/** What lists of changes do, all or nothing. */
export const deals: Suite = {
  name: 'deals',
  behaviours: [
    {
      title: 'a deal over several accounts and apps happens as a whole and answers each change in order',
      run: async (context) => {
        const [ann, bob, miller] = [context.tally('ann'), context.tally('bob'), context.tally('ann', context.otherApp)]
        await ann.add('wheat', 5)
        const outcomes = await context.stockpile.deal([
          bob.plan.add('gold', 3),
          ann.plan.subtract('wheat', 2),
          miller.plan.set('flour', 9),
        ])
        assert.deepEqual(
          outcomes.map(({ deal: _deal, ...outcome }) => outcome),
          [
            { app: context.app, user: 'bob', item: 'gold', change: 3n, quantity: 3n, version: 1n },
            { app: context.app, user: 'ann', item: 'wheat', change: -2n, quantity: 3n, version: 2n },
            { app: context.otherApp, user: 'ann', item: 'flour', change: 9n, quantity: 9n, version: 1n },
          ],
        )
        assert.equal(new Set(outcomes.map(({ deal }) => deal)).size, 1)
        assert.match(outcomes[0]?.deal ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        assert.deepEqual([await ann.get('wheat'), await bob.get('gold'), await miller.get('flour')], [3n, 3n, 9n])
      },
    },
    {
      title: 'a deal whose last change is refused leaves no trace of the others',
      run: async (context) => {
        const [ann, bob] = [context.tally('ann'), context.tally('bob')]
        await ann.add('wheat', 5)
        await leavesAllAsItWas(context, async () => {
          const error = await refusal(NotEnoughError, () =>
            context.stockpile.deal([
              ann.plan.subtract('wheat', 5),
              bob.plan.add('wheat', 5),
              bob.plan.set('gold', 7),
              ann.plan.subtract('gold', 1),
            ]),
          )
          assert.deepEqual([error.user, error.item], ['ann', 'gold'])
        })
      },
    },
    {
      title: 'changes of one deal see those before them: what was added can be taken',
      run: async (context) => {
        const { plan } = context.tally()
        const outcomes = await context.stockpile.deal([
          plan.add('wheat', 2),
          plan.subtract('wheat', 1),
          plan.set('wheat', 10),
          plan.add('wheat', 5),
          plan.subtract('wheat', 15),
        ])
        assert.deepEqual(
          outcomes.map(({ change, quantity, version }) => [change, quantity, version]),
          [
            [2n, 2n, 1n],
            [-1n, 1n, 1n],
            [9n, 10n, 1n],
            [5n, 15n, 1n],
            [-15n, 0n, 1n],
          ],
        )
        assert.equal((await context.tally().all()).size, 0)
        const lines = (await context.tally().history()).map(({ version, line, balance }) => [version, line, balance])
        assert.deepEqual(lines, [
          [1n, 5, 0n],
          [1n, 4, 15n],
          [1n, 3, 10n],
          [1n, 2, 1n],
          [1n, 1, 2n],
        ])
      },
    },
    {
      title: 'changes of one deal are done in their order: what is added only later can not be taken before',
      run: async (context) => {
        const { plan } = context.tally()
        await leavesAllAsItWas(context, async () => {
          await refusal(NotEnoughError, () => context.stockpile.deal([plan.subtract('wheat'), plan.add('wheat')]))
        })
      },
    },
    {
      title: 'a deal that overflows half-way is refused, even if it would come back below',
      run: async (context) => {
        const { plan } = context.tally()
        await context.tally().set('sand', 2n ** 63n - 1n)
        await leavesAllAsItWas(context, async () => {
          await refusal(QuantityOverflowError, () => context.stockpile.deal([plan.add('sand'), plan.subtract('sand')]))
        })
        const outcomes = await context.stockpile.deal([plan.subtract('sand'), plan.add('sand')])
        assert.equal(outcomes[1]?.quantity, 2n ** 63n - 1n)
      },
    },
    {
      title: 'of several faults the first change in order is the one reported',
      run: async (context) => {
        const { plan } = context.tally()
        await context.tally().set('sand', 2n ** 63n - 1n)
        await leavesAllAsItWas(context, async () => {
          await refusal(QuantityOverflowError, () => context.stockpile.deal([plan.add('sand'), plan.subtract('wheat')]))
          await refusal(NotEnoughError, () => context.stockpile.deal([plan.subtract('wheat'), plan.add('sand')]))
          const error = await refusal(NotEnoughError, () =>
            context.stockpile.deal([plan.subtract('zebra', 2), plan.subtract('apple', 3)]),
          )
          assert.equal(error.item, 'zebra')
        })
      },
    },
    {
      title: 'a version moves by one for each deal that changes the account, however many changes it has',
      run: async (context) => {
        const { plan } = context.tally()
        await context.stockpile.deal([plan.add('a'), plan.add('b'), plan.add('c'), context.tally('bob').plan.add('a')])
        await context.stockpile.deal([plan.add('a'), context.tally('bob').plan.set('a', 1)])
        assert.equal((await context.tally('ann').all()).version, 2n)
        assert.equal((await context.tally('bob').all()).version, 1n)
      },
    },
    {
      title: 'an outcome without a change tells the version that the account is at',
      run: async (context) => {
        await context.tally().set('wheat', 4)
        const [outcome] = await context.stockpile.deal([context.tally().plan.set('wheat', 4)])
        assert.deepEqual([outcome?.change, outcome?.quantity, outcome?.version], [0n, 4n, 1n])
      },
    },
    {
      title: 'what one account gives another gains, or neither moves, however many trade at once (I2)',
      run: async (context) => {
        const users = ['a', 'b', 'c', 'd', 'e']
        await context.stockpile.deal(users.map((user) => context.tally(user).plan.add('gold', 10)))
        const trades = Array.from({ length: 60 }, (_trade, index) => {
          const [from, to] = [users[index % 5] ?? 'a', users[(index * 3 + 1) % 5] ?? 'b']
          const amount = (index % 7) + 1
          return context.stockpile.deal([
            context.tally(from).plan.subtract('gold', amount),
            context.tally(to).plan.add('gold', amount),
          ])
        })
        const outcomes = await Promise.allSettled(trades)
        for (const outcome of outcomes)
          if (outcome.status === 'rejected') assert.ok(outcome.reason instanceof NotEnoughError)
        const held = await Promise.all(users.map((user) => context.tally(user).get('gold')))
        assert.equal(
          held.reduce((sum, quantity) => sum + quantity, 0n),
          50n,
        )
      },
    },
    {
      title: 'a refused deal does not touch its neighbours of the same moment',
      run: async (context) => {
        const inventory = context.tally()
        await inventory.add('wheat', 3)
        const outcomes = await Promise.allSettled([
          inventory.subtract('wheat', 2),
          inventory.subtract('wheat', 2),
          inventory.add('wheat', 1),
          inventory.subtract('wheat', 2),
          inventory.subtract('wheat', 1),
        ])
        assert.deepEqual(
          outcomes.map((outcome) =>
            outcome.status === 'fulfilled' ? outcome.value : (outcome.reason as NotEnoughError).held,
          ),
          [1n, 1n, 2n, 0n, 0n],
        )
      },
    },
    {
      title: 'a plan does nothing by itself, and can be dealt more than once',
      run: async (context) => {
        const change = context.tally().plan.add('wheat', 2)
        assert.equal(await context.tally().get('wheat'), 0n)
        assert.deepEqual(change, {
          verb: 'add',
          kind: 'tally',
          app: context.app,
          user: 'ann',
          item: 'wheat',
          amount: 2n,
          serials: null,
          properties: '{}',
          party: null,
          place: null,
          ifVersion: null,
        })
        await context.stockpile.deal([change, change])
        await context.stockpile.deal([change])
        assert.equal(await context.tally().get('wheat'), 6n)
      },
    },
    {
      title: 'a change made by hand counts as if a plan had made it',
      run: async (context) => {
        const change = { ...context.tally().plan.add(7, 2), user: 12n, item: 1000, amount: 5 }
        const [outcome] = await context.stockpile.deal([change as unknown as Change])
        assert.deepEqual([outcome?.user, outcome?.item, outcome?.quantity], ['12', '1000', 5n])
      },
    },
    {
      title: 'changing a list of changes after it was dealt changes nothing',
      run: async (context) => {
        const changes = [context.tally().plan.add('wheat', 2)]
        const dealing = context.stockpile.deal(changes)
        changes.push(context.tally().plan.add('flour', 2))
        await dealing
        assert.deepEqual([...(await context.tally().all())], [['wheat', 2n]])
      },
    },
  ],
}
