import assert from 'node:assert/strict'
import { ConflictError, NoTransactionError } from '../index.ts'
import { opensItsOwn, type Suite } from './behaviour.ts'
import type { Context } from './context.ts'
import { refusal } from './refusal.ts'

class Mishap extends Error {}

async function mishap(): Promise<never> {
  throw new Mishap()
}

/** Runs work in a transaction, failing or not, and tells which callbacks ran in which order. */
async function told(context: Context, work: (tell: (name: string) => void) => Promise<unknown>): Promise<string[]> {
  const names: string[] = []
  const tell = (name: string): void => {
    context.stockpile.onCommit(() => names.push(`${name} committed`))
    context.stockpile.onRollback(() => names.push(`${name} rolled back`))
  }
  await context.stockpile
    .transaction(() => work(tell))
    .catch((error: unknown) => assert.ok(error instanceof Mishap, String(error)))
  return names
}

/** What onCommit and onRollback promise. */
export const callbacks: Suite = {
  name: 'callbacks',
  behaviours: [
    {
      title: 'onCommit callbacks run once, in order, after the commit is certain',
      notIn: opensItsOwn,
      run: async (context) => {
        const seen: string[] = []
        await context.stockpile.transaction(async () => {
          context.stockpile.onCommit(async () => {
            seen.push(`one sees ${await context.tally().get('wheat')}`)
          })
          context.stockpile.onCommit(() => seen.push('two'))
          context.stockpile.onRollback(() => seen.push('never'))
          await context.tally().add('wheat', 5)
          assert.deepEqual(seen, [])
        })
        assert.deepEqual(seen, ['one sees 5', 'two'])
      },
    },
    {
      title: 'onRollback callbacks run once, in order, after the rollback',
      notIn: opensItsOwn,
      run: async (context) => {
        const seen: string[] = []
        const work = context.stockpile.transaction(async () => {
          context.stockpile.onRollback(async () => {
            seen.push(`one sees ${await context.tally().get('wheat')}`)
          })
          context.stockpile.onRollback(() => seen.push('two'))
          context.stockpile.onCommit(() => seen.push('never'))
          await context.tally().add('wheat', 5)
          await mishap()
        })
        await assert.rejects(work, Mishap)
        assert.deepEqual(seen, ['one sees 0', 'two'])
      },
    },
    {
      title: 'a callback may write: it is outside of the transaction',
      notIn: opensItsOwn,
      run: async (context) => {
        await context.stockpile.transaction(async () => {
          context.stockpile.onCommit(() => context.tally('bob').add('gold', 1))
          context.stockpile.onCommit(() => context.stockpile.transaction(() => context.tally('bob').add('gold', 2)))
          await context.tally().add('wheat')
        })
        assert.equal(await context.tally('bob').get('gold'), 3n)
      },
    },
    {
      title: 'a callback that throws is reported, and changes neither the outcome nor the other callbacks',
      notIn: opensItsOwn,
      run: async (context) => {
        const seen: string[] = []
        const answer = await context.stockpile.transaction(async () => {
          context.stockpile.onCommit(() => {
            throw new Mishap('at once')
          })
          context.stockpile.onCommit(async () => {
            throw new Mishap('later')
          })
          context.stockpile.onCommit(() => seen.push('third'))
          await context.tally().add('wheat')
          return 'done'
        })
        assert.deepEqual([answer, seen, await context.tally().get('wheat')], ['done', ['third'], 1n])
        const work = context.stockpile.transaction(async () => {
          context.stockpile.onRollback(() => {
            throw new TypeError('of the callback')
          })
          await mishap()
        })
        await assert.rejects(work, Mishap)
        assert.equal(context.logged.length, 3)
        for (const { message } of context.logged) assert.match(message, /a callback .* threw; the outcome .* stands/)
      },
    },
    {
      title: 'callbacks outside of a transaction are refused',
      notIn: { transaction: 'it is about being outside' },
      run: async (context) => {
        const one = await refusal(NoTransactionError, () => context.stockpile.onCommit(() => undefined))
        assert.equal(one.message, 'onCommit works only inside the callback of transaction()')
        const two = await refusal(NoTransactionError, () => context.stockpile.onRollback(() => undefined))
        assert.equal(two.message, 'onRollback works only inside the callback of transaction()')
      },
    },
    {
      title: 'callbacks of a nested transaction wait for the commit of the outermost',
      notIn: opensItsOwn,
      run: async (context) => {
        const names = await told(context, async (tell) => {
          tell('outer before')
          await context.stockpile.transaction(async () => tell('inner'))
          tell('outer after')
        })
        assert.deepEqual(names, ['outer before committed', 'inner committed', 'outer after committed'])
      },
    },
    {
      title: 'callbacks of a nested transaction that succeeded run at the rollback of the outermost',
      notIn: opensItsOwn,
      run: async (context) => {
        const names = await told(context, async (tell) => {
          tell('outer')
          await context.stockpile.transaction(async () => tell('inner'))
          await mishap()
        })
        assert.deepEqual(names, ['outer rolled back', 'inner rolled back'])
      },
    },
    {
      title: 'a nested transaction that fails calls back for its rollback once, and never for a commit',
      notIn: opensItsOwn,
      run: async (context) => {
        for (const isOuterFailing of [false, true]) {
          const names = await told(context, async (tell) => {
            tell('outer')
            await context.stockpile
              .transaction(async () => {
                tell('inner')
                await context.stockpile.transaction(async () => tell('innermost'))
                await mishap()
              })
              .catch(() => undefined)
            if (isOuterFailing) await mishap()
          })
          const outer = isOuterFailing ? 'outer rolled back' : 'outer committed'
          assert.deepEqual(names, ['inner rolled back', 'innermost rolled back', outer])
        }
      },
    },
    {
      title: 'each try that is rolled back calls back for it, and the last one for the commit',
      notIn: opensItsOwn,
      run: async (context) => {
        let tries = 0
        const names = await told(context, async (tell) => {
          tries += 1
          tell(`try ${tries}`)
          await context.tally().add('wheat')
          if (tries < 3) throw new ConflictError('somebody was first')
        })
        assert.deepEqual(names, ['try 1 rolled back', 'try 2 rolled back', 'try 3 committed'])
      },
    },
    {
      title: 'callbacks run for a transaction that wrote nothing, too',
      notIn: opensItsOwn,
      run: async (context) => {
        assert.deepEqual(await told(context, async (tell) => tell('idle')), ['idle committed'])
      },
    },
  ],
}
