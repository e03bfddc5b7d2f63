import assert from 'node:assert/strict'
import { InTransactionError, SecondDatabaseError, TransactionClosedError, TransactionTimeoutError } from '../index.ts'
import { opensItsOwn, type Suite } from './behaviour.ts'
import { leavesAllAsItWas, refusal } from './refusal.ts'

/** What a transaction refuses: calls after its end or its time, and what belongs outside of it. */
export const transactionLimits: Suite = {
  name: 'transaction limits',
  behaviours: [
    {
      title: 'a call after the end of its transaction is refused and writes nothing',
      notIn: opensItsOwn,
      run: async (context) => {
        const { promise: ended, resolve: end } = Promise.withResolvers<undefined>()
        const late: Promise<unknown>[] = []
        const calls: (() => Promise<unknown>)[] = [
          () => context.tally().add('wheat'),
          () => context.tally().get('wheat'),
          () => context.tally().all({ lock: true }),
          () => context.tally().history(),
          () => context.stockpile.deal([context.tally().plan.add('wheat')]),
          () => context.stockpile.transaction(async () => undefined),
          async () => context.stockpile.onCommit(() => undefined),
          async () => context.stockpile.onRollback(() => undefined),
        ]
        await context.stockpile.transaction(async () => {
          await context.tally().add('rye')
          for (const call of calls) late.push(ended.then(call))
        })
        await leavesAllAsItWas(context, async () => {
          const outcomes = Promise.allSettled(late)
          end(undefined)
          for (const outcome of await outcomes) {
            assert.ok(outcome.status === 'rejected' && outcome.reason instanceof TransactionClosedError)
          }
        })
      },
    },
    {
      title: 'a transaction that takes longer than timeoutMs is rolled back, and refuses what comes later',
      notIn: opensItsOwn,
      run: async (context) => {
        const { promise: ended, resolve: end } = Promise.withResolvers<undefined>()
        let late: Promise<unknown> = Promise.resolve()
        await leavesAllAsItWas(context, async () => {
          const error = await refusal(TransactionTimeoutError, () =>
            context.stockpile.transaction(
              async () => {
                await context.tally().add('wheat')
                late = refusal(TransactionTimeoutError, async () => {
                  await ended
                  await context.tally().add('wheat')
                })
                await ended
              },
              { timeoutMs: 30 },
            ),
          )
          assert.deepEqual([error.data, error.isRetryable], [{ timeoutMs: 30 }, true])
          assert.equal(await context.tally().add('rye'), 1n)
          await context.tally().subtract('rye')
          end(undefined)
          await late
        }).catch((error: unknown) => {
          // The two deals after the rollback are all that is there.
          assert.ok(error instanceof assert.AssertionError)
        })
        assert.deepEqual(
          (await context.tally().history()).map(({ item }) => item),
          ['rye', 'rye'],
        )
      },
    },
    {
      title: 'migrate and close are refused inside a transaction, which lives on',
      notIn: opensItsOwn,
      run: async (context) => {
        await context.stockpile.transaction(async () => {
          await context.tally().add('wheat')
          const migrating = await refusal(InTransactionError, () => context.stockpile.migrate())
          assert.match(migrating.message, /^migrate can not be called inside a transaction/)
          await refusal(InTransactionError, () => context.stockpile.migrate(['brand_new']))
          const closing = await refusal(InTransactionError, () => context.stockpile.close())
          assert.match(closing.message, /^close can not be called inside a transaction/)
          await context.tally().add('wheat')
        })
        assert.equal(await context.tally().get('wheat'), 2n)
      },
    },
    {
      title: 'another Stockpile inside a transaction is refused, and neither writes',
      notIn: opensItsOwn,
      run: async (context) => {
        const second = await context.elsewhere()
        await leavesAllAsItWas(context, async () => {
          const error = await refusal(SecondDatabaseError, () =>
            context.stockpile.transaction(async () => {
              await context.tally().add('wheat')
              await second.tally().add('wheat')
            }),
          )
          assert.match(error.message, /can not include .* use one Stockpile inside it/)
        })
        assert.equal(await second.tally().get('wheat'), 0n)
        await context.stockpile.transaction(async () => {
          await refusal(SecondDatabaseError, () => second.tally().get('wheat'))
          await refusal(SecondDatabaseError, () => second.stockpile.transaction(async () => undefined))
          await context.tally().add('wheat')
        })
        assert.equal(await context.tally().get('wheat'), 1n)
      },
    },
  ],
}
