import assert from 'node:assert/strict'
import { ClosedError, InvalidArgumentError, Stockpile, Tally } from '../index.ts'
import type { Suite } from './behaviour.ts'
import { refusal } from './refusal.ts'

const own = {
  transaction: 'it works on a Stockpile of its own',
  crowd: 'it works on a Stockpile of its own',
} as const

/** How a Stockpile begins and ends. */
export const lifecycle: Suite = {
  name: 'lifecycle',
  behaviours: [
    {
      title: 'options that break a rule are refused, by name',
      notIn: own,
      run: async (context) => {
        const storage = context.database.storage()
        const odd: readonly (readonly [argument: string, options: unknown])[] = [
          ['options', undefined],
          ['options', null],
          ['options', 'farm.db'],
          ['storage', {}],
          ['storage', { storage: null }],
          ['storage', { storage: 'farm.db' }],
          ['storage', { storage: {} }],
          ['clock', { storage, clock: 5 }],
          ['clock', { storage, clock: null }],
          ['receiptDays', { storage, receiptDays: 0 }],
          ['receiptDays', { storage, receiptDays: -1 }],
          ['receiptDays', { storage, receiptDays: Number.NaN }],
          ['receiptDays', { storage, receiptDays: '30' }],
          ['tables', { storage, tables: 'Auto' }],
          ['tables', { storage, tables: true }],
          ['batch', { storage, batch: 5 }],
          ['batch', { storage, batch: null }],
          ['batch.dealsMax', { storage, batch: { dealsMax: 0 } }],
          ['batch.dealsMax', { storage, batch: { dealsMax: '5' } }],
          ['batch.bytesMax', { storage, batch: { bytesMax: 1.5 } }],
          ['batch.queueMax', { storage, batch: { queueMax: Infinity } }],
          ['batch.whenFull', { storage, batch: { whenFull: 'drop' } }],
        ]
        for (const [argument, options] of odd) {
          const error = await refusal(InvalidArgumentError, () => new Stockpile(options as never))
          assert.equal(error.argument, argument)
        }
        await storage.close()
      },
    },
    {
      title: 'close waits for the deals under way, and refuses those that come after it',
      notIn: own,
      run: async (context) => {
        const stockpile = context.another({ batch: { dealsMax: 3 } })
        const inventory = stockpile.tally(context.app, 'ann')
        await inventory.get('wheat')
        const work = Array.from({ length: 20 }, () => inventory.add('wheat'))
        const closing = stockpile.close()
        const late = [
          inventory.add('wheat'),
          inventory.get('wheat'),
          inventory.all(),
          inventory.history(),
          stockpile.deal([inventory.plan.add('wheat')]),
          stockpile.transaction(async () => undefined),
          stockpile.migrate(),
          stockpile.verify(context.app),
        ]
        for (const call of late) await refusal(ClosedError, () => call)
        await Promise.all(work)
        await closing
        assert.equal(await context.tally().get('wheat'), 20n)
      },
    },
    {
      title: 'closing twice does nothing, and a rule comes before the end',
      notIn: own,
      run: async (context) => {
        const stockpile = context.another()
        const inventory = stockpile.tally(context.app, 'ann')
        await Promise.all([stockpile.close(), stockpile.close()])
        await stockpile.close()
        await refusal(ClosedError, () => inventory.add('wheat'))
        await refusal(InvalidArgumentError, () => inventory.add('wheat', -1))
      },
    },
    {
      title: 'a Stockpile that was never used can be closed',
      notIn: own,
      run: async (context) => {
        await context.another().close()
      },
    },
    {
      title: 'await using closes a Stockpile',
      notIn: own,
      run: async (context) => {
        let stockpile: Stockpile
        {
          await using inner = context.another()
          stockpile = inner
          await inner.tally(context.app, 'ann').add('wheat')
        }
        await refusal(ClosedError, () => stockpile.tally(context.app, 'ann').get('wheat'))
      },
    },
    {
      title: 'close lets an open transaction end, and what it does afterwards is refused and rolled back',
      notIn: own,
      run: async (context) => {
        const stockpile = context.another()
        const inventory = stockpile.tally(context.app, 'ann')
        const { promise: closing, resolve: close } = Promise.withResolvers<undefined>()
        const { promise: written, resolve: wrote } = Promise.withResolvers<undefined>()
        const work = stockpile.transaction(async () => {
          await inventory.add('wheat')
          wrote(undefined)
          await closing
          await inventory.add('wheat')
        })
        await written
        const closed = stockpile.close()
        close(undefined)
        await refusal(ClosedError, () => work)
        await closed
        assert.equal(await context.tally().get('wheat'), 0n)
      },
    },
    {
      title: 'what was acknowledged is there for the next Stockpile',
      notIn: own,
      run: async (context) => {
        const first = context.another()
        await first.tally(context.app, 'ann').add('wheat', 5, { key: 'k' })
        await first.close()
        const second = context.another()
        assert.equal(await second.tally(context.app, 'ann').get('wheat'), 5n)
        assert.equal(await second.tally(context.app, 'ann').add('wheat', 5, { key: 'k' }), 5n)
      },
    },
    {
      title: 'the core by its constructor is the inventory that tally answers',
      run: async (context) => {
        const core = new Tally(context.stockpile, context.app, 7)
        assert.equal(await core.add(1000, 5), 5n)
        assert.equal(await context.tally('7').get('1000'), 5n)
        assert.deepEqual([core.app, core.user, core.kind], [context.app, '7', 'tally'])
      },
    },
  ],
}
