import { hostname } from 'node:os'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { openHand } from '../../src/cli/prove/by-hand.ts'
import { memoryCache, type Cache, type Stockpile } from '../../src/index.ts'
import { cacheOf, openApplication, type CliCache } from './caches.ts'
import { jsonOf, runCommand, startCommand, type Ended, type Running, type StartOptions } from './command-line.ts'
import { openDatabase, type CliDatabase, type Dialect } from './databases.ts'

type Run = (args: readonly string[], options?: StartOptions & { input?: string }) => Promise<Ended>

/** A database with a cache that an application has filled: ann and bob have five apples each. */
interface Scene extends AsyncDisposable {
  readonly database: CliDatabase
  readonly cache: CliCache
  readonly application: Stockpile
  /** Runs a command that is told of the database and of nothing else. */
  readonly run: Run
  byHand(statement: string): Promise<void>
}

async function openScene(dialect: Dialect, cacheName: 'memcached' | 'redis'): Promise<Scene> {
  const database = await openDatabase(dialect)
  const cache = cacheOf(cacheName)
  const application = await openApplication(database, cache.open({ relayMs: 0, timeoutMs: 20_000 }))
  for (const user of ['ann', 'bob']) {
    await application.tally('farm', user).add('apple', 5)
    await application.tally('farm', user).get('apple')
  }
  return {
    database,
    cache,
    application,
    run: (args, options = {}) => runCommand(args, { storage: database.url, ...options }),
    byHand: async (statement) => {
      const hand = await openHand(database.url)
      await hand.run(statement)
      await hand.close()
    },
    async [Symbol.asyncDispose]() {
      await application.close()
      await database[Symbol.asyncDispose]()
    },
  }
}

const sevenByHand = "UPDATE farm_stockpile_holding SET quantity = 7 WHERE user_id = 'ann' AND item_id = 'apple'"

/** Waits until a command that runs has printed this. */
async function printed({ child, ended }: Running, text: string | RegExp): Promise<void> {
  let all = ''
  const seen = new Promise<void>((resolve) => {
    child.stdout.on('data', (some: string) => {
      all += some
      if (typeof text === 'string' ? all.includes(text) : text.test(all)) resolve()
    })
  })
  const early = ended.then(({ stdout, stderr }) => {
    throw new Error(`it ended before it printed ${String(text)}: ${stdout}${stderr}`)
  })
  await Promise.race([seen, early])
}

describe.each([
  ['sqlite', 'redis'],
  ['mysql', 'memcached'],
  ['postgres', 'redis'],
  ['postgres', 'memcached'],
] as const)('with %s and %s', (dialect, cacheName) => {
  it('reads and writes go through the cache that is named, or the environment names', async () => {
    await using scene = await openScene(dialect, cacheName)
    const { application, cache, run } = scene
    expect(await run(['add', 'farm', 'ann', 'apple', '2', '--cache', cache.url])).toMatchObject({
      code: 0,
      stdout: 'apple  7\n',
    })
    expect(await application.tally('farm', 'ann').get('apple')).toBe(7n)
    // A command that ends leaves the value that it wrote, and no intent that would send everybody to the database.
    expect(application.cacheStatistics).toMatchObject({ hits: 2, intentMisses: 0 })
    // Nobody removes what is cached, so that it shows who reads it.
    await scene.byHand(sevenByHand.replace('7', '9'))
    const variables = { STOCKPILE_CACHE: cache.url }
    expect((await run(['get', 'farm', 'ann', 'apple', '-c', cache.url])).stdout).toBe('apple  7\n')
    expect((await run(['all', 'farm', 'ann'], { variables })).stdout).toBe('apple  7\n')
    expect((await run(['all', 'farm', 'ann'])).stdout).toBe('apple  9\n')
  })

  it('a writer that is not told of the cache, or of another one, is refused with the words that help', async () => {
    await using scene = await openScene(dialect, cacheName)
    const { cache, run } = scene
    const add = ['add', 'farm', 'ann', 'apple']
    const address = cache.url.replace(/^memcached:\/\//, 'memcached:').replace(/:(\d+)\/?$/, ':$1')
    for (const more of [[], ['--cache', 'memcached:127.0.0.1:1']]) {
      const { code, stdout, stderr } = await run([...add, ...more])
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
      expect(stderr).toMatch(/^error: the database is cached in .* \(CACHE_MISMATCH\)\n/)
      expect(stderr).toContain(`\nOn the command line, the same cache is --cache ${address}`)
      expect(stderr).toContain('stockpile cache --forget --yes\n')
    }
    expect(await run([...add, '--cache', 'memory:'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: a cache in memory belongs to one process.*\(USAGE\)\n$/) as string,
    })
    expect((await run(['all', 'farm', 'ann'])).stdout).toBe('apple  5\n')
  })

  it('bulk changes an app by a file of statements, and every cached value is out at once', async () => {
    await using scene = await openScene(dialect, cacheName)
    const { application, cache, run } = scene
    const input = `-- The daily bonus; for everybody.
UPDATE farm_stockpile_holding SET quantity = quantity + 2;

INSERT INTO farm_stockpile_holding (user_id, item_id, quantity) VALUES ('cid', ';''--', 3);
SELECT user_id FROM farm_stockpile_holding`
    expect(await run(['bulk', 'farm', '-', '--cache', cache.url, '--json'], { input })).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(
        /^\{"app":"farm","input":"standard input","rows":6,"statements":\[\{"line":2,"rows":2\},\{"line":4,"rows":1\},\{"line":5,"rows":3\}\]\}\n$/,
      ) as string,
    })
    for (const user of ['ann', 'bob']) expect(await application.tally('farm', user).get('apple')).toBe(7n)
    expect(await application.tally('farm', 'cid').get(";'--")).toBe(3n)
    expect((await run(['verify'])).stdout).toBe('farm: in order (3 accounts, 5 of history)\n')
    const refused = await run(['bulk', 'farm', '-'], { input: 'UPDATE farm_stockpile_holding SET quantity = 1' })
    expect(refused).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('CACHE_MISMATCH') as string })
    expect(await application.tally('farm', 'ann').refresh()).toMatchObject({ size: 1 })
    expect(await application.tally('farm', 'ann').get('apple')).toBe(7n)
  })

  it('bulk does all statements or none, and says in which line one failed', async () => {
    await using scene = await openScene(dialect, cacheName)
    const { application, cache, run } = scene
    const input = 'UPDATE farm_stockpile_holding SET quantity = 9;\n\nUPDATE farm_stockpile_holding\nSET quantity = -1'
    const ended = await run(['bulk', 'farm', '-', '--cache', cache.url], { input })
    expect(ended).toMatchObject({ code: 3, stdout: '' })
    expect(ended.stderr).toMatch(/^error: standard input, line 3: .*\(DATABASE\)\n$/s)
    const told = await run(['bulk', 'farm', '-', '--cache', cache.url, '--json'], { input })
    expect(JSON.parse(told.stderr)).toMatchObject({ error: { code: 'DATABASE', data: { line: 3 } } })
    expect(await application.tally('farm', 'ann').uncached.get('apple')).toBe(5n)
    expect(await application.tally('farm', 'ann').get('apple')).toBe(5n)
  })

  it('relay --once removes the cached values of who was changed by hand', async () => {
    await using scene = await openScene(dialect, cacheName)
    const { application, cache, run } = scene
    const relay = ['relay', '--once', '--cache', cache.url]
    expect((await run(relay)).stdout).toBe('Cached values were removed: 0 accounts.\n')
    await scene.byHand(sevenByHand)
    expect(await application.tally('farm', 'ann').get('apple')).toBe(5n)
    expect(jsonOf(await run([...relay, '--json']))).toEqual({ total: 1 })
    expect(await application.tally('farm', 'ann').get('apple')).toBe(7n)
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('relay goes on until %s, and says what it did', async (signal) => {
    await using scene = await openScene(dialect, cacheName)
    const { application, cache, database } = scene
    const running = startCommand(['relay', '--cache', cache.url], { storage: database.url })
    for (const quantity of [7, 8]) {
      const told = printed(running, '  1 account\n')
      await scene.byHand(sevenByHand.replace('7', String(quantity)))
      await told
      expect(await application.tally('farm', 'ann').get('apple')).toBe(BigInt(quantity))
    }
    running.child.kill(signal)
    const { code, stdout, stderr } = await running.ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^(?:\S+Z {2}1 account\n){2}Cached values were removed: 2 accounts in all\.\n$/)
  })

  it('cache tells what the database remembers, and has it forget that when all have stopped', async () => {
    await using scene = await openScene(dialect, cacheName)
    const { application, run } = scene
    const shown = await run(['cache'])
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    expect(shown.stdout).toMatch(/^cache {2}(?:memcached:\/\/|redis:)127\.0\.0\.1:\d+.*\nsince {2}20\S+Z\n$/)
    const note = await application.cacheNote()
    expect(jsonOf(await run(['cache', '--json']))).toEqual({ cache: note })
    expect(Math.abs(Date.now() - (note?.since ?? 0))).toBeLessThan(10 * 60_000)
    expect(await run(['cache', '--forget'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('stop all of them, the relay included, and say so with --yes') as string,
    })
    expect(await application.cacheNote()).toEqual(note)
    expect((await run(['cache', '--forget', '--yes'])).stdout).toBe(`The database has forgotten ${note?.name}.\n`)
    expect((await run(['cache'])).stdout).toBe('The database remembers no cache.\n')
    expect((await run(['cache', '--forget', '--yes'])).stdout).toBe('The database remembered no cache.\n')
    expect(await run(['add', 'farm', 'ann', 'apple'])).toMatchObject({ code: 0, stdout: 'apple  6\n' })
    await expect(application.tally('farm', 'ann').add('apple')).rejects.toMatchObject({ code: 'CACHE_MISMATCH' })
  })
})

describe('a database', () => {
  it.each(['sqlite', 'mysql', 'postgres'] as const)(
    'on %s that is not cached is not begun to be by the command line, whatever cache is named',
    async (dialect) => {
      await using database = await openDatabase(dialect)
      const run: Run = (args) =>
        runCommand(args, { storage: database.url, variables: { STOCKPILE_CACHE: 'memcached:127.0.0.1:1' } })
      expect(await run(['migrate', 'farm'])).toMatchObject({ code: 0 })
      expect((await run(['cache'])).stdout).toBe('The database remembers no cache.\n')
      expect(await run(['add', 'farm', 'ann', 'apple'])).toMatchObject({ code: 0, stdout: 'apple  1\n' })
      expect((await run(['all', 'farm', 'ann'])).stdout).toBe('apple  1\n')
      expect(await run(['relay'])).toMatchObject({
        code: 3,
        stderr: expect.stringContaining('the database remembers no cache, so there is nothing to remove') as string,
      })
      expect((await run(['relay', '--once'])).stdout).toBe('Cached values were removed: 0 accounts.\n')
      expect(jsonOf(await run(['cache', '--json']))).toEqual({ cache: null })
    },
  )

  it.each(['mysql', 'postgres'] as const)('on %s without any table remembers no cache', async (dialect) => {
    await using database = await openDatabase(dialect)
    expect(await runCommand(['cache'], { storage: database.url })).toMatchObject({
      code: 0,
      stdout: 'The database remembers no cache.\n',
    })
  })

  it('that is cached in the memory of a process says so, and lets nobody else write', async () => {
    await using database = await openDatabase('sqlite')
    const cache: Cache = memoryCache({ relayMs: 0 })
    await using application = await openApplication(database, cache)
    await application.tally('farm', 'ann').add('apple', 5)
    const run: Run = (args) => runCommand(args, { storage: database.url })
    const place = `${process.pid} on ${hostname()}`
    expect((await run(['cache'])).stdout).toMatch(new RegExp(`\nprocess {2}${place}\n$`))
    const refused = await run(['add', 'farm', 'ann', 'apple'])
    expect(refused.code).toBe(3)
    expect(refused.stderr).toContain(
      `\nThat cache is in the memory of process ${place}, so only that process can write`,
    )
    expect((await run(['all', 'farm', 'ann'])).stdout).toBe('apple  5\n')
    await application.close()
    expect(await run(['add', 'farm', 'ann', 'apple'])).toMatchObject({ code: 0 })
  })
})
