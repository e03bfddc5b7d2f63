import assert from 'node:assert/strict'
import {
  InvalidArgumentError,
  InvalidPropertiesError,
  Transfer,
  type Properties,
  type PropertySchema,
} from '../index.ts'
import type { Suite } from './behaviour.ts'
import { leavesAllAsItWas, refusal, refusesArgument } from './refusal.ts'

interface Monster extends Record<string, unknown> {
  readonly xp: number
}

type Result = ReturnType<PropertySchema<Monster>['~standard']['validate']>

function schema(validate: (value: unknown) => Result): PropertySchema<Monster> {
  return { '~standard': { version: 1, vendor: 'suite', validate } }
}

/** Wants a number of `xp`, and fills in 1. */
const monster = schema((value) => {
  const { xp = 1, ...rest } = value as Record<string, unknown>
  if (typeof xp === 'number') return { value: { ...rest, xp } }
  return { issues: [{ message: 'xp must be a number', path: ['xp'] }] }
})

/** Wants a number of `xp`, and fills in nothing. */
const strict = schema((value) =>
  'xp' in (value as object) ? { value: value as Monster } : { issues: [{ message: 'xp is missing' }] },
)

/** What the properties of a serial can be, and what a schema makes of them. */
export const properties: Suite = {
  name: 'properties',
  behaviours: [
    {
      title: 'properties are any JSON object or array, and come back exactly',
      run: async (context) => {
        const inventory = context.serial()
        const all: Properties[] = [
          {},
          [],
          [1, [2, { a: null }]],
          { 'é 😀 \u0000 \u2028 "quoted" \\': "o'clock; -- $1 ? :a\n", '': 0 },
          { deep: { deeper: [true, false, null, -0.5, 1e300, 9007199254740991] } },
          { __proto__x: 1, constructor: 'x', toString: 'y' },
        ]
        await inventory.add('hen', inventory.quantity(all.map((value, index) => [index + 1, value])))
        const read = await inventory.get('hen')
        assert.deepEqual([...read.all().values()], all)
        assert.deepEqual((await inventory.subtract('hen', [1])).get(4), all[3])
      },
    },
    {
      title: 'properties of up to 64 KiB are kept, one byte more is refused, and so is what JSON can not express',
      run: async (context) => {
        const inventory = context.serial()
        const most = { a: `é${'x'.repeat(65_535 - 10)}` }
        assert.equal(Buffer.byteLength(JSON.stringify(most)), 65_535)
        await inventory.add('hen', inventory.quantity([[1, most]]))
        assert.deepEqual((await inventory.get('hen')).get(1), most)
        const loop: Record<string, unknown> = {}
        loop['self'] = loop
        for (const odd of [{ a: `${most.a}x` }, loop, { big: 1n }, null, 'text', 5, new Date(0)])
          await refusal(InvalidArgumentError, () => inventory.quantity([[1, odd]]))
        await leavesAllAsItWas(context, async () => {
          const quantity = inventory.quantity([[2, {}]])
          Object.assign(quantity.get(2), { a: `${most.a}x` })
          const error = await refusal(InvalidArgumentError, () => inventory.add('hen', quantity))
          assert.match(error.rule, /at most 65535 bytes/)
        })
      },
    },
    {
      title: 'a schema fills in what is missing on the way in, and in older serials when they are read',
      run: async (context) => {
        await context.serial().add('hen', [1])
        const inventory = context.serial('ann', context.app, { properties: monster })
        assert.equal((await inventory.get('hen')).get(1).xp, 1)
        assert.deepEqual((await context.serial().get('hen')).get(1), {})
        const answer = await inventory.add('hen', 1)
        assert.deepEqual(
          [...answer.all().values()].map(({ xp }) => xp),
          [1, 1],
        )
        assert.deepEqual([...(await context.serial().get('hen')).all().values()], [{}, { xp: 1 }])
        const hybrid = context.hybrid('bob', context.app, { properties: monster })
        await hybrid.add('hen', 2)
        assert.deepEqual([...(await hybrid.convert('hen', 1)).all().values()], [{ xp: 1 }])
      },
    },
    {
      title: 'what breaks a schema is refused with its issues, and nothing is written',
      run: async (context) => {
        const inventory = context.serial('ann', context.app, { properties: monster })
        await inventory.add('hen', 1)
        await leavesAllAsItWas(context, async () => {
          const quantity = inventory.quantity([
            [5, { xp: 1 }],
            [6, { xp: 'many' } as never],
          ])
          for (const verb of ['add', 'set'] as const) {
            const error = await refusal(InvalidPropertiesError, () => inventory[verb]('hen', quantity))
            assert.deepEqual(error.issues, [{ message: 'xp must be a number', path: ['xp'] }])
            assert.match(error.message, /serial 6 of item hen break the schema of .*: xp must be a number/)
          }
          await refusal(InvalidPropertiesError, () =>
            context.stockpile.deal([context.tally().plan.add('egg'), inventory.plan.add('hen', quantity)]),
          )
          const needy = context.serial('bob', context.app, { properties: strict })
          await refusal(InvalidPropertiesError, () => needy.add('hen'))
          await refusal(InvalidPropertiesError, () => needy.add('hen', [7]))
        })
      },
    },
    {
      title: 'taking away asks no schema, by number, by list, or down to nothing',
      run: async (context) => {
        await context.serial().add('hen', [1, 2, 3, 4])
        const inventory = context.serial('ann', context.app, { properties: strict })
        await inventory.subtract('hen', [2])
        await inventory.subtract('hen', 1)
        await inventory.set('hen', 0)
        assert.equal((await inventory.get('hen')).value(), 0n)
        const hybrid = context.hybrid('ann', context.app, { properties: strict })
        await hybrid.add('hen', 3)
        await hybrid.set('hen', 1)
        assert.equal((await hybrid.get('hen')).value(), 1n)
      },
    },
    {
      title:
        'older serials that break the schema are named when they are read; a write beside them is done and says so',
      run: async (context) => {
        await context.serial().add('hen', [1])
        const inventory = context.serial('ann', context.app, { properties: strict })
        const error = await refusal(InvalidPropertiesError, () => inventory.get('hen'))
        assert.match(error.message, /serial 1 of item hen/)
        const answer = await inventory.add('hen', inventory.quantity([[2, { xp: 5 }]]))
        assert.deepEqual(answer.serials(), [1n, 2n])
        assert.deepEqual((await inventory.subtract('hen', [1])).get(2), { xp: 5 })
      },
    },
    {
      title: 'a transfer asks no schema for properties that nobody gave',
      run: async (context) => {
        const [ann, bob] = ['ann', 'bob'].map((user) => context.serial(user, context.app, { properties: strict }))
        assert.ok(ann !== undefined && bob !== undefined)
        await ann.add('hen', ann.quantity([1, 2, 3].map((xp) => [xp, { xp }])))
        const trade = new Transfer(bob, ann)
        assert.equal((await trade.add('hen')).get(3).xp, 3)
        assert.equal((await trade.add('hen', [1])).get(1).xp, 1)
        assert.equal((await context.stockpile.deal([trade.plan.set('hen', 3)]))[0].quantity.get(2).xp, 2)
      },
    },
    {
      title: 'a schema that answers with a promise, and what is no schema, is refused',
      run: async (context) => {
        const later = schema(() => Promise.reject(new Error('later')))
        const inventory = context.serial('ann', context.app, { properties: later })
        await leavesAllAsItWas(context, async () => {
          const error = await refusal(InvalidArgumentError, () => inventory.add('hen'))
          assert.match(error.rule, /answers at once, without a promise/)
        })
        for (const odd of [null, {}, 'schema', { '~standard': {} }].slice(1))
          await refusesArgument('properties', odd, /Standard Schema/, () =>
            context.serial('ann', context.app, { properties: odd as never }),
          )
      },
    },
    {
      title: 'what a schema makes of properties must be an object or an array again',
      run: async (context) => {
        const inventory = context.serial('ann', context.app, { properties: schema(() => ({ value: 'text' as never })) })
        await leavesAllAsItWas(context, () => refusal(InvalidArgumentError, () => inventory.add('hen')))
      },
    },
  ],
}
