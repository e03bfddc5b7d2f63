import assert from 'node:assert/strict'
import { CacheMismatchError, InTransactionError, type Storage } from '../index.ts'
import type { Suite } from './behaviour.ts'
import { byOthers } from './by-hand.ts'
import { refusal } from './refusal.ts'
import { withStorage } from './whole-accounts.ts'

type Session = Awaited<ReturnType<Storage['begin']>>
type Names = Parameters<Session['load']>[0]

function namesOf(app: string, ...users: readonly string[]): Names {
  return { apps: [{ app, users, holdings: [], serials: [] }], keys: [] }
}

/** Does something in a session that is rolled back. */
async function inSession<T>(storage: Storage, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await storage.begin()
  try {
    return await work(session)
  } finally {
    await session.rollback()
  }
}

/** How the database remembers which cache there is. */
export const cacheNotes: Suite = {
  name: 'notes about the cache',
  behaviours: [
    {
      title: 'the note is replaced only by whoever knows it',
      notIn: byOthers,
      run: (context) =>
        withStorage(context, async (storage) => {
          assert.equal(await storage.cacheNote(), null)
          assert.equal(await storage.noteCache('wrong', 'first'), null)
          assert.equal(await storage.cacheNote(), null)
          assert.equal(await storage.noteCache(null, 'first {"☕": "\'"}'), 'first {"☕": "\'"}')
          assert.equal(await storage.noteCache(null, 'second'), 'first {"☕": "\'"}')
          assert.equal(await storage.cacheNote(), 'first {"☕": "\'"}')
          assert.equal(await storage.noteCache('first {"☕": "\'"}', 'second'), 'second')
          assert.equal(await storage.noteCache('first {"☕": "\'"}', null), 'second')
          assert.equal(await storage.noteCache('second', null), null)
          assert.equal(await storage.cacheNote(), null)
          assert.equal(await storage.noteCache(null, null), null)
        }),
    },
    {
      title: 'what is noted can be asked for and forgotten by anybody, outside of transactions',
      notIn: byOthers,
      run: (context) =>
        withStorage(context, async (storage) => {
          const { stockpile } = context
          assert.equal(await stockpile.cacheNote(), null)
          await storage.noteCache(null, 'some "cache"')
          const note = { name: 'some "cache"', since: null, process: null, isAbandoned: false }
          assert.deepEqual(await stockpile.cacheNote(), note)
          await refusal(InTransactionError, () => stockpile.transaction(() => stockpile.forgetCache()))
          await refusal(InTransactionError, () => stockpile.transaction(() => stockpile.cacheNote()))
          assert.deepEqual(await stockpile.forgetCache(), note)
          assert.equal(await stockpile.cacheNote(), null)
          assert.equal(await stockpile.forgetCache(), null)
        }),
    },
    {
      title: 'of those who note something at once one wins, and all are told who',
      notIn: byOthers,
      run: (context) =>
        withStorage(context, (first) =>
          withStorage(context, async (second) => {
            for (let round = 0; round < 5; round += 1) {
              const before = await first.cacheNote()
              const answers = await Promise.all(
                [first, second, first, second].map((storage, index) =>
                  storage.noteCache(before, `round ${round}, ${index}`),
                ),
              )
              const note = await second.cacheNote()
              assert.deepEqual(
                answers,
                answers.map(() => note),
              )
              assert.match(note ?? '', new RegExp(`^round ${round}`))
            }
          }),
        ),
    },
    {
      title: 'a session that locks accounts is told the note',
      notIn: byOthers,
      run: async (context) => {
        await context.tally('ann').add('wheat')
        await withStorage(context, async (storage) => {
          const names = namesOf(context.app, 'ann', 'nobody')
          for (const wait of ['skip', 'wait'] as const) {
            const loaded = await inSession(storage, (session) => session.load(names, wait))
            assert.equal(loaded.cache, null)
          }
          await storage.noteCache(null, 'some "cache"')
          for (const wait of ['skip', 'wait'] as const) {
            const loaded = await inSession(storage, (session) => session.load(names, wait))
            assert.deepEqual(
              [loaded.cache, loaded.accounts.map(({ user, version }) => [user, version])],
              ['some "cache"', [['ann', 1n], ...loaded.accounts.slice(1).map(() => ['nobody', 0n])]],
            )
          }
        })
      },
    },
    {
      title: 'a session is told what was noted after it began, and before it got its locks',
      notIn: byOthers,
      needs: 'canRowLock',
      run: async (context) => {
        await context.stockpile.deal(['ann', 'bob'].map((user) => context.tally(user).plan.add('wheat')))
        await withStorage(context, async (storage) => {
          await inSession(storage, async (session) => {
            const first = await session.load(namesOf(context.app, 'bob'), 'wait')
            assert.equal(first.cache, null)
            const foreign = await context.database.begin()
            let loading: ReturnType<Session['load']> | undefined
            try {
              await foreign.sql("UPDATE farm_stockpile_account SET changed_at = changed_at WHERE user_id = 'ann'")
              loading = session.load(namesOf(context.app, 'ann'), 'wait')
              // Time enough for the question to reach the database and wait there.
              for (let read = 0; read < 10; read += 1) await storage.cacheNote()
              assert.equal(await storage.noteCache(null, 'noted meanwhile'), 'noted meanwhile')
            } finally {
              await foreign.end()
            }
            assert.equal((await loading).cache, 'noted meanwhile')
          })
        })
      },
    },
    {
      title: 'a bulk change of somebody without the cache is refused before its first statement',
      notIn: byOthers,
      run: (context) =>
        withStorage(context, async (storage) => {
          await context.tally('ann').add('wheat')
          await storage.noteCache(null, 'some "cache"')
          let runs = 0
          const work = async (): Promise<void> => {
            runs += 1
          }
          await refusal(CacheMismatchError, () => context.stockpile.bulk(context.app, work))
          assert.equal(runs, 0)
        }),
    },
    {
      title: 'a bulk change that began before there was a cache is refused at its end',
      notIn: byOthers,
      needs: 'canRowLock',
      run: (context) =>
        withStorage(context, async (storage) => {
          await context.tally('ann').add('wheat', 5)
          const before = await context.dump()
          const change = context.stockpile.bulk(context.app, async (sql) => {
            await sql('UPDATE farm_stockpile_holding SET quantity = 7')
            await storage.noteCache(null, 'noted meanwhile')
          })
          await refusal(CacheMismatchError, () => change)
          assert.deepEqual(await context.dump(), before)
        }),
    },
  ],
}
