import assert from 'node:assert/strict'
import type { Break } from '../index.ts'
import type { Behaviour, Suite } from './behaviour.ts'

const elsewise = {
  transaction: 'the check sees what is committed',
  crowd: 'the check would see the crowd as well',
} as const

/**
 * Falsifies the books by SQL after some work, and expects the check to find exactly that. What the triggers say of it, after version 3 of each
 * account, is taken back.
 */
function finds(
  title: string,
  statements: readonly string[],
  expected: readonly (readonly [rule: Break['rule'], user: string, item: string | null])[],
  message: RegExp,
  isNoticed = false,
): Behaviour {
  return {
    title: `verify finds ${title}`,
    notIn: elsewise,
    isTampering: true,
    run: async (context) => {
      for (const user of ['ann', 'bob', 'eve']) {
        await context.tally(user).add('wheat', 5)
        await context.stockpile.deal([
          context.tally(user).plan.subtract('wheat', 2),
          context.tally(user).plan.add('rye', 1),
        ])
        await context.tally(user).add('wheat', 1)
      }
      await context.checkBooks()
      for (const statement of statements) await context.database.sql(statement)
      if (isNoticed) for (const statement of unnotice) await context.database.sql(statement)
      const { breaks, accounts } = await context.stockpile.verify(context.app)
      assert.deepEqual(
        breaks.map(({ rule, user, item }) => [rule, user, item]),
        expected,
      )
      assert.ok(accounts >= 2)
      for (const each of breaks) {
        assert.equal(each.app, context.app)
        assert.ok(each.rows.length > 0, 'a break tells the rows that disagree')
        assert.ok(each.message.startsWith(`user ${each.user} of ${context.app}`), each.message)
      }
      assert.match(breaks.map((each) => each.message).join('\n'), message)
    },
  }
}

const unnotice = [
  'DELETE FROM farm_stockpile_history WHERE version > 3',
  'UPDATE farm_stockpile_account SET version = 3 WHERE version > 3',
]

const bob = "user_id = 'bob'"
const wheat = `${bob} AND item_id = 'wheat'`

/** That the check of the books finds what was falsified, and nothing else. */
export const verify: Suite = {
  name: 'verify',
  behaviours: [
    {
      title: 'books that only Stockpile has written are in order, and all of them are checked',
      notIn: elsewise,
      run: async (context) => {
        assert.deepEqual(await context.stockpile.verify(context.app), {
          app: context.app,
          accounts: 0,
          entries: 0,
          breaks: [],
        })
        const users = Array.from({ length: 1_203 }, (_user, index) => context.tally(`user ${index}`))
        await context.stockpile.deal(users.map(({ plan }) => plan.add('wheat', 2)))
        await context.stockpile.deal(users.flatMap(({ plan }) => [plan.subtract('wheat', 2), plan.add('rye', 1)]))
        await context.tally('user 0', context.otherApp).add('flour')
        const progress: number[] = []
        const report = await context.stockpile.verify(context.app, {
          onProgress: ({ done, accounts }) => {
            progress.push(done)
            assert.ok(accounts >= done)
          },
        })
        assert.deepEqual(report, { app: context.app, accounts: 1_203, entries: 3_609, breaks: [] })
        assert.equal(progress.at(-1), 1_203)
        assert.deepEqual(
          progress,
          progress.toSorted((left, right) => left - right),
        )
      },
    },
    {
      title: 'verify takes an account of ten thousand entries',
      notIn: elsewise,
      run: async (context) => {
        const { plan } = context.tally()
        await context.stockpile.deal(Array.from({ length: 10_000 }, (_line, index) => plan.add((index % 7) + 1)))
        await context.tally().add('wheat')
        const report = await context.stockpile.verify(context.app)
        assert.deepEqual([report.accounts, report.entries, report.breaks], [1, 10_001, []])
      },
    },
    {
      title: 'verify can run while work goes on, and finds nothing',
      notIn: { transaction: elsewise.transaction },
      run: async (context) => {
        const work = Array.from({ length: 40 }, (_deal, index) => context.tally(`user ${index % 4}`).add('wheat'))
        for (let time = 0; time < 5; time += 1)
          assert.deepEqual((await context.stockpile.verify(context.app)).breaks, [])
        await Promise.all(work)
      },
    },
    {
      title: 'verify takes users of any name',
      notIn: elsewise,
      run: async (context) => {
        const users = ['\u{10ffff}\u{10ffff}', '\u{10ffff}', '😀', '!', 'Z', 'a', 'é', '~', '\uffff']
        await context.stockpile.deal(users.map((user) => context.tally(user).plan.add(user)))
        const report = await context.stockpile.verify(context.app)
        assert.deepEqual([report.accounts, report.entries, report.breaks], [users.length, users.length, []])
      },
    },
    finds(
      'a quantity that was changed',
      [`UPDATE farm_stockpile_holding SET quantity = 6 WHERE ${wheat}`],
      [['holding', 'bob', 'wheat']],
      /6 are held, and the history adds up to 4/,
      true,
    ),
    finds(
      'a holding that was deleted',
      [`DELETE FROM farm_stockpile_holding WHERE ${wheat}`],
      [['holding', 'bob', 'wheat']],
      /0 are held, and the history adds up to 4/,
      true,
    ),
    finds(
      'a holding that was invented',
      [`INSERT INTO farm_stockpile_holding (user_id, item_id, quantity, serials) VALUES ('bob', 'gold', 1000, 0)`],
      [['holding', 'bob', 'gold']],
      /1000 are held, and the history adds up to 0/,
      true,
    ),
    finds(
      'a holding whose owner was changed',
      [`UPDATE farm_stockpile_holding SET user_id = 'eve', item_id = 'oats' WHERE ${wheat}`],
      [
        ['holding', 'bob', 'wheat'],
        ['holding', 'eve', 'oats'],
      ],
      /0 are held.*4/,
      true,
    ),
    finds(
      'the last entry of a history deleted',
      [`DELETE FROM farm_stockpile_history WHERE ${bob} AND version = 3`],
      [
        ['account-version', 'bob', null],
        ['holding', 'bob', 'wheat'],
      ],
      /the account is at version 3, and its history ends at version 2/,
    ),
    finds(
      'an entry in the middle of a history deleted',
      [`DELETE FROM farm_stockpile_history WHERE ${bob} AND version = 2 AND line = 2`],
      [['holding', 'bob', 'rye']],
      /1 are held, and the history adds up to 0/,
    ),
    finds(
      'the first line of a deal deleted',
      [`DELETE FROM farm_stockpile_history WHERE ${bob} AND version = 2 AND line = 1`],
      [
        ['version-gap', 'bob', null],
        ['balance', 'bob', 'wheat'],
      ],
      /version 2, line 2 does not follow version 1, line 1/,
    ),
    finds(
      'the first entry of a history deleted',
      [`DELETE FROM farm_stockpile_history WHERE ${bob} AND version = 1`],
      [
        ['version-gap', 'bob', null],
        ['balance', 'bob', 'wheat'],
      ],
      /version 2, line 1 does not follow the start/,
    ),
    finds(
      'the whole history of an account deleted',
      [`DELETE FROM farm_stockpile_history WHERE ${bob}`],
      [
        ['account-version', 'bob', null],
        ['holding', 'bob', 'rye'],
        ['holding', 'bob', 'wheat'],
      ],
      /its history ends at version 0/,
    ),
    finds(
      'a balance that was changed',
      [`UPDATE farm_stockpile_history SET balance = 30 WHERE ${bob} AND version = 2 AND line = 1`],
      [
        ['balance', 'bob', 'wheat'],
        ['balance', 'bob', 'wheat'],
      ],
      /version 2 says that 30 were left; 5 and -2 make 3/,
    ),
    finds(
      'an account whose version was changed',
      [`UPDATE farm_stockpile_account SET version = 7 WHERE ${bob}`],
      [['account-version', 'bob', null]],
      /the account is at version 7, and its history ends at version 3/,
    ),
    finds(
      'an account that was deleted',
      [`DELETE FROM farm_stockpile_account WHERE ${bob}`],
      [['no-account', 'bob', null]],
      /there are holdings or history, and no account/,
    ),
    finds(
      'a holding without an account, before, between and after all accounts',
      [
        ...['!', 'b', '~'].map(
          (user) =>
            `INSERT INTO farm_stockpile_holding (user_id, item_id, quantity, serials) VALUES ('${user}', 'gold', 1, 0)`,
        ),
        "DELETE FROM farm_stockpile_account WHERE user_id IN ('!', 'b', '~')",
      ],
      [
        ['no-account', '!', null],
        ['no-account', 'b', null],
        ['no-account', '~', null],
      ],
      /no account/,
    ),
  ],
}
