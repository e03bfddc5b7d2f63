import { execFile } from 'node:child_process'
import process from 'node:process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const program = `
import { Stockpile } from '${new URL('../../src/index.ts', import.meta.url).href}'
import { sqlite } from '${new URL('../../src/storage/sqlite/index.ts', import.meta.url).href}'
process.report.excludeNetwork = true
const isLoaded = () => process.report.getReport().sharedObjects.some((path) => /better-sqlite3.*[.]node$/.test(path))
const before = isLoaded()
const stockpile = new Stockpile({ storage: sqlite(':memory:') })
await stockpile.tally('farm', 1).add('egg', 1)
await stockpile.close()
console.log(before, isLoaded())
`

test('the binary of the driver stays in memory when the last thread that used it has ended', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program])
  expect(stdout.trim()).toBe('false true')
})
