import assert from 'node:assert/strict'
import type { Storage } from '../index.ts'
import type { Suite } from './behaviour.ts'
import { byHand, byOthers, holdingBy, serialsBy } from './by-hand.ts'
import { withStorage } from './whole-accounts.ts'

type AccountName = Parameters<Storage['fetchWhole']>[0][number]

/** Takes all that is on the list; `app user`, each once and sorted. */
async function takeAll(storage: Storage, accountsMax = 100): Promise<string[]> {
  const taken: string[] = []
  for (;;) {
    const count = await storage.takeChanges(accountsMax, async (accounts) => {
      assert.ok(accounts.length > 0 && accounts.length <= accountsMax)
      taken.push(...accounts.map(({ app, user }) => `${app} ${user}`))
    })
    if (count === 0) return [...new Set(taken)].sort()
  }
}

async function note(storage: Storage, accounts: readonly AccountName[]): Promise<void> {
  const session = await storage.begin()
  await session.noteChanges(accounts)
  await session.commit(null, [])
}

/** The list of accounts whose cached value is to be removed. */
export const changeList: Suite = {
  name: 'list of changes',
  behaviours: [
    {
      title: 'without a cache, changes by hand are put on no list',
      notIn: byOthers,
      run: (context) =>
        withStorage(context, async (storage) => {
          await byHand(context, holdingBy('ann', 'wheat', 5), serialsBy('ann', 'cow', 7))
          assert.deepEqual(await takeAll(storage), [])
        }),
    },
    {
      title: 'with a cache, every account changed by hand is on the list',
      notIn: byOthers,
      run: async (context) => {
        await context.stockpile.deal(['eve', 'dan', 'kim'].map((user) => context.tally(user).plan.add('wheat', 5)))
        await context.serial('kim').add('cow', context.serial('kim').quantity([8n]))
        await withStorage(context, async (storage) => {
          await storage.noteCache(null, 'some cache')
          await byHand(context, holdingBy('ann', 'wheat', 5), serialsBy('bob', 'cow', 7))
          assert.deepEqual(await takeAll(storage), ['farm ann', 'farm bob'])
          await byHand(context, "UPDATE farm_stockpile_holding SET user_id = 'zoe' WHERE user_id = 'eve'")
          assert.deepEqual(await takeAll(storage), ['farm eve', 'farm zoe'])
          await byHand(context, "DELETE FROM farm_stockpile_holding WHERE user_id IN ('ann', 'bob', 'dan')")
          assert.deepEqual(await takeAll(storage), ['farm ann', 'farm bob', 'farm dan'])
          await byHand(context, `UPDATE farm_stockpile_serial SET properties = '{"name":"Elsa"}'`)
          assert.deepEqual(await takeAll(storage), ['farm kim'])
          await byHand(context, 'UPDATE farm_stockpile_holding SET quantity = quantity + 1')
          assert.deepEqual(await takeAll(storage, 1), ['farm kim', 'farm zoe'])
          await storage.noteCache('some cache', null)
        })
      },
    },
    {
      title: 'what a session notes is on the list when it is committed, and not when it is rolled back',
      notIn: byOthers,
      run: (context) =>
        withStorage(context, async (storage) => {
          const { app, otherApp } = context
          await note(storage, [
            { app, user: "o'neil" },
            { app: otherApp, user: '☕' },
          ])
          const session = await storage.begin()
          await session.noteChanges([{ app, user: 'bob' }])
          await session.savepoint(1)
          await session.noteChanges([{ app, user: 'eve' }])
          await session.restore(1)
          await session.noteChanges([])
          await session.rollback()
          assert.deepEqual(await takeAll(storage), [`farm o'neil`, 'mill_2 ☕'])
          assert.deepEqual(await takeAll(storage), [])
        }),
    },
    {
      title: 'what could not be worked on stays on the list',
      notIn: byOthers,
      run: (context) =>
        withStorage(context, async (storage) => {
          await note(storage, [{ app: context.app, user: 'ann' }])
          const fault = new Error('the cache is away')
          const failing = storage.takeChanges(10, () => Promise.reject(fault))
          await assert.rejects(failing, (error) => error === fault)
          assert.deepEqual(await takeAll(storage), ['farm ann'])
        }),
    },
    {
      title: 'an account that changes again while it is taken is on the list again',
      notIn: byOthers,
      run: (context) =>
        withStorage(context, async (storage) => {
          await note(storage, [{ app: context.app, user: 'ann' }])
          const count = await storage.takeChanges(10, async () => {
            await note(storage, [{ app: context.app, user: 'ann' }])
          })
          assert.equal(count, 1)
          assert.deepEqual(await takeAll(storage), ['farm ann'])
        }),
    },
    {
      title: 'two who take at once take different accounts, and nobody waits',
      notIn: byOthers,
      run: (context) =>
        withStorage(context, async (storage) => {
          const users = ['ann', 'bob', 'eve', 'kim']
          await note(
            storage,
            users.map((user) => ({ app: context.app, user })),
          )
          const [first, second]: string[][] = [[], []]
          await storage.takeChanges(2, async (mine) => {
            first?.push(...mine.map(({ user }) => user))
            await storage.takeChanges(4, async (theirs) => {
              second?.push(...theirs.map(({ user }) => user))
            })
          })
          assert.deepEqual([first?.length, second?.length], [2, 2])
          assert.deepEqual([...(first ?? []), ...(second ?? [])].sort(), users)
          assert.deepEqual(await takeAll(storage), [])
        }),
    },
    {
      title: 'where the database can tell, a listener is woken when there is something to take',
      notIn: byOthers,
      run: (context) =>
        withStorage(context, async (storage) => {
          await storage.noteCache(null, 'some cache')
          let wake: () => void = () => undefined
          const woken = new Promise<void>((resolve) => {
            wake = resolve
          })
          const end = await storage.listen(wake)
          assert.equal(end === null, storage.dialect !== 'postgres')
          await byHand(context, holdingBy('ann', 'wheat', 5))
          if (end !== null) {
            await woken
            await end()
          }
          assert.deepEqual(await takeAll(storage), ['farm ann'])
          await storage.noteCache('some cache', null)
        }),
    },
  ],
}
