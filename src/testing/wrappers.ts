import assert from 'node:assert/strict'
import {
  BrokenLayerError,
  InvalidArgumentError,
  Passthru,
  QuantityInspector,
  type Deal,
  type Outcome,
} from '../index.ts'
import type { Suite } from './behaviour.ts'
import { leavesAllAsItWas, refusal } from './refusal.ts'

/** Says with every deal who did it, in a layer that only knows `write`. */
class Signed extends Passthru<bigint> {
  override write(deal: Deal): Promise<Outcome[]> {
    return super.write({ ...deal, data: { ...deal.data, [this.user]: 'signed' } })
  }
}

/** Lets nothing go. */
class Frozen extends Passthru<bigint> {
  override async write(deal: Deal): Promise<Outcome[]> {
    if (deal.changes.some(({ verb }) => verb !== 'add')) throw new RangeError('frozen')
    return super.write(deal)
  }
}

/** Only ever tries. */
class Trying extends Passthru<bigint> {
  override write(deal: Deal): Promise<Outcome[]> {
    return super.write({ ...deal, dryRun: true })
  }
}

/** What a layer around an inventory is told, and what it can't miss. */
export const wrappers: Suite = {
  name: 'wrappers',
  behaviours: [
    {
      title: 'no verb and no plan slips past a layer',
      run: async (context) => {
        const bare = context.tally()
        await bare.add('egg', 5)
        const frozen = new Passthru<bigint>(new Frozen(bare))
        await leavesAllAsItWas(context, async () => {
          await assert.rejects(frozen.subtract('egg'), RangeError)
          await assert.rejects(frozen.set('egg', 6), RangeError)
          await assert.rejects(context.stockpile.deal([frozen.plan.subtract('egg')]), RangeError)
          await assert.rejects(
            context.stockpile.deal([
              frozen.plan.add('egg'),
              context.tally('bob').plan.add('egg'),
              frozen.plan.set('egg', 1),
            ]),
            RangeError,
          )
        })
        assert.equal(await frozen.add('egg'), 6n)
      },
    },
    {
      title: 'what a layer says with a write is kept, of a verb and of a deal, each beside the others',
      run: async (context) => {
        const [ann, bob] = [new Signed(context.tally('ann')), new Signed(context.tally('bob'))]
        await ann.add('egg', 1, { data: { reason: 'quest' } })
        assert.deepEqual((await ann.history())[0]?.data, { reason: 'quest', ann: 'signed' })
        await context.stockpile.deal([ann.plan.add('egg'), bob.plan.add('egg')], { data: { reason: 'trade' } })
        const both = { reason: 'trade', ann: 'signed', bob: 'signed' }
        assert.deepEqual([(await ann.history())[0]?.data, (await bob.history())[0]?.data], [both, both])
        await context.stockpile.deal([context.tally('bob').plan.add('egg')])
        assert.equal((await bob.history())[0]?.data, null)
      },
    },
    {
      title: 'a deal with a part that a layer only tries is only tried as a whole',
      run: async (context) => {
        const trying = new Trying(context.tally('ann'))
        await leavesAllAsItWas(context, async () => {
          assert.equal(await trying.add('egg', 3), 3n)
          const [one, two] = await context.stockpile.deal([
            trying.plan.add('egg', 2),
            context.tally('bob').plan.add('egg', 4),
          ])
          assert.deepEqual([one.quantity, two.quantity], [2n, 4n])
        })
      },
    },
    {
      title: 'a layer sees the options of a deal as those of a verb',
      run: async (context) => {
        const seen: unknown[] = []
        class Watching extends Passthru<bigint> {
          override write(deal: Deal): Promise<Outcome[]> {
            seen.push([deal.dryRun, deal.key, deal.data])
            return super.write(deal)
          }
        }
        const watching = new Watching(context.tally())
        const options = { dryRun: true, key: 'once', data: { a: 1 } }
        await watching.add('egg', 1, options)
        await context.stockpile.deal([watching.plan.add('egg')], options)
        assert.deepEqual(seen, [
          [true, 'once', { a: 1 }],
          [true, 'once', { a: 1 }],
        ])
      },
    },
    {
      title: 'a method of one layer does what it does through all layers above',
      run: async (context) => {
        const seen: string[] = []
        const hybrid = context.hybrid()
        await hybrid.add('sheep', 3)
        const inventory = new QuantityInspector(hybrid, (quantity, { direction }) => {
          seen.push(`${direction} ${quantity.value()}`)
        })
        assert.equal((await inventory.convert('sheep', 2)).serials().length, 2)
        assert.deepEqual(seen, ['in 1', 'out 3'])
        const [outcome] = await context.stockpile.deal([inventory.plan.convert('sheep', 1)])
        assert.equal(outcome.quantity.serials().length, 3)
      },
    },
    {
      title:
        'a layer that leaves its part of a deal out, and answers nothing for it, ends the deal before anything is written',
      run: async (context) => {
        class Silent extends Passthru<bigint> {
          override async write(): Promise<Outcome[]> {
            return []
          }
        }
        const silent = new Silent(context.tally('ann'))
        const bob = context.tally('bob')
        const error = await refusal(BrokenLayerError, () =>
          context.stockpile.deal([silent.plan.add('egg'), bob.plan.add('egg')]),
        )
        assert.deepEqual([error.user, error.layer], ['ann', 'Silent'])
        assert.deepEqual([await context.tally('ann').get('egg'), await bob.get('egg')], [0n, 0n])
      },
    },
    {
      title: 'a layer around what is no inventory is refused',
      run: async () => {
        for (const odd of [null, {}, 'inventory']) {
          const error = await refusal(InvalidArgumentError, () => new Passthru(odd as never))
          assert.equal(error.argument, 'inventory')
        }
      },
    },
  ],
}
