import assert from 'node:assert/strict'
import {
  InvalidArgumentError,
  NotEnoughError,
  Passthru,
  RecentSorter,
  SerialNotFoundError,
  SerialTakenError,
  Transfer,
  type Deal,
  type Outcome,
} from '../index.ts'
import type { Suite } from './behaviour.ts'
import { leavesAllAsItWas, refusal } from './refusal.ts'

/** Notes what passes, from its own side. */
class Noting extends Passthru<bigint> {
  readonly seen: string[] = []

  override async write(deal: Deal): Promise<Outcome[]> {
    for (const { verb, amount, user } of deal.changes) this.seen.push(`${verb} ${amount} of ${user}`)
    const outcomes = await super.write(deal)
    for (const { change, quantity, user } of outcomes) this.seen.push(`${change} makes ${quantity} of ${user}`)
    return outcomes
  }
}

/** What moves between two accounts that are bound to each other. */
export const transfers: Suite = {
  name: 'transfers',
  behaviours: [
    {
      title: 'add takes from theirs and subtract gives to theirs, and both answer what is mine (I2)',
      run: async (context) => {
        const [ann, bob] = [context.tally('ann'), context.tally('bob')]
        await ann.add('bird', 5)
        await bob.add('sheep', 3)
        const trade = new Transfer(ann, bob)
        assert.equal(await trade.subtract('bird', 4), 1n)
        assert.equal(await trade.add('sheep', 2), 2n)
        assert.equal(await trade.get('sheep'), 2n)
        assert.deepEqual([await bob.get('bird'), await bob.get('sheep')], [4n, 1n])
        const [entry] = await bob.history()
        assert.deepEqual([entry?.change, entry?.party], [-2n, { app: context.app, user: 'ann' }])
        assert.deepEqual((await ann.history())[0]?.party, { app: context.app, user: 'bob' })
        assert.equal((await ann.history())[0]?.deal, entry?.deal)
      },
    },
    {
      title: 'what the giver lacks is refused in its name, and neither side changes',
      run: async (context) => {
        const [ann, bob] = [context.tally('ann'), context.tally('bob')]
        await ann.add('bird', 5)
        const trade = new Transfer(ann, bob)
        await leavesAllAsItWas(context, async () => {
          assert.equal((await refusal(NotEnoughError, () => trade.subtract('bird', 6))).user, 'ann')
          assert.equal((await refusal(NotEnoughError, () => trade.add('bird', 1))).user, 'bob')
        })
      },
    },
    {
      title: 'set moves the difference, whichever way it goes',
      run: async (context) => {
        const [ann, bob] = [context.tally('ann'), context.tally('bob')]
        await ann.add('bird', 5)
        const trade = new Transfer(ann, bob)
        assert.equal(await trade.set('bird', 2), 2n)
        assert.equal(await bob.get('bird'), 3n)
        assert.equal(await trade.set('bird', 4), 4n)
        assert.equal(await bob.get('bird'), 1n)
        await refusal(NotEnoughError, () => trade.set('bird', 6))
      },
    },
    {
      title: 'serials move with their properties, the newest by number and exactly those by list or quantity',
      run: async (context) => {
        const [ann, bob] = [context.serial('ann'), context.serial('bob')]
        await ann.add('hen', ann.quantity([1, 2, 3, 4].map((serial) => [serial, { xp: serial }])))
        const trade = new Transfer(ann, bob)
        assert.deepEqual((await trade.subtract('hen')).serials(), [1n, 2n, 3n])
        assert.deepEqual([...(await bob.get('hen'))], [[4n, { xp: 4 }]])
        await trade.subtract('hen', (await ann.get('hen')).grab([1]))
        assert.deepEqual((await trade.add('hen', [4])).get(4), { xp: 4 })
        const lying = ann.quantity([[1, { xp: 99 }]])
        assert.deepEqual((await trade.add('hen', lying)).get(1), { xp: 1 }, 'a transfer changes no properties')
        assert.equal((await bob.all()).size, 0)
        assert.deepEqual((await bob.history())[0]?.serials, { in: [], out: [1n], set: [] })
        await leavesAllAsItWas(context, () => refusal(SerialNotFoundError, () => trade.add('hen', [3])))
      },
    },
    {
      title: 'a number between hybrids moves the count first and then serials, which stay serials',
      run: async (context) => {
        const [ann, bob] = [context.hybrid('ann'), context.hybrid('bob')]
        await ann.add('sheep', ann.quantity({ tally: 1, serials: { 5: { xp: 5 }, 6: { xp: 6 }, 7: {} } }))
        assert.deepEqual((await new Transfer(bob, ann).add('sheep', 3)).export(), {
          tally: '1',
          serials: { 6: { xp: 6 }, 7: {} },
        })
        assert.deepEqual((await ann.get('sheep')).export(), { tally: '0', serials: { 5: { xp: 5 } } })
      },
    },
    {
      title: 'a transfer between apps takes serials along, and refuses one that somebody has there (I3)',
      run: async (context) => {
        const [ann, safe] = [context.serial('ann'), context.serial('ann', context.otherApp)]
        await ann.add('hen', [1, 2, 3])
        await context.serial('bob', context.otherApp).add('egg', [2])
        const escrow = new Transfer(ann, safe)
        await leavesAllAsItWas(context, async () => {
          const error = await refusal(SerialTakenError, () => escrow.subtract('hen', [2]))
          assert.deepEqual([error.serial, error.holder], [2n, { user: 'bob', item: 'egg' }])
          await refusal(SerialTakenError, () => escrow.subtract('hen', 2))
          await refusal(SerialTakenError, () => new Transfer(safe, ann).add('hen', [2]))
        })
        assert.deepEqual((await escrow.subtract('hen')).serials(), [1n, 2n])
        assert.deepEqual((await safe.get('hen')).serials(), [3n])
      },
    },
    {
      title: 'a serial that goes on to another app within a deal is refused where somebody has it there (I3)',
      run: async (context) => {
        const [ann, bob, safe] = [context.serial('ann'), context.serial('bob'), context.serial('bob', context.otherApp)]
        await ann.add('hen', [1, 2])
        await context.serial('eve', context.otherApp).add('egg', [2])
        const [gift, escrow] = [new Transfer(ann, bob), new Transfer(bob, safe)]
        await leavesAllAsItWas(context, async () => {
          const error = await refusal(SerialTakenError, () =>
            context.stockpile.deal([gift.plan.subtract('hen'), escrow.plan.subtract('hen')]),
          )
          assert.deepEqual(
            [error.data['app'], error.serial, error.holder],
            [safe.app, 2n, { user: 'eve', item: 'egg' }],
          )
        })
        await context.stockpile.deal([gift.plan.subtract('hen', [1]), escrow.plan.subtract('hen', [1])])
        assert.deepEqual((await safe.get('hen')).serials(), [1n])
      },
    },
    {
      title: 'opposite transfers at once all happen or are refused, and nothing is made or lost',
      run: async (context) => {
        const [ann, bob] = [context.tally('ann'), context.tally('bob')]
        await context.stockpile.deal([ann.plan.add('gold', 20), bob.plan.add('gold', 20)])
        const outcomes = await Promise.allSettled(
          Array.from({ length: 40 }, (_trade, index) =>
            index % 2 === 0
              ? new Transfer(ann, bob).subtract('gold', (index % 5) + 1)
              : new Transfer(bob, ann).subtract('gold', (index % 7) + 1),
          ),
        )
        for (const outcome of outcomes)
          if (outcome.status === 'rejected') assert.ok(outcome.reason instanceof NotEnoughError)
        assert.equal((await ann.get('gold')) + (await bob.get('gold')), 40n)
      },
    },
    {
      title: 'a plan of a transfer is a transfer in a deal, beside changes of others',
      run: async (context) => {
        const [ann, bob] = [context.tally('ann'), context.tally('bob')]
        const market = context.serial('bob', context.otherApp)
        await ann.add('gold', 9)
        await market.add('hen', [7])
        const purchase = new Transfer(ann, bob)
        const goods = new Transfer(context.serial('ann', context.otherApp), market)
        const [paid, got] = await context.stockpile.deal([
          purchase.plan.subtract('gold', 5),
          goods.plan.add('hen', [7]),
        ])
        assert.deepEqual([paid.quantity, got.quantity.serials()], [4n, [7n]])
        assert.equal(await bob.get('gold'), 5n)
        await leavesAllAsItWas(context, () =>
          refusal(SerialNotFoundError, () =>
            context.stockpile.deal([purchase.plan.subtract('gold', 1), goods.plan.add('hen', [7])]),
          ),
        )
      },
    },
    {
      title: 'the layers of both sides see what moves, each from its own side, alone and in a deal',
      isSorting: true,
      run: async (context) => {
        const [ann, bob] = [new Noting(context.tally('ann')), new Noting(context.tally('bob'))]
        await context.tally('ann').add('gold', 9)
        await new Transfer(ann, bob).subtract('gold', 4)
        assert.deepEqual(ann.seen.splice(0), ['subtract 4 of ann', '-4 makes 5 of ann'])
        assert.deepEqual(bob.seen.splice(0), ['add 4 of bob', '4 makes 4 of bob'])
        const sorted = new RecentSorter(context.tally('bob'))
        await sorted.add('egg')
        await context.stockpile.deal([new Transfer(ann, bob).plan.add('gold'), ann.plan.add('egg')])
        assert.deepEqual(bob.seen, ['subtract 1 of bob', '-1 makes 3 of bob'])
        await new Transfer(context.tally('ann'), sorted).subtract('gold')
        assert.deepEqual([...(await sorted.all()).keys()], ['gold', 'egg'])
      },
    },
    {
      title: 'a layer of the other side can refuse a transfer, and none can change what moves',
      run: async (context) => {
        const no = new RangeError('no')
        class Closed extends Passthru<bigint> {
          override async write(): Promise<never> {
            throw no
          }
        }
        class Halved extends Passthru<bigint> {
          override write(deal: Deal): Promise<Outcome[]> {
            return super.write({ ...deal, changes: deal.changes.map((change) => ({ ...change, amount: 1n })) })
          }
        }
        await context.tally('ann').add('gold', 9)
        await leavesAllAsItWas(context, async () => {
          await assert.rejects(
            new Transfer(context.tally('ann'), new Closed(context.tally('bob'))).subtract('gold'),
            no,
          )
          const taxed = new Transfer(context.tally('ann'), new Halved(context.tally('bob')))
          assert.match((await refusal(InvalidArgumentError, () => taxed.subtract('gold', 2))).rule, /what leaves one/)
        })
      },
    },
    {
      title: 'accounts that can not be bound are refused at construction with the reason',
      run: async (context) => {
        const [ann, bob] = [context.tally('ann'), context.tally('bob')]
        const rule = async (work: () => unknown): Promise<string> => (await refusal(InvalidArgumentError, work)).rule
        assert.match(await rule(() => new Transfer(ann, new Passthru(context.tally('ann')))), /another account/)
        assert.match(await rule(() => new Transfer(ann, context.serial('bob') as never)), /of the same kind/)
        assert.match(
          await rule(() => new Transfer(new Passthru<bigint>(new Transfer(ann, bob)), context.tally('eve'))),
          /no Transfer/,
        )
        assert.match(await rule(() => new Transfer(context.tally('eve'), new Transfer(ann, bob))), /no Transfer/)
        assert.match(await rule(() => new Transfer(ann, context.another().tally(context.app, 'bob'))), /same Stockpile/)
        assert.match(await rule(() => new Transfer(ann, null as never)), /an inventory/)
      },
    },
    {
      title: 'a transfer that outlives the transaction it was made in still is all or nothing',
      run: async (context) => {
        const [ann, bob] = [context.tally('ann'), context.tally('bob')]
        const trade = await context.stockpile.transaction(async () => new Transfer(ann, bob))
        await ann.add('gold', 1)
        await leavesAllAsItWas(context, () => refusal(NotEnoughError, () => trade.subtract('gold', 2)))
      },
    },
  ],
}
