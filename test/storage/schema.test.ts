import { describe, expect, it } from 'vitest'
import { createDatabase } from '../servers/create-database.ts'
import { change, deal, makeTables, settle } from './farm.ts'
import { servers } from './servers.ts'

describe.each(servers)('the schema on $name', ({ url, openLab, storage: storageOf }) => {
  it('can be made twice, and by two at once', async () => {
    await using lab = await openLab()
    const other = storageOf(lab.url)
    await Promise.all([makeTables(lab.storage, 'yard'), makeTables(other, 'yard'), makeTables(other, '1e5')])
    expect(await other.schemaVersions()).toEqual(
      new Map([
        ['shared', 1],
        ['app:farm', 1],
        ['app:yard', 1],
        ['app:1e5', 1],
      ]),
    )
    await other.close()
  })

  it('keeps the first value of a note', async () => {
    await using lab = await openLab()
    const session = await lab.storage.alter()
    expect(await session.note('identity', 'one')).toBe('one')
    expect(await session.note('identity', 'two')).toBe('one')
    await session.end()
  })

  it('is changed by one at a time', async () => {
    await using lab = await openLab()
    const first = await lab.storage.alter()
    let isSecondIn = false
    const second = lab.storage.alter().then((session) => {
      isSecondIn = true
      return session
    })
    await first.versions()
    expect(isSecondIn).toBe(false)
    await first.end()
    await (await second).end()
  })

  it('that is missing is named', async () => {
    await using database = await createDatabase(url())
    const storage = storageOf(database.url)
    expect(await storage.schemaVersions()).toEqual(new Map())
    expect(await storage.sweep({ receiptsBefore: 1, commitsBefore: 1, rowsMax: 1 })).toBe(0)
    const missing = { code: 'TABLES_MISSING', app: 'farm' }
    await expect(settle(storage, [deal([change('add', '1', 'egg', 1n)])])).rejects.toMatchObject(missing)
    await expect(storage.fetch([{ app: 'farm', user: '1', items: null, hasSerials: false }])).rejects.toMatchObject(
      missing,
    )
    await storage.close()
  })
})
