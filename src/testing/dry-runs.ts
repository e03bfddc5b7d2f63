import assert from 'node:assert/strict'
import {
  KeyReusedError,
  NotEnoughError,
  RecentSorter,
  SerialTakenError,
  Transfer,
  VersionConflictError,
} from '../index.ts'
import type { Suite } from './behaviour.ts'
import { leavesAllAsItWas, refusal } from './refusal.ts'

const dryRun = true

/** What can be asked without anything being changed. */
export const dryRuns: Suite = {
  name: 'dry runs',
  behaviours: [
    {
      title: 'a dry run answers what would happen, and changes nothing',
      isSorting: true,
      run: async (context) => {
        const [ann, bob] = [context.tally('ann'), context.tally('bob')]
        await ann.add('egg', 5)
        await leavesAllAsItWas(context, async () => {
          assert.equal(await ann.add('egg', 2, { dryRun }), 7n)
          assert.equal(await ann.subtract('egg', 5, { dryRun }), 0n)
          assert.equal(await bob.set('egg', 9, { dryRun }), 9n)
          assert.equal(await new Transfer(ann, bob).subtract('egg', 2, { dryRun }), 3n)
          await new RecentSorter(ann).add('egg', 1, { dryRun })
          const outcomes = await context.stockpile.deal(
            [ann.plan.subtract('egg', 4), bob.plan.add('egg', 4), ann.plan.add('hen')],
            { dryRun },
          )
          assert.deepEqual(
            outcomes.map(({ change, quantity, version }) => [change, quantity, version]),
            [
              [-4n, 1n, 2n],
              [4n, 4n, 1n],
              [1n, 1n, 2n],
            ],
          )
        })
      },
    },
    {
      title: 'a dry run refuses what would be refused',
      run: async (context) => {
        const [ann, bob] = [context.tally('ann'), context.tally('bob')]
        await ann.add('egg', 5)
        await context.serial().add('hen', [1])
        await leavesAllAsItWas(context, async () => {
          await refusal(NotEnoughError, () => ann.subtract('egg', 6, { dryRun }))
          await refusal(VersionConflictError, () => ann.add('egg', 1, { dryRun, ifVersion: 7n }))
          await refusal(SerialTakenError, () => context.serial('bob').add('hen', [1], { dryRun }))
          await refusal(NotEnoughError, () =>
            context.stockpile.deal([ann.plan.subtract('egg', 5), bob.plan.subtract('egg')], { dryRun }),
          )
        })
      },
    },
    {
      title: 'a dry run of serials names serials that nobody gets, and leaves those that are there',
      run: async (context) => {
        const inventory = context.hybrid()
        const before = await inventory.add('hen', inventory.quantity({ tally: 2, serials: { 5: { xp: 1 }, 6: {} } }))
        await leavesAllAsItWas(context, async () => {
          assert.equal((await inventory.convert('hen', 2, { dryRun })).serials().length, 4)
          assert.deepEqual((await inventory.subtract('hen', 3, { dryRun })).serials(), [5n])
          assert.equal((await inventory.set('hen', 0, { dryRun })).value(), 0n)
          const quantity = inventory.quantity({ serials: { 5: { xp: 2 }, 9: {} } })
          assert.deepEqual((await inventory.add('hen', quantity, { dryRun })).get(5), { xp: 2 })
        })
        assert.ok((await inventory.get('hen')).equals(before))
      },
    },
    {
      title: 'a dry run uses up no key, and answers from the receipt what was done under one',
      run: async (context) => {
        const inventory = context.tally()
        const key = 'order 7'
        await leavesAllAsItWas(context, async () => {
          assert.equal(await inventory.add('egg', 2, { key, dryRun }), 2n)
        })
        assert.equal(await inventory.add('egg', 2, { key }), 2n)
        await inventory.add('egg', 5)
        await leavesAllAsItWas(context, async () => {
          assert.equal(await inventory.add('egg', 2, { key, dryRun }), 2n)
          await refusal(KeyReusedError, () => inventory.add('egg', 3, { key, dryRun }))
        })
      },
    },
    {
      title: 'dry runs and deals of the same moment do not touch one another',
      run: async (context) => {
        const inventory = context.tally()
        await inventory.add('egg', 5)
        const answers = await Promise.all([
          inventory.subtract('egg', 5, { dryRun }),
          inventory.subtract('egg', 4),
          inventory.add('egg', 9, { dryRun }),
          inventory.subtract('egg', 1),
        ])
        assert.deepEqual(answers, [0n, 1n, 10n, 0n])
      },
    },
  ],
}
