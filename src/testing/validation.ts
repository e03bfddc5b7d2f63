import assert from 'node:assert/strict'
import { InvalidArgumentError } from '../index.ts'
import type { Behaviour, Suite } from './behaviour.ts'
import type { Context } from './context.ts'
import {
  oddAmounts,
  oddApps,
  oddData,
  oddIdObjects,
  oddIds,
  oddKeys,
  oddVersions,
  type OddValue,
} from './odd-values.ts'
import { leavesAllAsItWas, refusal, refusesArgument } from './refusal.ts'

// The odd values stand for what arrives from JavaScript, forms and JSON, where no compiler looks.
type Anything = never

/** A call that takes the value somewhere, with the name that the message gives to the argument. */
type Call = readonly [argument: string, call: (value: Anything, context: Context) => unknown]

function refuses(title: string, values: () => readonly OddValue[], calls: readonly Call[]): Behaviour {
  return {
    title,
    run: async (context) => {
      await context.tally().set('wheat', 5)
      await leavesAllAsItWas(context, async () => {
        for (const [value, rule] of values()) {
          for (const [argument, call] of calls) {
            await refusesArgument(argument, value, rule, () => call(value as never, context))
          }
        }
      })
    },
  }
}

const itemCalls: readonly Call[] = [
  ['item', (item, context) => context.tally().add(item, 1)],
  ['item', (item, context) => context.tally().subtract(item, 1)],
  ['item', (item, context) => context.tally().set(item, 1)],
  ['item', (item, context) => context.tally().plan.add(item, 1)],
  ['item', (item, context) => context.tally().plan.subtract(item, 1)],
  ['item', (item, context) => context.tally().plan.set(item, 1)],
  ['item', (item, context) => context.tally().get([item])],
  ['item', (item, context) => context.tally().get(['wheat', item])],
  ['item', async (item, context) => (await context.tally().all()).get(item)],
  ['item', async (item, context) => (await context.tally().all()).has(item)],
  ['changes[0].item', (item, context) => context.stockpile.deal([{ ...context.tally().plan.add('wheat'), item }])],
]

const userCalls: readonly Call[] = [
  ['user', (user, context) => context.stockpile.tally(context.app, user)],
  [
    'changes[1].user',
    (user, context) => {
      const { plan } = context.tally()
      return context.stockpile.deal([plan.add('wheat'), { ...plan.add('wheat'), user }])
    },
  ],
]

const moving: readonly OddValue[] = [...oddAmounts, ...[0, -0, 0n].map((value): OddValue => [value, /^at least 1$/])]

const writeCalls = (option: 'data' | 'key' | 'ifVersion'): readonly Call[] => [
  [option, (value, context) => context.tally().add('wheat', 1, { [option]: value })],
  [option, (value, context) => context.tally().subtract('wheat', 1, { [option]: value })],
  [option, (value, context) => context.tally().set('wheat', 1, { [option]: value })],
  [option, (value, context) => context.stockpile.deal([context.tally().plan.add('wheat')], { [option]: value })],
]

const wholeNumber = /^a whole number from/

/** What is refused before anything is asked of the database. */
export const validation: Suite = {
  name: 'validation',
  behaviours: [
    refuses('an item id that breaks a rule is refused by every call that takes one', () => oddIds, itemCalls),
    refuses('a single item id that breaks a rule is refused by get', () => oddIds, [
      ['item', (item, context) => context.tally().get(item)],
    ]),
    refuses('an object is refused as an item id', () => oddIdObjects, itemCalls),
    refuses(
      'an item id that breaks a rule is refused as a filter of history',
      () => oddIds.filter(([value]) => value !== undefined),
      [['item', (item, context) => context.tally().history({ item })]],
    ),
    refuses(
      'a user id that breaks a rule is refused by every call that takes one',
      () => [...oddIds, ...oddIdObjects],
      userCalls,
    ),
    refuses('an app name that breaks a rule is refused by every call that takes one', () => oddApps, [
      ['app', (app, context) => context.stockpile.tally(app, 'ann')],
      ['app', (app, context) => context.stockpile.verify(app)],
      ['app', (app, context) => context.stockpile.migrate([app])],
      ['app', (app, context) => context.stockpile.deal([{ ...context.tally().plan.add('wheat'), app }])],
    ]),
    refuses('an amount that breaks a rule is refused by every verb', () => oddAmounts, [
      ['quantity', (amount, context) => context.tally().add('wheat', amount)],
      ['quantity', (amount, context) => context.tally().subtract('wheat', amount)],
      ['quantity', (amount, context) => context.tally().set('wheat', amount)],
      ['quantity', (amount, context) => context.tally().plan.add('wheat', amount)],
      ['quantity', (amount, context) => context.tally().plan.subtract('wheat', amount)],
      ['quantity', (amount, context) => context.tally().plan.set('wheat', amount)],
      ['quantity', (amount, context) => context.tally().quantity(amount)],
      [
        'changes[0].amount',
        (amount, context) => context.stockpile.deal([{ ...context.tally().plan.set('wheat', 1), amount }]),
      ],
    ]),
    refuses('zero is refused where something moves', () => moving.slice(-3), [
      ['quantity', (amount, context) => context.tally().add('wheat', amount)],
      ['quantity', (amount, context) => context.tally().subtract('wheat', amount)],
      [
        'changes[0].amount',
        (amount, context) => context.stockpile.deal([{ ...context.tally().plan.add('wheat'), amount }]),
      ],
    ]),
    refuses('set without a quantity is refused', () => [[undefined, /^a whole number, as number or bigint$/]], [
      ['quantity', (amount, context) => context.tally().set('wheat', amount)],
      ['quantity', (amount, context) => context.tally().plan.set('wheat', amount)],
    ]),
    refuses(
      'data that JSON can not express as an object, or that is too large, is refused',
      oddData,
      writeCalls('data'),
    ),
    refuses('a key that breaks a rule is refused', () => oddKeys, writeCalls('key')),
    refuses('a version that is no bigint from 0 is refused', () => oddVersions, [
      ...writeCalls('ifVersion'),
      ['ifVersion', (ifVersion, context) => context.tally().plan.add('wheat', 1, { ifVersion })],
    ]),
    refuses(
      'a version in a change that is no bigint from 0, and not null, is refused',
      () => oddVersions.filter(([value]) => value !== null),
      [
        [
          'changes[0].ifVersion',
          (ifVersion, context) => context.stockpile.deal([{ ...context.tally().plan.add('wheat'), ifVersion }]),
        ],
      ],
    ),
    refuses(
      'write options that are no object are refused',
      () => [null, 5, 'quest', true].map((value) => [value, /^an object, or left out$/]),
      [
        ['options', (options, context) => context.tally().add('wheat', 1, options)],
        ['options', (options, context) => context.tally().subtract('wheat', 1, options)],
        ['options', (options, context) => context.tally().set('wheat', 1, options)],
        ['options', (options, context) => context.tally().plan.add('wheat', 1, options)],
        ['options', (options, context) => context.stockpile.deal([context.tally().plan.add('wheat')], options)],
        ['options', (options, context) => context.tally().get('wheat', options)],
        ['options', (options, context) => context.tally().get(['wheat'], options)],
        ['options', (options, context) => context.tally().all(options)],
        ['options', (options, context) => context.stockpile.transaction(async () => undefined, options)],
        ['options', (options, context) => context.stockpile.verify(context.app, options)],
        ['filter', (filter, context) => context.tally().history(filter)],
      ],
    ),
    refuses(
      'a deal that is no list of changes is refused',
      () => [null, undefined, {}, 'wheat', 5, new Set([1])].map((value) => [value, /^a list of changes/]),
      [['changes', (changes, context) => context.stockpile.deal(changes)]],
    ),
    refuses('an empty deal is refused', () => [[[], /^at least one change$/]], [
      ['changes', (changes, context) => context.stockpile.deal(changes)],
    ]),
    refuses(
      'a change that no plan made is refused where it breaks a rule',
      () => [null, undefined, 5, 'add', true].map((value) => [value, /^a change, as inventory.plan makes it$/]),
      [
        ['changes[0]', (change, context) => context.stockpile.deal([change])],
        ['changes[1]', (change, context) => context.stockpile.deal([context.tally().plan.add('wheat'), change])],
      ],
    ),
    refuses(
      'an unknown verb is refused',
      () =>
        ['steal', 'ADD', '', undefined, null, 5, 'constructor'].map((value) => [
          value,
          /^'add', 'subtract', 'set', 'convert' or 'sort'$/,
        ]),
      [
        [
          'changes[0].verb',
          (verb, context) => context.stockpile.deal([{ ...context.tally().plan.add('wheat'), verb }]),
        ],
      ],
    ),
    refuses(
      'an unknown kind is refused',
      () => ['bag', 'Tally', '', undefined, null].map((value) => [value, /^'tally', 'serial' or 'hybrid'$/]),
      [
        [
          'changes[0].kind',
          (kind, context) => context.stockpile.deal([{ ...context.tally().plan.add('wheat'), kind }]),
        ],
      ],
    ),
    {
      title: 'a hole in a list of changes is refused',
      run: async (context) => {
        const { plan } = context.tally()
        const changes: ReturnType<typeof plan.add>[] = []
        changes[0] = plan.add('wheat')
        changes[2] = plan.add('flour')
        await leavesAllAsItWas(context, async () => {
          await refusesArgument('changes[1]', undefined, /^a change/, () => context.stockpile.deal(changes))
        })
      },
    },
    refuses('an empty list of items is refused by get', () => [[[], /^at least one id/]], [
      [
        'items',
        async (items, context) => {
          await refusal(InvalidArgumentError, () => context.tally().get(new Set<string>()))
          const error = await refusal(InvalidArgumentError, () => context.tally().get([]))
          assert.deepEqual(error.value, [])
          throw new InvalidArgumentError('items', items, error.rule)
        },
      ],
    ]),
    refuses(
      'an object that is no list is refused by get',
      () => [
        [{}, /list of ids/],
        [new Date(0), /list of ids/],
      ],
      [['item', (item, context) => context.tally().get(item)]],
    ),
    refuses(
      'a limit of history outside of 1 to 1,000 is refused',
      () => [0, -1, 1001, 1.5, Number.NaN, Infinity, '5', null, 5n, {}].map((value) => [value, wholeNumber]),
      [['limit', (limit, context) => context.tally().history({ limit })]],
    ),
    refuses(
      'a time that is no time is refused as a filter of history',
      () =>
        [Number.NaN, Infinity, '2026-01-01', null, 5n, {}, new Date(Number.NaN)].map((value) => [
          value,
          /milliseconds/,
        ]),
      [
        ['since', (since, context) => context.tally().history({ since })],
        ['until', (until, context) => context.tally().history({ until })],
      ],
    ),
    refuses(
      'a place in the history that is none is refused',
      () =>
        [null, 5, 'first', {}, { version: 1 }, { version: 1n }, { version: 1n, line: 1.5 }, { line: 1 }].map(
          (value) => [value, /^an entry of the page before/],
        ),
      [['before', (before, context) => context.tally().history({ before })]],
    ),
    refuses(
      'a deal id that is none is refused as a filter of history',
      () => ['', 'x', 5, null, '0'.repeat(36), {}].map((value) => [value, /UUID/]),
      [['deal', (deal, context) => context.tally().history({ deal })]],
    ),
    refuses(
      'an option of a transaction that breaks a rule is refused',
      () => [-1, 1.5, Number.NaN, Infinity, '5', null, 5n, {}].map((value) => [value, wholeNumber]),
      [
        ['retries', (retries, context) => context.stockpile.transaction(async () => undefined, { retries })],
        ['timeoutMs', (timeoutMs, context) => context.stockpile.transaction(async () => undefined, { timeoutMs })],
      ],
    ),
    refuses(
      'a timeout that no timer can wait for is refused',
      () => [0, 2 ** 31, Number.MAX_SAFE_INTEGER].map((value) => [value, wholeNumber]),
      [['timeoutMs', (timeoutMs, context) => context.stockpile.transaction(async () => undefined, { timeoutMs })]],
    ),
    refuses(
      'what is no function is refused as the work of a transaction and as a callback',
      () => [null, undefined, {}, 'work', 5].map((value) => [value, /function$/]),
      [
        ['work', (work, context) => context.stockpile.transaction(work)],
        ['callback', (callback, context) => context.stockpile.onCommit(callback)],
        ['callback', (callback, context) => context.stockpile.onRollback(callback)],
      ],
    ),
    refuses(
      'apps that are no list are refused by migrate',
      () => ['farm', null, 5, {}].map((value) => [value, /^a list of apps$/]),
      [['apps', (apps, context) => context.stockpile.migrate(apps)]],
    ),
  ],
}
