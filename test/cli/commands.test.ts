import { describe, expect, it } from 'vitest'
import { openStorage } from '../../src/cli/storage-url.ts'
import { jsonOf, runCommand, type Ended } from './command-line.ts'
import { dialects, openDatabase } from './databases.ts'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

describe.each(dialects)('on %s', (dialect) => {
  it('every command does what its help says, for people and for machines', async () => {
    await using database = await openDatabase(dialect)
    const run = (...args: string[]): Promise<Ended> => runCommand(args, { storage: database.url })
    const migrated = await run('migrate', 'farm')
    expect(migrated).toMatchObject({ code: 0, stderr: '' })
    expect(migrated.stdout).toMatch(/^shared: version 1, .+\n(shared: .+\n)*farm: version 1, .+\n$/)
    expect(await run('migrate')).toMatchObject({ code: 0, stdout: 'Everything is up to date.\n' })

    expect(await run('add', 'farm', '1', 'apple', '5', '--data', '{"why":"harvest"}')).toEqual({
      code: 0,
      stdout: 'apple  5\n',
      stderr: '',
    })
    expect(await run('subtract', 'farm', '1', 'apple')).toMatchObject({ code: 0, stdout: 'apple  4\n' })
    const set = await run('set', 'farm', '1', '1000', '9007199254740993', '--json')
    expect(jsonOf(set)).toEqual({
      app: 'farm',
      user: '1',
      item: '1000',
      change: '9007199254740993',
      quantity: '9007199254740993',
      version: '3',
      deal: expect.stringMatching(uuid) as string,
    })
    expect((await run('get', 'farm', '1', 'pear', '1000', 'apple')).stdout).toBe(
      'pear                  0\n1000   9007199254740993\napple                 4\n',
    )
    expect(jsonOf(await run('get', 'farm', '1', 'pear', '1000', '--json'))).toEqual({
      app: 'farm',
      user: '1',
      version: '3',
      items: { pear: '0', 1000: '9007199254740993' },
    })
    expect((await run('all', 'farm', '1')).stdout).toBe('1000   9007199254740993\napple                 4\n')
    expect(jsonOf(await run('all', 'farm', '2', '--json'))).toEqual({ app: 'farm', user: '2', version: '0', items: {} })
    expect((await run('all', 'farm', '2')).stdout).toBe('User 2 of farm has nothing.\n')
  })

  it('history pages, filters and says where the next page begins', async () => {
    await using database = await openDatabase(dialect)
    const run = (...args: string[]): Promise<Ended> => runCommand(args, { storage: database.url })
    await run('migrate', 'farm')
    for (const item of ['a', 'b', 'a']) await run('add', 'farm', '1', item, '2', '--data', '{"n":1}')
    const page = await run('history', 'farm', '1', '--limit', '2')
    expect(page.stdout).toMatch(/^\S+Z {2}3\.1 {2}a {2}\+2 {2}4 {2}\S+ {2}\{"n":1\}\n\S+ {2}2\.1 {2}b .*\n$/)
    expect(page.stderr).toBe('There may be more: --before 2.1\n')
    const rest = jsonOf(await run('history', 'farm', '1', '--before', '2.1', '--json')) as {
      entries: { deal: string }[]
    }
    expect(rest).toMatchObject({
      next: null,
      entries: [{ item: 'a', change: '2', balance: '2', version: '1', data: { n: 1 } }],
    })
    const ofDeal = await run(
      'history',
      'farm',
      '1',
      '--deal',
      rest.entries[0]!.deal,
      '--item',
      'a',
      '--since',
      '2020-01-01',
    )
    expect(ofDeal.stdout.trim().split('\n')).toHaveLength(1)
    expect((await run('history', 'farm', '1', '--until', '2020-01-01T00:00:00Z')).stdout).toBe(
      'There is no such entry.\n',
    )
  })

  it('a refused write ends with 1 and says why, and a key is done once', async () => {
    await using database = await openDatabase(dialect)
    const run = (...args: string[]): Promise<Ended> => runCommand(args, { storage: database.url })
    await run('migrate', 'farm')
    expect((await run('add', 'farm', '1', 'a', '--key', 'k')).stdout).toBe('a  1\n')
    expect((await run('add', 'farm', '1', 'a', '--key', 'k')).stdout).toBe('a  1\n')
    expect(await run('add', 'farm', '1', 'b', '--key', 'k')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: key "k" belongs to deal .* \(KEY_REUSED\)\n$/) as string,
    })
    expect(await run('subtract', 'farm', '1', 'a', '7')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'error: user 1 of farm holds 1 of item a: 7 cannot be taken (NOT_ENOUGH)\n',
    })
    const refused = await run('add', 'farm', '1', 'a', '--if-version', '7', '--json')
    expect(refused.code).toBe(1)
    expect(JSON.parse(refused.stderr)).toMatchObject({
      error: { code: 'VERSION_CONFLICT', data: { expected: '7', actual: '1' } },
    })
  })

  it('verify says that the books are in order, and ends with 1 and the rows where they are not', async () => {
    await using database = await openDatabase(dialect)
    const run = (...args: string[]): Promise<Ended> => runCommand(args, { storage: database.url })
    await run('migrate', 'farm', 'shop')
    await run('add', 'farm', '1', 'a', '3')
    expect(await run('verify')).toEqual({
      code: 0,
      stdout: 'farm: in order (1 account, 1 of history)\nshop: in order (0 accounts, 0 of history)\n',
      stderr: '',
    })
    await tamper(database.url)
    const found = await run('verify', 'farm')
    expect(found.code).toBe(1)
    expect(found.stdout).toMatch(
      /^farm: 1 break .*\n {2}account-version: user 1 of farm: .*version 1.*\n {4}\{"app":"farm".*\}\n/,
    )
    expect(jsonOf(await run('verify', '--json'))).toMatchObject({
      apps: [
        { app: 'farm', breaks: [{ rule: 'account-version', user: '1' }] },
        { app: 'shop', breaks: [] },
      ],
    })
  })

  it('a reader of an app that nobody made gets told so and makes nothing', async () => {
    await using database = await openDatabase(dialect)
    const run = (...args: string[]): Promise<Ended> => runCommand(args, { storage: database.url })
    await run('migrate', 'farm')
    for (const command of [
      ['get', 'fram', '1', 'a'],
      ['all', 'fram', '1'],
      ['history', 'fram', '1'],
      ['verify', 'fram'],
    ]) {
      const { code, stderr } = await run(...command)
      expect(code).toBe(3)
      expect(stderr).toMatch(/^error: app fram has no tables in .*npx stockpile migrate fram.* \(TABLES_MISSING\)\n$/)
    }
    expect((await run('verify')).stdout).toBe('farm: in order (0 accounts, 0 of history)\n')
  })

  it('a writer makes missing tables with --tables auto, and leaves them to migrate with --tables migrate', async () => {
    await using database = await openDatabase(dialect)
    const run = (...args: string[]): Promise<Ended> => runCommand(args, { storage: database.url })
    expect(await run('add', 'farm', '1', 'a', '--tables', 'migrate')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('TABLES_MISSING') as string,
    })
    expect(await run('add', 'farm', '1', 'a', '--tables', 'auto')).toMatchObject({ code: 0, stdout: 'a  1\n' })
  })
})

/** Writes what nobody but Stockpile should write: an account's version without a deal. */
async function tamper(url: string): Promise<void> {
  const storage = await openStorage(url, 'write')
  const session = await storage.begin()
  const account = { app: 'farm', user: '1', version: 9n, changedAt: 0 }
  const none = { accountsNew: [], holdingsNew: [], holdingsChanged: [], holdingsGone: [], history: [] }
  const noSerials = { serialsGone: [], serialsChanged: [], serialsNew: [] }
  await session.load({ apps: [{ app: 'farm', users: ['1'], holdings: [], serials: [] }], keys: [] }, 'wait')
  await session.save({
    apps: [{ app: 'farm', accountsChanged: [account], ...none, ...noSerials }],
    receipts: [],
    commit: null,
  })
  await session.commit(null, [])
  await storage.close()
}
