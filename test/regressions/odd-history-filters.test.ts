import { expect, test } from 'vitest'
import { openSqliteLab } from './sqlite-lab.ts'

const odd: readonly [argument: string, filter: object][] = [
  ['before', { before: { version: 2n ** 70n, line: 1 } }],
  ['before', { before: { version: -1n, line: 1 } }],
  ['before', { before: { version: 1n, line: 2 ** 40 } }],
  ['before', { before: { version: 1n, line: -1 } }],
  ['deal', { deal: ['018f0000-0000-7000-8000-000000000000'] }],
]

test.each(odd)('a history filter that no entry can meet is refused by name: %s %o', async (argument, filter) => {
  await using lab = await openSqliteLab()
  const reading = lab.stockpile.tally('farm', 'ann').history(filter)
  await expect(reading).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument })
})
