import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hasEnded, ownIdentity } from '../../src/cache/process-identity.ts'
import { CacheMismatchError, memoryCache, Stockpile } from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'
import { makeTempFolder, removeTempFolder } from '../servers/temp-folder.ts'

const own = ownIdentity()
let folder: string

beforeEach(async () => {
  folder = await makeTempFolder('process')
})

afterEach(() => removeTempFolder(folder))

/** The number of a process that has ended. */
async function goneId(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
  await once(child, 'exit')
  return child.pid ?? 0
}

test('this process has not ended', () => {
  expect(hasEnded(own)).toBe(false)
})

test('a process that is gone has ended, but nobody knows of another machine’s, or another container’s', async () => {
  const gone = { ...own, id: await goneId() }
  expect(hasEnded(gone)).toBe(true)
  expect(hasEnded({ ...gone, host: 'elsewhere' })).toBe(false)
  expect(hasEnded({ ...gone, space: 'pid:[1]' })).toBe(false)
  expect(hasEnded({ ...gone, boot: null }, { ...own, boot: 'this one' })).toBe(false)
})

test('a process has ended whose number another has now, or whose machine has started again', () => {
  const other = { ...own, id: process.ppid }
  expect(hasEnded({ ...other, began: own.began === null ? null : '1' })).toBe(own.began !== null)
  expect(hasEnded({ ...own, boot: 'an earlier one' })).toBe(true)
})

test('the cache of a process that was killed is forgotten by itself, that of one that lives is not', async () => {
  const path = `${folder}/farm.db`
  const program = `
    import { memoryCache, Stockpile } from '${new URL('../../src/index.ts', import.meta.url).href}'
    import { sqlite } from '${new URL('../../src/storage/sqlite/index.ts', import.meta.url).href}'
    const stockpile = new Stockpile({ storage: sqlite(${JSON.stringify(path)}), cache: memoryCache() })
    await stockpile.tally('farm', 'ann').add('wheat', 5)
    process.stdout.write('written')
    setInterval(() => undefined, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  await using stockpile = new Stockpile({ storage: sqlite(path), cache: memoryCache() })
  const inventory = stockpile.tally('farm', 'ann')
  await expect(inventory.add('wheat')).rejects.toBeInstanceOf(CacheMismatchError)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await inventory.add('wheat')).toBe(6n)
})
