import assert from 'node:assert/strict'
import { DatabaseError, TablesMissingError, type Storage } from '../index.ts'
import type { Suite } from './behaviour.ts'
import { byHand, byOthers, expectByHand, goOn, holdingBy } from './by-hand.ts'
import { refusal } from './refusal.ts'
import { withStorage } from './whole-accounts.ts'

const more = 'UPDATE farm_stockpile_holding SET quantity = quantity + 10'

async function generationOf(
  storage: Storage,
  app: string,
): Promise<readonly [bigint | undefined, boolean | undefined]> {
  const [answer] = await storage.fetchWhole([{ app, user: 'ann' }])
  return [answer?.generation, answer?.isGenerationUnlocked]
}

/** A change of an app by the user's own SQL, as the storage does it. */
export const bulk: Suite = {
  name: 'bulk changes',
  behaviours: [
    {
      title: 'a bulk change is written with its history, moves the generation by one, and puts nobody on the list',
      notIn: byOthers,
      run: async (context) => {
        await context.stockpile.deal(['ann', 'bob'].map((user) => context.tally(user).plan.add('wheat', 5)))
        await withStorage(context, async (storage) => {
          await storage.noteCache(null, 'some cache')
          const session = await storage.bulk(context.app)
          assert.equal(session.generation, 2n)
          await session.run(more, [])
          await session.run(holdingBy('eve', 'rye', 1), [])
          await session.commit()
          assert.deepEqual(await generationOf(storage, context.app), [2n, true])
          assert.deepEqual(await generationOf(storage, context.otherApp), [1n, true])
          assert.equal(await storage.takeChanges(10, () => Promise.resolve()), 0)
          await byHand(context, holdingBy('kim', 'rye', 1))
          assert.equal(await storage.takeChanges(10, () => Promise.resolve()), 1)
          await storage.noteCache('some cache', null)
        })
        await expectByHand(context, 'ann', 2n, [['wheat', 10n, 15n]])
        await expectByHand(context, 'eve', 1n, [['rye', 1n, 1n]])
        assert.equal(await context.tally('bob').get('wheat'), 15n)
      },
    },
    {
      title: 'what a bulk change inserts, updates and deletes is written with its history, beside what deals do',
      notIn: byOthers,
      run: async (context) => {
        await context.tally('ann').add('wheat', 5)
        await context.stockpile.transaction(() => context.tally('ann').add('rye', 1))
        await context.stockpile.bulk(context.app, async (sql) => {
          await sql(holdingBy('ann', 'oats', 4))
          await sql("UPDATE farm_stockpile_holding SET quantity = 7 WHERE item_id = 'wheat'")
          await sql("DELETE FROM farm_stockpile_holding WHERE item_id = 'rye'")
        })
        await expectByHand(context, 'ann', 5n, [
          ['oats', 4n, 4n],
          ['wheat', 2n, 7n],
          ['rye', -1n, 0n],
        ])
      },
    },
    {
      title: 'a bulk change that changes another app puts its accounts on the list',
      notIn: byOthers,
      run: async (context) => {
        const { app, otherApp: other, stockpile } = context
        await stockpile.deal([app, other].map((some) => stockpile.tally(some, 'ann').plan.add('wheat', 5)))
        await withStorage(context, async (storage) => {
          await storage.noteCache(null, 'some cache')
          const session = await storage.bulk(app)
          await session.run(more, [])
          await session.run(more.replace('farm', other), [])
          await session.commit()
          const listed: object[] = []
          await storage.takeChanges(10, async (accounts) => void listed.push(...accounts))
          assert.deepEqual(listed, [{ app: other, user: 'ann' }])
          await storage.noteCache('some cache', null)
        })
        assert.equal(await stockpile.tally(other, 'ann').get('wheat'), 15n)
      },
    },
    {
      title: 'a bulk change that is rolled back leaves everything as it was',
      notIn: byOthers,
      run: async (context) => {
        await context.tally('ann').add('wheat', 5)
        const before = await context.dump()
        await withStorage(context, async (storage) => {
          const session = await storage.bulk(context.app)
          await session.run(more, [])
          await session.rollback()
          assert.deepEqual(await generationOf(storage, context.app), [1n, true])
        })
        assert.deepEqual(await context.dump(), before)
        await goOn(context, 'ann', 1n)
      },
    },
    {
      title: 'while a bulk change is open, everybody sees the old generation, and that it is locked',
      notIn: byOthers,
      run: async (context) => {
        await context.tally('ann').add('wheat', 5)
        await withStorage(context, (reader) =>
          withStorage(context, async (storage) => {
            const session = await storage.bulk(context.app)
            assert.deepEqual(await generationOf(reader, context.app), [1n, false])
            assert.deepEqual(await generationOf(storage, context.app), [1n, false])
            await session.run(more, [])
            assert.equal(await context.tally('ann').get('wheat'), 5n)
            await session.commit()
            assert.deepEqual(await generationOf(reader, context.app), [2n, true])
          }),
        )
      },
    },
    {
      title: 'bulk changes of an app are made one after the other',
      notIn: byOthers,
      run: (context) =>
        withStorage(context, async (storage) => {
          const first = await storage.bulk(context.app)
          const order: string[] = []
          const waiting = storage.bulk(context.app).then(async (second) => {
            order.push('second')
            assert.equal(second.generation, 3n)
            await second.rollback()
          })
          for (let read = 0; read < 5; read += 1) await generationOf(storage, context.app)
          order.push('first')
          await first.commit()
          await waiting
          assert.deepEqual(order, ['first', 'second'])
          assert.deepEqual(await generationOf(storage, context.app), [2n, true])
        }),
    },
    {
      title: 'statements of a bulk change take parameters and answer rows',
      notIn: byOthers,
      run: async (context) => {
        await context.stockpile.deal(['ann', 'bob'].map((user) => context.tally(user).plan.add('wheat', 5)))
        await withStorage(context, async (storage) => {
          const [one, two] = storage.dialect === 'postgres' ? ['$1', '$2'] : ['?', '?']
          const session = await storage.bulk(context.app)
          try {
            const change = `UPDATE farm_stockpile_holding SET quantity = ${one} WHERE user_id = ${two}`
            assert.deepEqual(await session.run(change, [7n, "o'neil"]), { rows: [], count: 0 })
            assert.deepEqual(await session.run(change, [7, 'ann']), { rows: [], count: 1 })
            const { rows, count } = await session.run(
              `SELECT user_id, item_id FROM farm_stockpile_holding WHERE quantity = ${one} AND item_id = ${two}`,
              [7n, 'wheat'],
            )
            assert.equal(count, 1)
            assert.deepEqual(
              rows.map((row) => ({ ...row })),
              [{ user_id: 'ann', item_id: 'wheat' }],
            )
          } finally {
            await session.rollback()
          }
        })
      },
    },
    {
      title: 'a statement that the database refuses fails with its reason, and what was done can be rolled back',
      notIn: byOthers,
      run: async (context) => {
        await context.tally('ann').add('wheat', 5)
        const before = await context.dump()
        await withStorage(context, async (storage) => {
          const session = await storage.bulk(context.app)
          await session.run(more, [])
          await refusal(DatabaseError, () => session.run('UPDATE farm_stockpile_holding SET quantity = -1', []))
          await session.rollback()
          const again = await storage.bulk(context.app)
          const doubled = `INSERT INTO farm_stockpile_holding (user_id, item_id, quantity) VALUES ('ann', 'wheat', 1)`
          await refusal(DatabaseError, () => again.run(doubled, []))
          await again.rollback()
          assert.deepEqual(await generationOf(storage, context.app), [1n, true])
        })
        assert.deepEqual(await context.dump(), before)
      },
    },
    {
      title: 'a statement that would end the transaction of a bulk change is refused, or found before it is committed',
      notIn: byOthers,
      run: async (context) => {
        await context.tally('ann').add('wheat', 5)
        await withStorage(context, async (storage) => {
          for (const statement of ['COMMIT', ' /* done */ commit', 'ROLLBACK', '-- over\nROLLBACK;']) {
            const session = await storage.bulk(context.app)
            await session.run(more, [])
            await assert.rejects(async () => {
              await session.run(statement, [])
              await session.commit()
            }, /COMMIT|transaction/)
            await session.rollback()
          }
          const session = await storage.bulk(context.app)
          await session.run(more, [])
          await session.commit()
        })
        await context.checkBooks()
        await goOn(context, 'ann', (await context.tally('ann').all()).version)
      },
    },
    {
      title: 'a bulk change of an app without tables is refused',
      notIn: byOthers,
      run: (context) =>
        withStorage(context, async (storage) => {
          const error = await refusal(TablesMissingError, () => storage.bulk('nowhere'))
          assert.equal(error.app, 'nowhere')
          // Nothing of it is left open.
          const session = await storage.bulk(context.app)
          await session.rollback()
        }),
    },
  ],
}
