import assert from 'node:assert/strict'
import type { Suite } from './behaviour.ts'
import { byHand, byOthers, expectByHand, goOn, serialsBy } from './by-hand.ts'

const cows = "user_id = 'ann' AND item_id = 'cow'"

/** That a change of serials which didn't come through Stockpile is noticed, and that holdings go along with it. */
export const serialsByHand: Suite = {
  name: 'serials by hand',
  behaviours: [
    {
      title: 'serials inserted by hand make their holding, or are counted in it',
      notIn: byOthers,
      run: async (context) => {
        await byHand(context, serialsBy('ann', 'cow', 7))
        assert.deepEqual((await context.serial().get('cow')).serials(), [7n])
        await expectByHand(context, 'ann', 1n, [['cow', 1n, 1n, { in: [7n] }]])
        await context.hybrid().subtract('cow', 2)
        await byHand(context, serialsBy('ann', 'cow', 9))
        assert.deepEqual((await context.hybrid().get('cow')).serials(), [7n, 9n])
        await expectByHand(context, 'ann', 5n, [['cow', 1n, 2n, { in: [9n] }]])
      },
    },
    {
      title: 'serials deleted by hand go from their holding, and the last one takes it along',
      notIn: byOthers,
      run: async (context) => {
        await context.serial().add('cow', context.serial().quantity([7n, 9n]))
        await byHand(context, `DELETE FROM farm_stockpile_serial WHERE ${cows} AND serial = 7`)
        assert.deepEqual((await context.serial().get('cow')).serials(), [9n])
        await byHand(context, `DELETE FROM farm_stockpile_serial WHERE ${cows}`)
        assert.equal((await context.serial().all()).size, 0)
        await expectByHand(context, 'ann', 3n, [
          ['cow', -1n, 1n, { out: [7n] }],
          ['cow', -1n, 0n, { out: [9n] }],
        ])
        assert.deepEqual((await context.serial('bob').add('cow', [7n, 9n])).serials(), [7n, 9n])
      },
    },
    {
      title: 'a holding keeps its count when its serials are deleted by hand',
      notIn: byOthers,
      run: async (context) => {
        await context.hybrid().add('cow', 4)
        await context.hybrid().add('cow', context.hybrid().quantity([7n]))
        await byHand(context, `DELETE FROM farm_stockpile_serial WHERE ${cows}`)
        const quantity = await context.hybrid().get('cow')
        assert.deepEqual([quantity.tally(), quantity.serials()], [4n, []])
        await expectByHand(context, 'ann', 3n, [['cow', -1n, 4n, { out: [7n] }]])
      },
    },
    {
      title: 'properties and numbers of serials changed by hand leave entries that name them',
      notIn: byOthers,
      run: async (context) => {
        await context.hybrid().add('cow', 4)
        await context.hybrid().add('cow', context.hybrid().quantity([7n]))
        await byHand(context, `UPDATE farm_stockpile_serial SET properties = '{"name":"Elsa"}' WHERE serial = 7`)
        assert.deepEqual((await context.hybrid().get('cow')).get(7n), { name: 'Elsa' })
        await byHand(context, 'UPDATE farm_stockpile_serial SET serial = 8 WHERE serial = 7')
        assert.deepEqual((await context.hybrid().get('cow')).get(8n), { name: 'Elsa' })
        await expectByHand(context, 'ann', 4n, [
          ['cow', 0n, 5n, { set: [7n] }],
          ['cow', 0n, 5n, { in: [8n], out: [7n] }],
        ])
      },
    },
    {
      title: 'a holding deleted by hand takes its serials along and names them',
      notIn: byOthers,
      run: async (context) => {
        await context.hybrid().add('cow', 4)
        await context.hybrid().add('cow', context.hybrid().quantity([7n, 9n]))
        await byHand(context, `DELETE FROM farm_stockpile_holding WHERE ${cows}`)
        assert.equal((await context.hybrid().all()).size, 0)
        await expectByHand(context, 'ann', 3n, [['cow', -6n, 0n, { out: [7n, 9n] }]])
        assert.deepEqual((await context.serial('bob').add('cow', [7n, 9n])).serials(), [7n, 9n])
      },
    },
    {
      title: 'a holding given to another user by hand takes its serials along',
      notIn: byOthers,
      run: async (context) => {
        for (let time = 0; time < 4; time += 1) await context.hybrid('ann').add('cow')
        await context.hybrid('ann').add('cow', context.hybrid().quantity([7n, 9n]))
        await byHand(context, `UPDATE farm_stockpile_holding SET user_id = 'bob' WHERE ${cows}`)
        const quantity = await context.hybrid('bob').get('cow')
        assert.deepEqual([quantity.tally(), quantity.serials()], [4n, [7n, 9n]])
        await expectByHand(context, 'ann', 6n, [['cow', -6n, 0n, { out: [7n, 9n] }]])
        await expectByHand(context, 'bob', 1n, [['cow', 6n, 6n, { in: [7n, 9n] }]])
        await context.hybrid('bob').add('cow', context.hybrid('bob').quantity([[7n, { name: 'Elsa' }]]))
        await context.hybrid('bob').subtract('cow', [9n])
        assert.equal((await context.hybrid('bob').all()).version, 5n)
      },
    },
    {
      title: 'a serial given to another user by hand went there and came here',
      notIn: byOthers,
      run: async (context) => {
        for (let time = 0; time < 4; time += 1) await context.hybrid('ann').add('cow')
        await context.hybrid('ann').add('cow', context.hybrid().quantity([7n]))
        await context.hybrid('bob').add('wheat')
        await byHand(context, "UPDATE farm_stockpile_serial SET user_id = 'bob' WHERE serial = 7")
        assert.deepEqual((await context.hybrid('bob').get('cow')).serials(), [7n])
        await expectByHand(context, 'ann', 6n, [['cow', -1n, 4n, { out: [7n] }]])
        await expectByHand(context, 'bob', 2n, [['cow', 1n, 1n, { in: [7n] }]])
        await context.hybrid('bob').add('cow', context.hybrid('bob').quantity([[7n, { name: 'Elsa' }]]))
        assert.equal((await context.hybrid('bob').all()).version, 5n)
      },
    },
    {
      title: 'a serial that becomes one of another item by hand went there and came here',
      notIn: byOthers,
      run: async (context) => {
        await context.hybrid().add('cow', context.hybrid().quantity([7n]))
        await byHand(context, "UPDATE farm_stockpile_serial SET item_id = 'bull' WHERE serial = 7")
        const items = await context.hybrid().all()
        assert.deepEqual([...items.keys()], ['bull'])
        assert.deepEqual(items.get('bull')?.serials(), [7n])
        await context.checkBooks()
        await goOn(context, 'ann', items.version)
      },
    },
    {
      title: 'many serials inserted, changed and deleted by one statement each are all noticed',
      notIn: byOthers,
      run: async (context) => {
        const numbers = Array.from({ length: 300 }, (_serial, index) => index + 1)
        await byHand(context, serialsBy('ann', 'cow', ...numbers))
        assert.equal((await context.serial().get('cow')).value(), 300n)
        await context.checkBooks()
        await goOn(context, 'ann', 300n)
        await byHand(context, `UPDATE farm_stockpile_serial SET properties = '[]'`)
        assert.equal((await context.serial().all()).version, 602n)
        await byHand(context, 'DELETE FROM farm_stockpile_serial WHERE serial <= 100')
        const quantity = await context.hybrid().get('cow')
        assert.deepEqual([quantity.tally(), quantity.serials().length], [2n, 200])
        await context.checkBooks()
      },
    },
  ],
}
