import { expect, test } from 'vitest'
import { openSqliteLab } from './sqlite-lab.ts'

test.each(['sqlite', 'sqlite_farm'])(
  'an app whose tables SQLite would not make is refused by name: %s',
  async (app) => {
    await using lab = await openSqliteLab()
    const adding = lab.stockpile.tally(app, 'ann').add('egg')
    await expect(adding).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument: 'app' })
    await expect(lab.stockpile.migrate(['farm', app])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(await lab.stockpile.tally('farm', 'ann').add('egg')).toBe(1n)
  },
)
