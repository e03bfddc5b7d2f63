import assert from 'node:assert/strict'
import { KeyReusedError, NotEnoughError, QuantityOverflowError, VersionConflictError } from '../index.ts'
import type { Suite } from './behaviour.ts'
import { leavesAllAsItWas, refusal } from './refusal.ts'

const day = 24 * 60 * 60 * 1000

/** What idempotency keys promise (I10). */
export const receipts: Suite = {
  name: 'receipts',
  behaviours: [
    {
      title: 'the same key and request happen once and give the same answer again, after other changes too',
      run: async (context) => {
        const inventory = context.tally()
        const change = inventory.plan.add('wheat', 5)
        const first = await context.stockpile.deal([change], { key: 'order 1', data: { shop: 1 } })
        await inventory.subtract('wheat', 5)
        await inventory.add('wheat', 100)
        await leavesAllAsItWas(context, async () => {
          for (let time = 0; time < 3; time += 1) {
            assert.deepEqual(await context.stockpile.deal([change], { key: 'order 1', data: { shop: 1 } }), first)
          }
          assert.equal(await inventory.add('wheat', 5, { key: 'order 1', data: { shop: 1 } }), 5n)
        })
        assert.equal((await inventory.history({ deal: first[0]?.deal ?? '' })).length, 1)
      },
    },
    {
      title: 'a refusal is remembered too, with its numbers, even when the request could be met by now',
      run: async (context) => {
        const inventory = context.tally()
        await inventory.set('sand', 2n ** 63n - 1n)
        const asks = async (): Promise<unknown[]> => {
          const one = await refusal(NotEnoughError, () => inventory.subtract('wheat', 2, { key: 'a' }))
          const two = await refusal(QuantityOverflowError, () => inventory.add('sand', 3, { key: 'b' }))
          const three = await refusal(VersionConflictError, () => inventory.add('x', 1, { key: 'c', ifVersion: 77n }))
          return [one.data, two.data, three.data, one.message, two.message, three.message]
        }
        const first = await asks()
        await inventory.set('wheat', 10)
        await inventory.set('sand', 0)
        await leavesAllAsItWas(context, async () => {
          assert.deepEqual(await asks(), first)
        })
      },
    },
    {
      title: 'the same key with another request is refused and names the deal that it belongs to',
      run: async (context) => {
        const { stockpile } = context
        const inventory = context.tally()
        const { plan } = inventory
        const [outcome] = await stockpile.deal([plan.add('wheat', 5)], { key: 'k', data: { a: 1 } })
        await leavesAllAsItWas(context, async () => {
          const others = [
            () => stockpile.deal([plan.add('wheat', 6)], { key: 'k', data: { a: 1 } }),
            () => stockpile.deal([plan.add('flour', 5)], { key: 'k', data: { a: 1 } }),
            () => stockpile.deal([plan.set('wheat', 5)], { key: 'k', data: { a: 1 } }),
            () => stockpile.deal([plan.subtract('wheat', 5)], { key: 'k', data: { a: 1 } }),
            () => stockpile.deal([context.tally('bob').plan.add('wheat', 5)], { key: 'k', data: { a: 1 } }),
            () =>
              stockpile.deal([context.tally('ann', context.otherApp).plan.add('wheat', 5)], {
                key: 'k',
                data: { a: 1 },
              }),
            () => stockpile.deal([plan.add('wheat', 5), plan.add('wheat', 5)], { key: 'k', data: { a: 1 } }),
            () => stockpile.deal([plan.add('wheat', 5)], { key: 'k', data: { a: 2 } }),
            () => stockpile.deal([plan.add('wheat', 5)], { key: 'k', data: {} }),
            () => stockpile.deal([plan.add('wheat', 5)], { key: 'k' }),
            () => stockpile.deal([plan.add('wheat', 5)], { key: 'k', data: { a: 1 }, ifVersion: 0n }),
          ]
          for (const other of others) {
            const error = await refusal(KeyReusedError, other)
            assert.deepEqual(error.data, { key: 'k', deal: outcome?.deal })
            assert.equal(error.code, 'KEY_REUSED')
            assert.equal(error.isRetryable, false)
          }
        })
      },
    },
    {
      title: 'the order of changes is part of the request',
      run: async (context) => {
        const { plan } = context.tally()
        await context.stockpile.deal([plan.add('a'), plan.add('b')], { key: 'k' })
        await refusal(KeyReusedError, () => context.stockpile.deal([plan.add('b'), plan.add('a')], { key: 'k' }))
      },
    },
    {
      title: 'the order of the names in data, forms of ids and amounts, and undefined are not part of the request',
      run: async (context) => {
        const inventory = context.tally()
        const key = 'k'
        await inventory.add(1000, 5, { key, data: { a: 1, b: { c: [1, 2], d: 2 }, 10: 'x', 9: 'y' } })
        await leavesAllAsItWas(context, async () => {
          const data = { b: { d: 2, c: [1, 2] }, 9: 'y', gone: undefined, 10: 'x', a: 1 }
          assert.equal(await inventory.add('1000', 5n, { key, data }), 5n)
          assert.equal(await inventory.add(1000n, 5, { key, data, ifVersion: undefined }), 5n)
          const turned = { ...data, b: { d: 2, c: [2, 1] } }
          await refusal(KeyReusedError, () => inventory.add(1000, 5, { key, data: turned }))
        })
      },
    },
    {
      title: 'a key sent twice at the same moment happens once, and both get the same answer',
      run: async (context) => {
        const inventory = context.tally()
        const answers = await Promise.all(Array.from({ length: 10 }, () => inventory.add('wheat', 5, { key: 'once' })))
        assert.deepEqual(
          answers,
          Array.from({ length: 10 }, () => 5n),
        )
        assert.equal(await inventory.get('wheat'), 5n)
        assert.equal((await inventory.all()).version, 1n)
      },
    },
    {
      title: 'of two requests with one key at the same moment the first wins and the other is refused',
      run: async (context) => {
        const inventory = context.tally()
        const [one, two] = await Promise.allSettled([
          inventory.add('wheat', 5, { key: 'once' }),
          inventory.add('wheat', 6, { key: 'once' }),
        ])
        assert.equal(one.status, 'fulfilled')
        assert.ok(two.status === 'rejected' && two.reason instanceof KeyReusedError)
        assert.equal(await inventory.get('wheat'), 5n)
      },
    },
    {
      title: 'a key is known in every Stockpile on the database',
      notIn: { transaction: 'others do not see it before the commit' },
      run: async (context) => {
        const other = context.another()
        // A plan of a layer's belongs to its own Stockpile.
        const change = context.stockpile.tally(context.app, 'ann').plan.add('wheat', 5)
        const first = await context.stockpile.deal([change], { key: 'k' })
        assert.deepEqual(await other.deal([change], { key: 'k' }), first)
        const again = other.tally(context.otherApp, 'bob')
        const error = await refusal(KeyReusedError, () => again.add('flour', 1, { key: 'k' }))
        assert.equal(error.deal, first[0]?.deal)
      },
    },
    {
      title: 'a key sent by two Stockpiles at the same moment happens once',
      notIn: { transaction: 'two Stockpiles at once need two transactions' },
      run: async (context) => {
        const others = [context.stockpile, context.another(), context.another()]
        for (let round = 0; round < 5; round += 1) {
          const answers = await Promise.all(
            others.flatMap((stockpile) =>
              [1, 2].map(() =>
                stockpile.deal([stockpile.tally(context.app, 'ann').plan.add('wheat', 5)], { key: `round ${round}` }),
              ),
            ),
          )
          for (const answer of answers) assert.deepEqual(answer, answers[0])
        }
        assert.equal(await context.tally().get('wheat'), 25n)
      },
    },
    {
      title: 'a key belongs to the database, not to an account: another account can not use it',
      run: async (context) => {
        await context.tally('ann').add('wheat', 1, { key: 'k' })
        await refusal(KeyReusedError, () => context.tally('bob').add('wheat', 1, { key: 'k' }))
        assert.equal(await context.tally('bob').get('wheat'), 0n)
      },
    },
    {
      title: 'a request that breaks a rule uses no key up',
      run: async (context) => {
        const inventory = context.tally()
        await assert.rejects(inventory.add('wheat', -1, { key: 'k' }))
        await assert.rejects(inventory.add('wheat', 1, { key: 'k', data: { price: 5n } }))
        assert.equal(await inventory.add('wheat', 2, { key: 'k' }), 2n)
      },
    },
    {
      title: 'a deal that changes nothing has a receipt too',
      run: async (context) => {
        const inventory = context.tally()
        assert.equal(await inventory.set('wheat', 0, { key: 'k' }), 0n)
        await inventory.set('wheat', 9)
        assert.equal(await inventory.set('wheat', 0, { key: 'k' }), 0n)
        assert.equal(await inventory.get('wheat'), 9n)
      },
    },
    {
      title: 'receipts are kept for receiptDays, and then swept away',
      notIn: {
        transaction: 'the sweep is a transaction of its own',
        crowd: 'the crowd comes with receipts of its own',
      },
      run: async (context) => {
        const stockpile = context.another({ receiptDays: 2 })
        const inventory = stockpile.tally(context.app, 'ann')
        await inventory.add('wheat', 1, { key: 'old' })
        context.clock.now += 1.5 * day
        await inventory.add('wheat', 1, { key: 'new' })
        context.clock.now += 0.75 * day
        await stockpile.ledger.sweep()
        const lines = (await context.dump()).filter((line) => line.startsWith('stockpile_receipt'))
        assert.equal(lines.length, 1)
        assert.match(lines[0] ?? '', /: new \|/)
        assert.equal(await inventory.add('wheat', 1, { key: 'new' }), 2n)
        assert.equal(await inventory.add('wheat', 1, { key: 'old' }), 3n)
      },
    },
    {
      title: 'receipts that are kept for ever are never swept away',
      notIn: { transaction: 'the sweep is a transaction of its own', crowd: 'the crowd sweeps for itself' },
      run: async (context) => {
        const stockpile = context.another({ receiptDays: Infinity })
        const inventory = stockpile.tally(context.app, 'ann')
        await inventory.add('wheat', 1, { key: 'old' })
        context.clock.now += 36_500 * day
        await stockpile.ledger.sweep()
        assert.equal(await inventory.add('wheat', 1, { key: 'old' }), 1n)
      },
    },
  ],
}
