import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeTempFolder, removeTempFolder } from '../servers/temp-folder.ts'
import { root } from '../tidy/source-file.ts'

let folder: string

beforeAll(async () => {
  folder = await makeTempFolder('market')
})

afterAll(() => removeTempFolder(folder))

function run(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return stdout
}

describe('the day at a market', () => {
  it('is what its script makes', () => {
    run(join(root, 'examples/make-market-day.ts'), 'made.csv')
    expect(readFileSync(join(folder, 'made.csv'), 'utf8')).toBe(
      readFileSync(join(root, 'examples/market-day.csv'), 'utf8'),
    )
  })

  it('is shown by npm start, and the second time nothing is done twice', () => {
    const start = join(root, 'examples/start.ts')
    const first = run(start)
    expect(first).toContain('all()                  => 1000: 3n, 2000: 3n, 3000: 3n')
    expect(first).toMatch(/1,170 deals in .*\n {2}1,160 applied\n {5}10 refused: 10 NOT_ENOUGH/)
    expect(first).toMatch(/The books are in order: 124 accounts, [\d,]+ entries of history, 0 breaks\./)
    const second = run(start)
    expect(second).toMatch(/\n {6}0 applied\n {2}1,160 had been applied before/)
    expect(eveningOf(second)).toBe(eveningOf(first))
    expect(run(start, 'all', 'market', 'bakery')).toMatch(/^bun +\d+\ncoin +\d+\n/)
  })
})

function eveningOf(text: string): string {
  return text.slice(text.indexOf('What the stalls have'), text.indexOf('What to try next'))
}
