import { expect, test } from 'vitest'
import { ConflictError, InvalidArgumentError, SerialTakenError, Stockpile } from '../../src/index.ts'
import { sqlite } from '../../src/storage/sqlite/index.ts'
import { openSqliteLab } from '../regressions/sqlite-lab.ts'

test('a transaction on SQLite gets as many serial numbers as it needs, in a few tries', async () => {
  await using lab = await openSqliteLab()
  const { stockpile } = lab
  await stockpile.migrate(['farm'])
  let tries = 0
  await stockpile.transaction(async () => {
    tries += 1
    for (let round = 0; round < 15; round += 1)
      await stockpile.serial('farm', 'ann').add('hen', 10_000, { dryRun: true })
    await stockpile.serial('farm', 'ann').add('hen', 2)
  })
  expect((await stockpile.serial('farm', 'ann').get('hen')).value()).toBe(2n)
  expect(tries).toBeLessThan(5)
})

test('a transaction on SQLite that takes longer than a block lasts makes do with what there is', async () => {
  await using lab = await openSqliteLab()
  let now = 1_767_225_600_000
  await using stockpile = new Stockpile({ storage: sqlite(lab.path), clock: () => now })
  let tries = 0
  await stockpile.transaction(async () => {
    tries += 1
    for (let round = 0; round < 5; round += 1) {
      await stockpile.serial('farm', 'ann').add('hen', 2)
      now += 2_000
    }
  })
  expect(tries).toBeLessThan(3)
  expect((await stockpile.serial('farm', 'ann').get('hen')).value()).toBe(10n)
})

test('many callers who make ten thousand serials each at once all get them', async () => {
  await using lab = await openSqliteLab()
  const { stockpile } = lab
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_caller, index) =>
      stockpile.serial('farm', `user_${index}`).add('hen', 10_000, { dryRun: true }),
    ),
  )
  expect(new Set(answers.flatMap((quantity) => quantity.serials())).size).toBe(120_000)
})

test('a source of one’s own that gives a number twice, or none, adds nothing', async () => {
  await using lab = await openSqliteLab()
  const given: bigint[] = [7n, 8n, 8n, 0n, 8n]
  const serials = { next: () => given.shift() ?? 8n }
  await using stockpile = new Stockpile({ storage: sqlite(lab.path), serials })
  const [ann, bob] = [stockpile.serial('farm', 'ann'), stockpile.serial('farm', 'bob')]
  expect((await ann.add('hen', 2)).serials()).toEqual([7n, 8n])
  await expect(ann.add('hen')).rejects.toThrow(SerialTakenError)
  await expect(ann.add('hen')).rejects.toThrow(InvalidArgumentError)
  await expect(bob.add('hen')).rejects.toThrow(ConflictError)
  expect((await ann.get('hen')).serials()).toEqual([7n, 8n])
  expect((await bob.all()).size).toBe(0)
})
