import assert from 'node:assert/strict'
import type { Suite } from './behaviour.ts'
import { byHand, byOthers, expectByHand, goOn, holdingBy, serialsBy } from './by-hand.ts'

const wheat = "user_id = 'ann' AND item_id = 'wheat'"

/** That a change of a holding which didn't come through Stockpile is noticed, whoever makes it. */
export const changesByHand: Suite = {
  name: 'changes by hand',
  behaviours: [
    {
      title: 'a holding inserted by hand makes the account, or moves its version, and leaves an entry',
      notIn: byOthers,
      run: async (context) => {
        await byHand(context, holdingBy('ann', 'wheat', 5))
        assert.equal(await context.tally().get('wheat'), 5n)
        await expectByHand(context, 'ann', 1n, [['wheat', 5n, 5n]])
        await byHand(context, holdingBy('ann', 'rye', 2))
        await expectByHand(context, 'ann', 4n, [['rye', 2n, 2n]])
      },
    },
    {
      title: 'a holding inserted by hand into an account at version 0 is noticed',
      notIn: byOthers,
      run: async (context) => {
        await byHand(
          context,
          "INSERT INTO farm_stockpile_account (user_id, version, changed_at) VALUES ('ann', 0, 0)",
          holdingBy('ann', 'wheat', 5),
        )
        await expectByHand(context, 'ann', 1n, [['wheat', 5n, 5n]])
      },
    },
    {
      title: 'a quantity changed by hand moves the version and leaves an entry',
      notIn: byOthers,
      run: async (context) => {
        await context.tally().add('wheat', 5)
        await byHand(context, `UPDATE farm_stockpile_holding SET quantity = 7 WHERE ${wheat}`)
        assert.equal(await context.tally().get('wheat'), 7n)
        await expectByHand(context, 'ann', 2n, [['wheat', 2n, 7n]])
        await byHand(context, `UPDATE farm_stockpile_holding SET quantity = quantity - 8 WHERE ${wheat}`)
        await expectByHand(context, 'ann', 5n, [['wheat', -8n, 1n]])
      },
    },
    {
      title: 'a place in the order changed by hand moves the version and leaves an entry of nothing',
      notIn: byOthers,
      run: async (context) => {
        await context.tally().add('wheat', 5)
        await byHand(context, `UPDATE farm_stockpile_holding SET position = 7 WHERE ${wheat}`)
        await expectByHand(context, 'ann', 2n, [['wheat', 0n, 5n]])
      },
    },
    {
      title: 'a statement that leaves a row as it is leaves no entry',
      notIn: byOthers,
      run: async (context) => {
        await context.hybrid().add('wheat', 5)
        await context.serial().add('cow', context.serial().quantity([7n]))
        const before = await context.dump()
        await byHand(
          context,
          'UPDATE farm_stockpile_holding SET quantity = quantity, position = position',
          'UPDATE farm_stockpile_serial SET properties = properties',
        )
        assert.deepEqual(await context.dump(), before)
        await goOn(context, 'ann', 2n)
      },
    },
    {
      title: 'a holding deleted by hand moves the version and leaves an entry',
      notIn: byOthers,
      run: async (context) => {
        await context.stockpile.deal([context.tally().plan.add('wheat', 5), context.tally().plan.add('rye', 2)])
        await byHand(context, `DELETE FROM farm_stockpile_holding WHERE ${wheat}`)
        assert.equal(await context.tally().get('wheat'), 0n)
        await expectByHand(context, 'ann', 2n, [['wheat', -5n, 0n]])
        assert.equal(await context.tally().add('wheat', 3), 3n)
      },
    },
    {
      title: 'a holding set or inserted by hand with nothing in it is as none',
      notIn: byOthers,
      run: async (context) => {
        await context.stockpile.deal([context.tally().plan.add('wheat', 5), context.tally().plan.add('rye', 2)])
        await byHand(context, `UPDATE farm_stockpile_holding SET quantity = 0 WHERE ${wheat}`)
        assert.deepEqual([...(await context.tally().all()).keys()], ['rye'])
        await expectByHand(context, 'ann', 2n, [['wheat', -5n, 0n]])
        await byHand(context, holdingBy('ann', 'oats', 0))
        assert.deepEqual([...(await context.tally().all()).keys()], ['rye'])
        await expectByHand(context, 'ann', 5n, [['oats', 0n, 0n]])
        assert.equal(await context.tally().add('wheat', 3), 3n)
        assert.equal(await context.tally().add('oats', 3), 3n)
      },
    },
    {
      title: 'a holding given to another user by hand went there and came here',
      notIn: byOthers,
      run: async (context) => {
        for (let time = 0; time < 5; time += 1) await context.tally('ann').add('wheat', 1)
        await context.tally('bob').add('rye', 1)
        await byHand(context, `UPDATE farm_stockpile_holding SET user_id = 'bob' WHERE ${wheat}`)
        assert.equal(await context.tally('bob').get('wheat'), 5n)
        await expectByHand(context, 'ann', 6n, [['wheat', -5n, 0n]])
        await expectByHand(context, 'bob', 2n, [['wheat', 5n, 5n]])
      },
    },
    {
      title: 'a holding that becomes one of another item by hand went there and came here',
      notIn: byOthers,
      run: async (context) => {
        await context.tally('ann').add('wheat', 5)
        await byHand(context, `UPDATE farm_stockpile_holding SET item_id = 'rye', quantity = 4 WHERE ${wheat}`)
        assert.deepEqual([...(await context.tally('ann').all())], [['rye', 4n]])
        const [came, went] = await context.tally('ann').history()
        assert.deepEqual([went?.item, went?.change, went?.balance], ['wheat', -5n, 0n])
        assert.deepEqual([came?.item, came?.change, came?.balance], ['rye', 4n, 4n])
        await context.checkBooks()
        await goOn(context, 'ann', came?.version ?? 0n)
      },
    },
    {
      title: 'rows copied by hand from another account are noticed',
      notIn: byOthers,
      run: async (context) => {
        const [ann, bob] = [context.tally('ann'), context.tally('bob')]
        await context.stockpile.deal([ann.plan.add('wheat', 5), ann.plan.add('rye', 2), bob.plan.add('oats')])
        await byHand(
          context,
          `INSERT INTO farm_stockpile_holding (user_id, item_id, quantity, serials, position)
            SELECT 'bob', item_id, quantity, serials, position FROM farm_stockpile_holding WHERE ${wheat}`,
        )
        await expectByHand(context, 'bob', 2n, [['wheat', 5n, 5n]])
      },
    },
    {
      title: 'each statement of a transaction by hand is noticed',
      notIn: byOthers,
      run: async (context) => {
        await context.tally().add('wheat', 5)
        const foreign = await context.database.begin()
        await foreign.sql(`UPDATE farm_stockpile_holding SET quantity = 7 WHERE ${wheat}`)
        await foreign.sql(`DELETE FROM farm_stockpile_holding WHERE ${wheat}`)
        await foreign.sql(holdingBy('ann', 'wheat', 3))
        await foreign.sql('COMMIT')
        await foreign.end()
        await context.stockpile.relay()
        assert.equal(await context.tally().get('wheat'), 3n)
        const entries = await context.tally().history({ limit: 3 })
        assert.deepEqual(
          entries.map(({ change, balance }) => [change, balance]),
          [
            [3n, 3n],
            [-7n, 0n],
            [2n, 7n],
          ],
        )
        await context.checkBooks()
      },
    },
    {
      title: 'twenty thousand rows changed by one statement are noticed, each on its account',
      notIn: byOthers,
      run: async (context) => {
        const users = Array.from({ length: 10_000 }, (_user, index) => context.tally(`user ${index}`))
        await context.stockpile.deal(users.map(({ plan }) => plan.add('wheat', 2)))
        await context.stockpile.deal(users.map(({ plan }) => plan.add('rye', 3)))
        await byHand(context, 'UPDATE farm_stockpile_holding SET quantity = quantity + 1')
        const { accounts, entries, breaks } = await context.stockpile.verify(context.app)
        assert.deepEqual([accounts, entries, breaks], [10_000, 40_000, []])
        for (const user of ['user 0', 'user 4711', 'user 9999']) {
          const items = await context.tally(user).all()
          assert.deepEqual([items.version, items.get('wheat'), items.get('rye')], [4n, 3n, 4n])
          await goOn(context, user, 4n)
        }
      },
    },
    {
      title: 'rows inserted and deleted by one statement are noticed, several of one account too',
      notIn: byOthers,
      run: async (context) => {
        const names = Array.from({ length: 30 }, (_row, index) => [`user ${index % 3}`, `item_${index}`] as const)
        const rows = names.map(([user, item]) => `('${user}', '${item}', 4, 0)`)
        await byHand(
          context,
          `INSERT INTO farm_stockpile_holding (user_id, item_id, quantity, serials) VALUES ${rows.join(', ')}`,
          serialsBy('user 1', 'cow', 1, 2, 3),
          serialsBy('user 2', 'cow', 4, 5),
        )
        assert.deepEqual(
          await Promise.all(
            [0, 1, 2].map(async (user) => {
              const { version, size } = await context.hybrid(`user ${user}`).all()
              return [version, size]
            }),
          ),
          [
            [10n, 10],
            [13n, 11],
            [12n, 11],
          ],
        )
        await context.checkBooks()
        await goOn(context, 'user 1', 13n)
        await byHand(context, 'DELETE FROM farm_stockpile_serial', 'DELETE FROM farm_stockpile_holding')
        for (const user of [0, 1, 2]) assert.equal((await context.hybrid(`user ${user}`).all()).size, 0)
        await context.checkBooks()
      },
    },
    {
      title: 'what was changed by hand and rolled back was never there',
      notIn: byOthers,
      run: async (context) => {
        await context.tally('ann').add('wheat', 5)
        const before = await context.dump()
        const foreign = await context.database.begin()
        await foreign.sql(`UPDATE farm_stockpile_holding SET quantity = 7 WHERE ${wheat}`)
        await foreign.sql(holdingBy('bob', 'wheat', 5))
        await foreign.end()
        assert.deepEqual(await context.dump(), before)
        await goOn(context, 'ann', 1n)
      },
    },
    {
      title: 'what Stockpile does is never taken for a change by hand',
      notIn: byOthers,
      run: async (context) => {
        const { stockpile } = context
        const [ann, bob] = [context.hybrid('ann'), context.hybrid('bob')]
        await ann.add('cow', ann.quantity([1n, 2n, 3n]))
        await ann.add('cow', 5)
        await ann.convert('cow', 2)
        await ann.subtract('cow', 1)
        await ann.set('cow', ann.quantity([2n, 3n, 9n]))
        await ann.add('wheat', 4)
        await stockpile.deal([ann.plan.subtract('wheat', 4), bob.plan.add('wheat', 4), ann.plan.add('wheat', 1)])
        await stockpile.transaction(async () => {
          await bob.add('cow', 2)
          await stockpile
            .transaction(async () => {
              await bob.set('cow', 0)
              throw new Error('undone')
            })
            .catch(() => undefined)
          await bob.subtract('cow', 1)
          await bob.add('cow', 1)
          await ann.set('cow', 0)
        })
        for (const user of ['ann', 'bob']) {
          const entries = await context.hybrid(user).history()
          assert.ok(entries.length > 0 && entries.every(({ data }) => data === null))
        }
      },
    },
  ],
}
