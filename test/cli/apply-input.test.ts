import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeTempFolder, removeTempFolder } from '../servers/temp-folder.ts'
import { jsonOf, runCommand, startCommand, type Ended } from './command-line.ts'

const columns = ['--app', 'farm', '--user', 'who', '--item', 'what', '--quantity', 'n']
let folder: string
let filesMade = 0

beforeAll(async () => {
  folder = await makeTempFolder('apply')
})

afterAll(() => removeTempFolder(folder))

/** Runs `apply` on a SQLite file of its own. */
function apply(
  args: readonly string[],
  options: { input?: string; nodeArgs?: string[] } = {},
): Promise<Ended & { storage: string }> {
  filesMade += 1
  const storage = `sqlite:own-${filesMade}.db`
  return runCommand(['apply', ...args], { folder, storage, ...options }).then((ended) => ({ ...ended, storage }))
}

function file(name: string, content: string | Buffer): string {
  writeFileSync(join(folder, name), content)
  return name
}

async function itemsOf(storage: string, user: string): Promise<unknown> {
  const ended = await runCommand(['all', 'farm', user, '--json'], { folder, storage })
  return (jsonOf(ended) as { items: unknown }).items
}

function refusedIn(name: string): { line: number; message: string; code: string }[] {
  const lines = readFileSync(join(folder, name), 'utf8').trimEnd().split('\n')
  return lines.map((line) => (JSON.parse(line) as { refused: { line: number; message: string; code: string } }).refused)
}

describe('a row that is none', () => {
  it('makes its deal a refused one, names its line and its fault, and harms no other deal', async () => {
    const rows = [
      'deal,who,what,n',
      '1,ann,fig,3',
      '2,ann,fig,3.5',
      '2,ann,fig,1',
      '3,ann,fig',
      '4,ann,"fi\ng",1',
      '5,,fig,1',
      ',ann,fig,1',
      '6,ann, fig,1',
      '7,ann,fig,many',
      '8,ann,fig,2',
    ]
    const { code } = await apply([file('odd.csv', rows.join('\n')), ...columns, '--deal', 'deal'])
    expect(code).toBe(1)
    expect(refusedIn('odd.csv.refused.jsonl').map(({ line, message }) => [line, message])).toEqual([
      [3, 'line 3: n must be a whole number; got "3.5"'],
      [5, 'line 5: has 3 cells, and the header has 4'],
      [6, "changes[0].item must be free of control characters; got 'fi\\ng'"],
      [8, 'line 8: has no user in column who: see --default-user'],
      [9, 'line 9: has no deal in column deal'],
      [10, "changes[0].item must be free of blanks at either end; got ' fig'"],
      [11, 'line 11: n must be a whole number; got "many"'],
    ])
  })

  it('is also one whose key or data differ from those of its deal', async () => {
    const rows = 'deal,who,what,n,key,note\n1,ann,fig,1,k,x\n1,ann,fig,1,k,y\n2,ann,fig,1,k2,x\n2,ann,fig,1,k3,x\n'
    const { code } = await apply([
      file('data.csv', rows),
      ...columns,
      '--deal',
      'deal',
      '--key',
      'key',
      '--data',
      'note',
    ])
    expect(code).toBe(1)
    expect(refusedIn('data.csv.refused.jsonl').map(({ message }) => message)).toEqual([
      'line 3: note is not the same as in line 2: it belongs to the deal as a whole',
      'line 5: key is not the same as in line 4: it belongs to the deal as a whole',
    ])
  })
})

describe('the file of refused deals', () => {
  it('can be applied itself when what was missing is there', async () => {
    const { storage } = await apply([file('early.csv', 'who,what,n\nann,fig,-3\nann,fig,5\n'), ...columns])
    const again = await runCommand(['apply', 'early.csv.refused.jsonl'], { folder, storage })
    expect(again.code).toBe(0)
    expect(await itemsOf(storage, 'ann')).toEqual({ fig: '2' })
    expect(existsSync(join(folder, 'early.csv.refused.jsonl.refused.jsonl'))).toBe(false)
  })

  it('of an earlier run goes when nothing is refused, and a named one is there even if it is empty', async () => {
    file('good.csv', 'who,what,n\nann,fig,5\n')
    file('good.csv.refused.jsonl', 'stale\n')
    await apply(['good.csv', ...columns])
    expect(existsSync(join(folder, 'good.csv.refused.jsonl'))).toBe(false)
    await apply(['good.csv', ...columns, '--refused', 'named.jsonl'])
    expect(readFileSync(join(folder, 'named.jsonl'), 'utf8')).toBe('')
  })

  it('that can not be written ends the command before anything is done', async () => {
    file('good.csv', 'who,what,n\nann,fig,5\n')
    const { code, stderr, storage } = await apply(['good.csv', ...columns, '--refused', 'nowhere/named.jsonl'])
    expect(code).toBe(3)
    expect(stderr).toMatch(
      /^error: the refused deals can not be written to nowhere\/named\.jsonl \(ENOENT.*\(FAILED\)\n$/,
    )
    const { stderr: made } = await runCommand(['verify'], { folder, storage })
    expect(made).toContain('there is no file')
  })
})

describe('the input', () => {
  it('comes from standard input too, under a name of its own', async () => {
    const input = 'who;what;n\nann;fig;5\nann;fig;-6\n'
    const { stdout, storage } = await apply(['-', '--run', 'monday', ...columns, '--delimiter', ';'], { input })
    expect(stdout).toMatch(
      /^standard input: 2 deals .*\n {2}1 applied\n {2}1 refused: .*; see monday\.refused\.jsonl\n$/,
    )
    expect(await itemsOf(storage, 'ann')).toEqual({ fig: '5' })
    const jsonLine = '{"app":"farm","changes":[{"verb":"add","user":"bob","item":"fig"}]}'
    const json = await apply(['-', '--run', 'tuesday', '--json'], { input: jsonLine })
    expect(jsonOf(json)).toMatchObject({ input: 'standard input', applied: 1 })
  })

  it('from a pipe can not be read twice: a deal that comes up again is refused there', async () => {
    const input = 'deal,who,what,n\n1,ann,fig,1\n2,ann,fig,1\n1,ann,fig,1\n'
    const { code, storage } = await apply(['-', '--run', 'apart', ...columns, '--deal', 'deal'], { input })
    expect(code).toBe(1)
    expect(refusedIn('apart.refused.jsonl')).toMatchObject([{ line: 4, code: 'INVALID_ROW' }])
    expect(await itemsOf(storage, 'ann')).toEqual({ fig: '2' })
  })

  it('is UTF-8 unless another encoding is named; bytes outside of it matter only where they are used', async () => {
    const latin = file('latin.csv', Buffer.from('who,what,n,note\nann,fig,1,5 £\nann,fig£,2,\n', 'latin1'))
    const strict = await apply([latin, ...columns])
    expect(strict.code).toBe(1)
    expect(refusedIn('latin.csv.refused.jsonl')).toMatchObject([
      { line: 3, message: 'line 3: what holds bytes that are not in the encoding: see --encoding' },
    ])
    const named = await apply([latin, ...columns, '--encoding', 'windows-1252'])
    expect(named.code).toBe(0)
    expect(await itemsOf(named.storage, 'ann')).toEqual({ fig: '1', 'fig£': '2' })
  })

  it('may begin with a byte order mark, mix line ends and be separated by tabs', async () => {
    const { storage } = await apply([
      file('mixed.tsv', '\ufeffwho\twhat\tn\r\nann\tfig\t1\n\nann\t"f\tg"\t2\r'),
      ...columns,
    ])
    expect(refusedIn('mixed.tsv.refused.jsonl')).toHaveLength(1)
    expect(await itemsOf(storage, 'ann')).toEqual({ fig: '1' })
  })

  it('is known by its options or its name, and --csv and --jsonl overrule both', async () => {
    const text = 'who,what,n\nann,fig,1\n'
    expect((await apply([file('plain.txt', text), ...columns])).code).toBe(0)
    expect((await apply([file('odd.jsonl', text), '--csv', ...columns])).code).toBe(0)
    const lines = file('odd-lines.csv', '{"app":"farm","changes":[{"verb":"add","user":"bob","item":"fig"}]}')
    expect((await apply([lines, '--jsonl'])).code).toBe(0)
  })

  it('is read in constant memory, however large', async () => {
    const path = join(folder, 'large.csv')
    const handle = await open(path, 'w')
    await handle.write('who,what,n,filling\n')
    const filling = 'x'.repeat(16 * 1024)
    // 128 MiB, and node gets 48 for everything.
    for (let row = 0; row < 8_192; row += 1) await handle.write(`ann,fig,1,${filling}\n`)
    await handle.close()
    const ended = await apply(['large.csv', ...columns, '--json'], { nodeArgs: ['--max-old-space-size=48'] })
    expect(jsonOf(ended)).toMatchObject({ deals: 8_192, applied: 8_192 })
  })
})

describe('progress', () => {
  it('is printed as plain lines where there is no terminal, and not at all with --quiet', async () => {
    const storage = 'sqlite:slow.db'
    const line = '{"app":"farm","changes":[{"verb":"add","user":"bob","item":"fig"}]}\n'
    const { child, ended } = startCommand(['apply', '-', '--run', 'slow', '--quiet'], { folder, storage })
    child.stdin.end(line.repeat(5_000))
    expect(await ended).toMatchObject({ code: 0, stderr: '' })
  })
})
