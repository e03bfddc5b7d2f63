import assert from 'node:assert/strict'
import { InvalidArgumentError } from '../index.ts'
import type { Suite } from './behaviour.ts'
import { fineIds, lookalikeIds } from './odd-values.ts'
import { leavesAllAsItWas, refusal } from './refusal.ts'

const naturalOrder = ['1', '2', '9', '10', '99', '100', '1000', '9'.repeat(20), '1'.repeat(64)]
const byteOrder = [
  '!',
  '-1',
  '0x',
  '1a',
  'A',
  'Z',
  '_',
  'a',
  'aa',
  'b',
  'z',
  'é',
  'ä'.repeat(2),
  '日',
  '\uff5e',
  '😀',
  '\u{10ffff}',
]

/** Ids and sizes up to the very edge of what is allowed. */
export const limits: Suite = {
  name: 'ids and limits',
  behaviours: [
    {
      title: 'an item is the same as number, bigint and digits, and comes back as a string',
      run: async (context) => {
        const inventory = context.tally()
        assert.equal(await inventory.add(1000, 1), 1n)
        assert.equal(await inventory.add(1000n, 1), 2n)
        assert.equal(await inventory.add('1000', 1), 3n)
        for (const id of [1000, 1000n, '1000']) assert.equal(await inventory.get(id), 3n)
        const items = await inventory.get([1000, '1000', 1000n])
        assert.deepEqual([...items], [['1000', 3n]])
        assert.equal(items.get(1000), 3n)
        assert.equal(items.has(1000n), true)
        assert.deepEqual(
          (await inventory.history({ item: 1000 })).map(({ item }) => item),
          ['1000', '1000', '1000'],
        )
      },
    },
    {
      title: 'a user is the same as number, bigint and digits',
      run: async (context) => {
        await context.tally(7).add('wheat', 1)
        await context.tally(7n).add('wheat', 1)
        assert.equal(await context.tally('7').get('wheat'), 2n)
        assert.equal(context.tally(7n).user, '7')
      },
    },
    {
      title: 'ids beyond 2^53 and 2^64 are kept exactly',
      run: async (context) => {
        const ids = [2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n, 2n ** 64n + 1n, 10n ** 63n]
        await context.stockpile.deal(ids.map((id, index) => context.tally(id).plan.add(id, index + 1)))
        for (const [index, id] of ids.entries()) {
          assert.deepEqual([...(await context.tally(id).all())], [[id.toString(), BigInt(index + 1)]])
        }
      },
    },
    {
      title: 'every id that breaks no rule is kept as it is, for users and items',
      run: async (context) => {
        const inventory = context.tally()
        await context.stockpile.deal(fineIds.map((id, index) => inventory.plan.add(id, index + 1)))
        const items = await inventory.all()
        assert.equal(items.size, fineIds.length)
        for (const [index, id] of fineIds.entries()) {
          assert.equal(items.get(id), BigInt(index + 1), id)
          assert.equal(await inventory.subtract(id, 1), BigInt(index), id)
        }
        await context.stockpile.deal(fineIds.map((id) => context.tally(id).plan.add(id, 3)))
        for (const id of fineIds) assert.deepEqual([...(await context.tally(id).get([id]))], [[id, 3n]], id)
      },
    },
    {
      title: 'items that differ only by case, accents, width or invisible characters are different items',
      run: async (context) => {
        const inventory = context.tally()
        for (const [index, id] of lookalikeIds.entries()) await inventory.add(id, index + 1)
        const items = await inventory.all()
        assert.deepEqual(
          lookalikeIds.map((id) => items.get(id)),
          lookalikeIds.map((_id, index) => BigInt(index + 1)),
        )
        assert.equal(items.size, lookalikeIds.length)
        for (const id of lookalikeIds) assert.equal((await inventory.history({ item: id })).length, 1, id)
      },
    },
    {
      title: 'users that differ only by case, accents, width or invisible characters are different users',
      run: async (context) => {
        await Promise.all(lookalikeIds.map((id, index) => context.tally(id).add('wheat', index + 1)))
        const held = await Promise.all(lookalikeIds.map((id) => context.tally(id).get('wheat')))
        assert.deepEqual(
          held,
          lookalikeIds.map((_id, index) => BigInt(index + 1)),
        )
        for (const id of lookalikeIds) assert.equal((await context.tally(id).all()).version, 1n, id)
      },
    },
    {
      title: 'keys that differ only by case, accents, width or invisible characters are different keys',
      run: async (context) => {
        const inventory = context.tally()
        for (const [index, key] of lookalikeIds.entries()) {
          assert.equal(await inventory.add('wheat', 1, { key }), BigInt(index + 1), key)
        }
      },
    },
    {
      title: 'items come in natural order: digits by number, then strings by UTF-8 bytes',
      run: async (context) => {
        const inventory = context.tally()
        const expected = [
          ...naturalOrder,
          ...byteOrder.sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))),
        ]
        await context.stockpile.deal(expected.toReversed().map((id) => inventory.plan.add(id)))
        assert.deepEqual([...(await inventory.all()).keys()], expected)
        assert.deepEqual([...(await inventory.get(expected.toReversed())).keys()], expected)
      },
    },
    {
      title: 'crossing deals over accounts of any name all happen, in whatever order they name them',
      notIn: { transaction: 'two Stockpiles at once need two transactions' },
      run: async (context) => {
        const users = ['Z', 'a', 'é', '\uff5e', '😀', '10', '9', 'B', 'b']
        const other = context.another()
        const deals = Array.from({ length: 12 }, (_deal, index) => {
          const stockpile = index % 2 === 0 ? context.stockpile : other
          const order = index % 4 < 2 ? users : users.toReversed()
          return stockpile.deal(order.map((user) => stockpile.tally(context.app, user).plan.add('wheat')))
        })
        await Promise.all(deals)
        for (const user of users) assert.equal(await context.tally(user).get('wheat'), 12n)
      },
    },
    {
      title: 'quantities beyond 2^53 are exact up to 2^63 - 1',
      run: async (context) => {
        const inventory = context.tally()
        assert.equal(await inventory.set('sand', 2n ** 53n), 2n ** 53n)
        assert.equal(await inventory.add('sand', 1), 2n ** 53n + 1n)
        assert.equal(await inventory.add('sand', 2), 2n ** 53n + 3n)
        assert.equal(await inventory.subtract('sand', 2), 2n ** 53n + 1n)
        assert.equal(await inventory.get('sand'), 9_007_199_254_740_993n)
        assert.equal(await inventory.set('sand', 2n ** 63n - 2n), 2n ** 63n - 2n)
        assert.equal(await inventory.add('sand', 1), 2n ** 63n - 1n)
        assert.equal(await inventory.get('sand'), 9_223_372_036_854_775_807n)
        assert.equal(await inventory.subtract('sand', 2n ** 63n - 1n), 0n)
        const [last, before] = await inventory.history({ item: 'sand', limit: 2 })
        assert.equal(last?.change, -(2n ** 63n - 1n))
        assert.equal(before?.balance, 2n ** 63n - 1n)
      },
    },
    {
      title: 'data of up to 16 KiB as JSON is kept exactly, whatever is in it',
      run: async (context) => {
        const inventory = context.tally()
        const full = { text: 'a'.repeat(16 * 1024 - '{"text":""}'.length) }
        assert.equal(Buffer.byteLength(JSON.stringify(full)), 16 * 1024)
        const odd = {
          'a "quoted" key': "it's",
          back: '\\ \\n \n \u0000 \u2028',
          lone: 'x\ud800y',
          emoji: '😀',
          deep: { list: [1, 1.5, null, true, [], {}], '': '' },
          numbers: [2 ** 53, 1e300, -0.1],
          constructor: 'c',
          ['__proto__']: { polluted: true },
        }
        await inventory.add('wheat', 1, { data: full })
        await inventory.add('wheat', 1, { data: odd })
        await inventory.add('wheat', 1, { data: {} })
        await inventory.add('wheat', 1, { data: { when: new Date(0), gone: undefined } })
        await inventory.add('wheat', 1)
        const data = (await inventory.history()).map((entry) => entry.data)
        assert.deepEqual(data, [null, { when: '1970-01-01T00:00:00.000Z' }, {}, JSON.parse(JSON.stringify(odd)), full])
      },
    },
    {
      title: 'a key of 128 bytes is taken',
      run: async (context) => {
        for (const key of ['k'.repeat(128), 'é'.repeat(64), '😀'.repeat(32)]) {
          const inventory = context.tally()
          const quantity = await inventory.add('wheat', 1, { key })
          assert.equal(await inventory.add('wheat', 1, { key }), quantity, key)
        }
      },
    },
    {
      title: 'a deal of 10,000 changes happens, and one more is refused',
      notIn: { crowd: 'its size says nothing about neighbours, and takes its time' },
      run: async (context) => {
        const users = Array.from({ length: 100 }, (_user, index) => context.tally(`user_${index}`))
        const changes = users.flatMap(({ plan }) => Array.from({ length: 100 }, (_item, item) => plan.add(item + 1)))
        const outcomes = await context.stockpile.deal(changes)
        assert.equal(outcomes.length, 10_000)
        assert.equal((await context.tally('user_99').all()).size, 100)
        await leavesAllAsItWas(context, async () => {
          const error = await refusal(InvalidArgumentError, () =>
            context.stockpile.deal([...changes, context.tally().plan.add('wheat')]),
          )
          assert.equal(error.argument, 'changes')
          assert.match(error.message, /at most 10000 changes in one deal; got '10001 changes'/)
        })
      },
    },
    {
      title: 'get takes a list of 10,000 items, and one more is refused',
      run: async (context) => {
        const inventory = context.tally()
        await inventory.add(9_999, 5)
        const ids = Array.from({ length: 10_000 }, (_id, index) => index + 1)
        assert.deepEqual([...(await inventory.get(ids))], [['9999', 5n]])
        // The same item twice counts once.
        assert.equal((await inventory.get([...ids, 1, 2, 3])).size, 1)
        const error = await refusal(InvalidArgumentError, () => inventory.get([...ids, 10_001]))
        assert.match(error.message, /items must be at most 10000 ids; got '10001 ids'/)
      },
    },
    {
      title: 'an app may have a name of 32 characters, or one that SQL uses itself',
      notIn: { transaction: 'tables are not made inside a transaction', crowd: 'it works on a database of its own' },
      run: async (context) => {
        const { stockpile } = await context.elsewhere()
        for (const app of ['a'.repeat(32), 'select', '0', '_', '1e3', 'stockpile', 'constructor']) {
          assert.equal(await stockpile.tally(app, 1).add(1, 2), 2n, app)
          assert.deepEqual((await stockpile.verify(app)).breaks, [], app)
        }
      },
    },
  ],
}
