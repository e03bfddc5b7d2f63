import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { jsonOf, runCommand, type Ended } from './command-line.ts'
import { dialects, openDatabase, type CliDatabase } from './databases.ts'

const columns = ['--app', 'farm', '--user', 'who', '--item', 'what', '--quantity', 'n']

describe.each(dialects)('apply on %s', (dialect) => {
  it('takes JSON lines: what can be done is done, the rest goes to a file with its reason', async () => {
    await using database = await openDatabase(dialect)
    const lines = [
      '{"app":"farm","data":{"why":"x"},"changes":[{"verb":"add","user":1,"item":"gold","quantity":"9007199254740993"}]}',
      '{"changes":[{"verb":"add","app":"farm","user":1,"item":"gold"},{"verb":"add","app":"mill","user":"ann","item":1000,"quantity":3}]}',
      '',
      '{"app":"farm","changes":[{"verb":"subtract","user":2,"item":"gold","quantity":5}]}',
      '{"app":"farm","key":"own","changes":[{"verb":"set","user":2,"item":"gold","quantity":7}]}',
      '{"app":"farm","key":"own","changes":[{"verb":"set","user":2,"item":"gold","quantity":8}]}',
      '{"app":"Farm","changes":[{"verb":"add","user":2,"item":"gold"}]}',
      '{"app":"farm","changes":[{"verb":"add","user":2,"item":"gold","quantiy":1}]}',
      '{"app":"farm","changes":[{"verb":"add","user":2,"item":9007199254740993}]}',
      'no JSON',
    ]
    write(database, 'day.jsonl', lines.join('\n'))
    const ended = await apply(database, 'day.jsonl', '--json')
    expect(ended.code).toBe(1)
    expect(jsonOf(ended)).toMatchObject({
      input: 'day.jsonl',
      run: 'day.jsonl',
      deals: 9,
      applied: 3,
      appliedBefore: 0,
      refused: 6,
      reasons: { NOT_ENOUGH: 1, KEY_REUSED: 1, INVALID_ARGUMENT: 2, INVALID_ROW: 2 },
      refusedFile: 'day.jsonl.refused.jsonl',
      isComplete: true,
    })
    expect(refusedIn(database, 'day.jsonl.refused.jsonl').map(({ line, code }) => [line, code])).toEqual([
      [4, 'NOT_ENOUGH'],
      [6, 'KEY_REUSED'],
      [7, 'INVALID_ARGUMENT'],
      [8, 'INVALID_ROW'],
      [9, 'INVALID_ARGUMENT'],
      [10, 'INVALID_ROW'],
    ])
    expect(await itemsOf(database, 'farm', '1')).toEqual({ gold: '9007199254740994' })
    expect(await itemsOf(database, 'farm', '2')).toEqual({ gold: '7' })
    expect(await itemsOf(database, 'mill', 'ann')).toEqual({ 1000: '3' })
  })

  it('takes CSV: rows of a deal together, quantities below zero as taking, in the order of the file', async () => {
    await using database = await openDatabase(dialect)
    const rows = [
      'deal,who,what,n,note',
      'A,ann,"BANK CHARGES",5,monday',
      'A,,"an ""odd"" one, really",+2,monday',
      'B,ann,BANK CHARGES,-5,',
      'C,ann,BANK CHARGES,-1,',
      'C,ann,never,1,',
      'D,ann,later,1,',
      'E,ann,later,0,',
      'F,ann,later,-1,',
    ]
    write(database, 'day.csv', rows.join('\r\n'))
    const args = ['day.csv', ...columns, '--deal', 'deal', '--default-user', 'nobody', '--data', 'note']
    const ended = await apply(database, ...args, '--json')
    expect(jsonOf(ended)).toMatchObject({
      deals: 5,
      applied: 4,
      refused: 1,
      rowsSkipped: 1,
      reasons: { NOT_ENOUGH: 1 },
    })
    expect(await itemsOf(database, 'farm', 'ann')).toEqual({})
    expect(await itemsOf(database, 'farm', 'nobody')).toEqual({ 'an "odd" one, really': '2' })
    const history = await runCommand(['history', 'farm', 'nobody', '--json'], { storage: database.url })
    expect(jsonOf(history)).toMatchObject({ entries: [{ change: '2', data: { note: 'monday' } }] })
    expect(refusedIn(database, 'day.csv.refused.jsonl')).toEqual([
      {
        line: 5,
        deal: 'C',
        key: 'apply:day.csv:C',
        code: 'NOT_ENOUGH',
        message: 'user ann of farm holds 0 of item BANK CHARGES: 1 cannot be taken',
        data: { app: 'farm', user: 'ann', item: 'BANK CHARGES', held: '0', wanted: '1' },
      },
    ])
  })

  it('a second time does nothing twice, says so, and leaves the same file of refused deals', async () => {
    await using database = await openDatabase(dialect)
    write(database, 'day.csv', 'who,what,n\nann,fig,3\nann,fig,-9\nbob,fig,2\n')
    const first = await apply(database, 'day.csv', ...columns)
    expect(first.stdout).toMatch(
      /^day\.csv: 3 deals in .*\n {2}2 applied\n {2}1 refused: 1 NOT_ENOUGH; see day\.csv\.refused\.jsonl\n$/,
    )
    const refused = readFileSync(join(database.folder, 'day.csv.refused.jsonl'), 'utf8')
    const second = await apply(database, 'day.csv', ...columns)
    expect(second.stdout).toContain(
      '  0 applied\n  2 had been applied before, in run day.csv or under their own keys\n',
    )
    expect(second.stdout).toContain('Nothing was done twice.')
    expect(readFileSync(join(database.folder, 'day.csv.refused.jsonl'), 'utf8')).toBe(refused)
    expect(await itemsOf(database, 'farm', 'ann')).toEqual({ fig: '3' })
    const other = await apply(database, 'day.csv', ...columns, '--run', 'tuesday', '--json')
    expect(jsonOf(other)).toMatchObject({ run: 'tuesday', applied: 2, refused: 1 })
    expect(await itemsOf(database, 'farm', 'ann')).toEqual({ fig: '6' })
  })

  it('missing tables end it with 3 before anything is done, and --tables auto makes them', async () => {
    await using database = await openDatabase(dialect)
    write(database, 'day.csv', 'who,what,n\nann,fig,3\n')
    const command = ['apply', 'day.csv', ...columns]
    const options = { folder: database.folder, storage: database.url }
    const missing = await runCommand([...command, '--tables', 'migrate'], options)
    expect(missing).toMatchObject({ code: 3, stdout: '' })
    expect(missing.stderr).toContain('npx stockpile migrate farm')
    expect(await runCommand([...command, '--tables', 'auto'], options)).toMatchObject({ code: 0 })
  })
})

function write({ folder }: CliDatabase, name: string, text: string): void {
  writeFileSync(join(folder, name), text)
}

async function apply({ folder, url }: CliDatabase, ...args: string[]): Promise<Ended> {
  const ended = await runCommand(['apply', ...args, '--tables', 'auto'], { folder, storage: url })
  expect(ended.stderr).toBe('')
  return ended
}

async function itemsOf({ url }: CliDatabase, app: string, user: string): Promise<unknown> {
  const { items } = jsonOf(await runCommand(['all', app, user, '--json'], { storage: url })) as { items: unknown }
  return items
}

function refusedIn({ folder }: CliDatabase, name: string): { line: number; code: string }[] {
  const path = join(folder, name)
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  return lines.map((line) => (JSON.parse(line) as { refused: { line: number; code: string } }).refused)
}
