import { mkdirSync, writeFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeTempFolder, removeTempFolder } from '../servers/temp-folder.ts'
import { runCommand, startCommand } from './command-line.ts'

let folder: string

beforeAll(async () => {
  folder = await makeTempFolder('mistakes')
  writeFileSync(join(folder, 'sales.csv'), 'Who,What,How many\nann,apple,3\n')
  writeFileSync(join(folder, 'semicolons.csv'), 'Who;What;How many\nann;apple;3\n')
  writeFileSync(join(folder, 'twice.csv'), 'Who,Who,What,How many\nann,bob,apple,3\n')
  writeFileSync(join(folder, 'open-quote.csv'), 'Who,What,How many\nann,apple,3\nbob,"pear,3\ncid,fig,3\n')
  writeFileSync(join(folder, 'scattered.csv'), 'Deal,Who,What,How many\n1,ann,apple,3\n2,bob,apple,1\n1,ann,fig,1\n')
  writeFileSync(join(folder, 'empty.csv'), '')
  writeFileSync(join(folder, 'notes.txt'), 'hello\n')
  mkdirSync(join(folder, 'folder.csv'))
  writeFileSync(join(folder, 'empty.sql'), '-- later\n;\n')
  writeFileSync(
    join(folder, 'half.sql'),
    "UPDATE farm_stockpile_holding SET quantity = 3;\nDELETE FROM a WHERE b = 'c;\n",
  )
  writeFileSync(join(folder, 'dump.sql'), 'SELECT 1;\n\nDELIMITER //\n')
  writeFileSync(join(folder, 'umlauts.sql'), Buffer.from("SELECT '\u00e4'", 'latin1'))
  writeFileSync(join(folder, 'ends.sql'), 'SELECT 1;\nCOMMIT')
  writeFileSync(join(folder, 'one.sql'), 'SELECT 1')
  await runCommand(['migrate', 'farm'], { folder, storage: 'sqlite:mistakes.db' })
})

afterAll(() => removeTempFolder(folder))

const urls =
  '\nURL is sqlite:farm.db, mysql://user:password@host:3306/database or postgres://user:password@host:5432/database'
const sales = ['--app', 'farm', '--user', 'Who', '--item', 'What', '--quantity', 'How many']

/** What people get wrong, and all that they are told. */
const mistakes: readonly (readonly [what: string, command: readonly string[], code: number, message: string])[] = [
  ['an unknown command', ['gte'], 2, "unknown command 'gte' (USAGE)\n(Did you mean get?)"],
  ['a command unlike any', ['frobnicate'], 2, "unknown command 'frobnicate' (USAGE)\nSee stockpile --help"],
  ['an unknown option', ['all', 'farm', '1', '--jsn'], 2, "unknown option '--jsn' (USAGE)\n(Did you mean --json?)"],
  ['a missing argument', ['get', 'farm', '1'], 2, "missing required argument 'ITEM' (USAGE)"],
  [
    'no number',
    ['add', 'farm', '1', 'a', 'five'],
    2,
    "command-argument value 'five' is invalid for argument 'QUANTITY'. It must be a whole number, such as 5. (USAGE)",
  ],
  [
    'half a thing',
    ['add', 'farm', '1', 'a', '1.5'],
    2,
    "command-argument value '1.5' is invalid for argument 'QUANTITY'. It must be a whole number, such as 5. (USAGE)",
  ],
  ['less than nothing', ['add', 'farm', '1', 'a', '-5'], 2, 'quantity must be at least 1; got -5n (INVALID_ARGUMENT)'],
  [
    'an app in capitals',
    ['add', 'Farm', '1', 'a'],
    2,
    "app must be 1 to 32 characters of a-z, 0-9 and _; got 'Farm' (INVALID_ARGUMENT)",
  ],
  [
    'an item with a leading zero',
    ['add', 'farm', '1', '01'],
    2,
    "item must be a whole number from 1, without a leading zero, where it is all digits; got '01' (INVALID_ARGUMENT)",
  ],
  [
    'data that is a list',
    ['add', 'farm', '1', 'a', '--data', '[1]'],
    2,
    `option '--data <JSON>' argument '[1]' is invalid. It must be a JSON object, such as '{"reason":"gift"}'. (USAGE)`,
  ],
  [
    'a vague time',
    ['history', 'farm', '1', '--since', 'yesterday'],
    2,
    "option '--since <TIME>' argument 'yesterday' is invalid. It must be a time such as 2026-05-01 or 2026-05-01T12:00:00Z (a day begins at 0:00 UTC). (USAGE)",
  ],
  [
    'too long a page',
    ['history', 'farm', '1', '--limit', '5000'],
    2,
    'limit must be a whole number from 1 to 1000; got 5000 (INVALID_ARGUMENT)',
  ],
  ['a missing file', ['apply', 'nowhere.csv'], 2, 'there is no file nowhere.csv (USAGE)'],
  ['a folder', ['apply', 'folder.csv'], 2, 'folder.csv is a folder: name a file, or - for standard input (USAGE)'],
  [
    'a file of no known kind',
    ['apply', 'notes.txt'],
    2,
    'notes.txt may be CSV or JSON lines: say --csv or --jsonl (USAGE)',
  ],
  [
    'an empty file',
    ['apply', 'empty.csv', ...sales],
    2,
    'empty.csv is empty: the first line of a CSV file names its columns (USAGE)',
  ],
  [
    'no mapping',
    ['apply', 'sales.csv'],
    2,
    'to apply a CSV file, say also --app NAME, --user COLUMN or --default-user ID, --item COLUMN, --quantity COLUMN (USAGE)\nsales.csv has the columns "Who", "What", "How many"',
  ],
  [
    'a missing column',
    ['apply', 'sales.csv', ...sales.slice(0, 6), '--quantity', 'Count'],
    2,
    'there is no column "Count" (USAGE)\nsales.csv has the columns "Who", "What", "How many"',
  ],
  [
    'another delimiter',
    ['apply', 'semicolons.csv', ...sales],
    2,
    `there is no column "Who" (USAGE)\nsemicolons.csv has the columns "Who;What;How many": are they separated by --delimiter ';'?`,
  ],
  [
    'a column that is there twice',
    ['apply', 'twice.csv', ...sales],
    2,
    'twice.csv has two columns "Who": rename one (USAGE)',
  ],
  [
    'a quote that is never closed',
    ['apply', 'open-quote.csv', ...sales],
    2,
    'open-quote.csv is no CSV: a quote is opened and not closed before the end, in line 4 (USAGE)',
  ],
  [
    'rows of a deal that stand apart',
    ['apply', 'scattered.csv', ...sales, '--deal', 'Deal'],
    2,
    'scattered.csv, line 4: deal "1" comes up again: the rows of a deal must stand together, so sort the file by it (USAGE)',
  ],
  [
    'an unknown encoding',
    ['apply', 'sales.csv', ...sales, '--encoding', 'klingon'],
    2,
    "'klingon' is no encoding: --encoding is a name such as utf-8, windows-1252 or utf-16le (USAGE)",
  ],
  [
    'standard input without a name',
    ['apply', '-'],
    2,
    'standard input has no name to resume by: give --run NAME, the same when you send it again (USAGE)',
  ],
  [
    'a refused file that is the input',
    ['apply', 'sales.csv', ...sales, '--refused', './sales.csv'],
    2,
    '--refused ./sales.csv is the file that is read: name another (USAGE)',
  ],
  [
    'columns for JSON lines',
    ['apply', '-', '--run', 'x', '--jsonl', '--item', 'What'],
    2,
    '--item is for CSV: say --csv if that is what - is (USAGE)',
  ],
  ['a missing file of SQL', ['bulk', 'farm', 'nowhere.sql'], 2, 'there is no file nowhere.sql (USAGE)'],
  [
    'SQL without a statement',
    ['bulk', 'farm', 'empty.sql'],
    2,
    'empty.sql has no statement in it, so there is nothing to do (USAGE)',
  ],
  [
    'SQL that ends in a text',
    ['bulk', 'farm', 'half.sql'],
    2,
    'half.sql, line 2: a quote is opened and not closed before the end (USAGE)',
  ],
  [
    'a DELIMITER',
    ['bulk', 'farm', 'dump.sql'],
    2,
    "dump.sql, line 3: DELIMITER is a command of the shell mysql and no SQL, and none of a bulk change's statements needs it: leave it out, and end statements with ; (USAGE)",
  ],
  [
    'SQL in another encoding',
    ['bulk', 'farm', 'umlauts.sql'],
    2,
    'umlauts.sql is not all utf-8: name its encoding with --encoding (USAGE)',
  ],
  [
    'SQL that would end the transaction',
    ['bulk', 'farm', 'ends.sql'],
    2,
    "ends.sql, line 2: sql must be one statement that leaves the transaction open: no BEGIN, SAVEPOINT, COMMIT or ROLLBACK; got 'COMMIT' (INVALID_ARGUMENT)",
  ],
  [
    'a bulk change of an app that nobody made',
    ['bulk', 'fram', 'one.sql'],
    3,
    "app fram has no tables in sqlite:mistakes.db: run `npx stockpile migrate fram`, or call stockpile.migrate(['fram']), or make the Stockpile with tables: 'auto' (TABLES_MISSING)",
  ],
  [
    'a relay without a cache',
    ['relay'],
    2,
    'no cache is named: say which with --cache URL or the environment variable STOCKPILE_CACHE (USAGE)',
  ],
  [
    'a cache that is none',
    ['all', 'farm', '1', '--cache', 'couch://anna:geheim@host'],
    2,
    "'couch://anna:***@host' names no cache (USAGE)\nURL is memcached:HOST:PORT,HOST:PORT or redis://user:password@host:6379/0",
  ],
  [
    'a cache without a server',
    ['all', 'farm', '1', '--cache', 'memcached:'],
    2,
    "servers must be 'host:port', 'host', 'unix:/path' or 'memcached://host:port' of each server; got '' (INVALID_ARGUMENT)",
  ],
  ['--yes to nothing', ['cache', '--yes'], 2, '--yes is for --forget (USAGE)'],
]

describe('a mistake', () => {
  it.each(mistakes)('%s: is told in plain words and changes nothing', async (_what, command, code, message) => {
    const ended = await runCommand(command, { folder, storage: 'sqlite:mistakes.db' })
    expect(ended).toEqual({ code, stdout: '', stderr: `error: ${message}\n` })
  })

  it('no storage: says what to do', async () => {
    const ended = await runCommand(['all', 'farm', '1'], { folder })
    const message =
      'error: no storage is named: say where the inventories are with --storage URL or the environment variable STOCKPILE_STORAGE (USAGE)'
    expect(ended).toEqual({ code: 2, stdout: '', stderr: `${message}${urls}\n` })
  })

  it('a storage that is none: says what to write instead', async () => {
    const bare = await runCommand(['all', 'farm', '1', '-s', 'farm.db'], { folder })
    expect(bare).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: 'farm.db' names no storage; did you mean sqlite:farm.db? (USAGE)${urls}\n`,
    })
    const oracle = await runCommand(['all', 'farm', '1', '-s', 'oracle://scott:tiger@host/x'], { folder })
    expect(oracle.stderr).toBe(`error: 'oracle://scott:***@host/x' names no storage (USAGE)${urls}\n`)
  })

  it('a SQLite file that is not there: a reader says so and makes none', async () => {
    const ended = await runCommand(['all', 'farm', '1', '-s', 'sqlite:typo.db'], { folder })
    expect(ended.code).toBe(3)
    expect(ended.stderr).toBe(
      'error: there is no file typo.db: check the path of --storage; stockpile migrate makes a new file (FAILED)\n',
    )
    expect(existsSync(join(folder, 'typo.db'))).toBe(false)
  })

  it.each(['mysql', 'postgres'])(
    'a %s server that is not there: ends with 3 and keeps the password',
    async (dialect) => {
      // Nobody listens on port 1, which only the system could open.
      const storage = `${dialect}://anna:geheim@127.0.0.1:1/farm`
      const ended = await runCommand(['all', 'farm', '1'], { folder, storage, variables: { STOCKPILE_DEBUG: '1' } })
      expect(ended.code).toBe(3)
      expect(ended.stderr).toMatch(/^error: .*127\.0\.0\.1:1.* \(CONNECTION_LOST\)\n/)
      expect(ended.stderr).not.toContain('geheim')
    },
  )

  it('a stack is printed only where STOCKPILE_DEBUG asks for it', async () => {
    const command = ['subtract', 'farm', '1', 'a']
    const plain = await runCommand(command, { folder, storage: 'sqlite:stack.db' })
    expect(plain.stderr.trimEnd().split('\n')).toHaveLength(1)
    const debug = await runCommand(command, { folder, storage: 'sqlite:stack.db', variables: { STOCKPILE_DEBUG: '1' } })
    expect(debug.stderr).toMatch(/\n {4}at /)
  })

  it('no command: prints the help and ends with 2; --help and --version end with 0', async () => {
    const none = await runCommand([], { folder })
    expect(none).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('Commands:') as string })
    const help = await runCommand(['--help'], { folder })
    expect(help).toMatchObject({ code: 0, stderr: '', stdout: none.stderr })
    expect(await runCommand(['help', 'apply'], { folder })).toMatchObject({ code: 0, stderr: '' })
    expect((await runCommand(['--version'], { folder })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it('a reader that goes away early (| head) is no failure', async () => {
    const storage = 'sqlite:pipe.db'
    const changes = Array.from({ length: 5_000 }, (_, item) => ({ verb: 'add', user: 1, item: `item_${item}` }))
    const input = JSON.stringify({ app: 'farm', changes })
    await runCommand(['apply', '-', '--run', 'pipe'], { folder, storage, input })
    const { child, ended } = startCommand(['all', 'farm', '1'], { folder, storage })
    child.stdout.destroy()
    expect(await ended).toMatchObject({ code: 0, stderr: '' })
  })
})
