import { expect, test } from 'vitest'
import type { Logger } from '../../src/index.ts'
import { openSqliteLab } from './sqlite-lab.ts'

function broken(): never {
  throw new RangeError('the disk of the log is full')
}

const brokenLogger: Logger = { debug: broken, info: broken, warn: broken, error: broken }

test('a logger that throws does not make a commit look like a failure', async () => {
  await using lab = await openSqliteLab({ logger: brokenLogger })
  const { stockpile } = lab
  const seen: string[] = []
  const work = stockpile.transaction(async () => {
    stockpile.onCommit(() => {
      throw new TypeError('mine')
    })
    stockpile.onCommit(() => seen.push('second'))
    return stockpile.tally('farm', 'ann').add('egg')
  })
  expect(await work).toBe(1n)
  expect(seen).toEqual(['second'])
})

test('a callback that throws something that has no text does not make a commit look like a failure', async () => {
  await using lab = await openSqliteLab()
  const { stockpile } = lab
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
  const work = stockpile.transaction(async () => {
    stockpile.onCommit(() => {
      throw Object.create(null)
    })
    return stockpile.tally('farm', 'ann').add('egg')
  })
  expect(await work).toBe(1n)
  expect((await warned).message).toContain('the outcome of its transaction stands')
})
