import { describe, expect, inject, it } from 'vitest'
import { mysql } from '../../src/storage/mysql/index.ts'
import { isSupported } from '../../src/storage/mysql/support.ts'
import { createDatabase } from '../servers/create-database.ts'
import { change, deal, makeTables, settle } from '../storage/farm.ts'
import { openLab } from './open-lab.ts'

describe('mysql()', () => {
  it.each([
    ['mysql://game:se%40cret@db.example/farm', 'mysql://db.example:3306/farm'],
    ['mariadb://db.example:3307/farm?ssl=true', 'mysql://db.example:3307/farm'],
    ['mysql://root@localhost/farm?socket=/run/mysqld/mysqld.sock', 'mysql:///run/mysqld/mysqld.sock/farm'],
    ['mysql://[::1]/farm?ssl=no-verify', 'mysql://[::1]:3306/farm'],
  ])('takes %s and calls it %s', async (url, location) => {
    const storage = mysql(url)
    expect(storage.location).toBe(location)
    await storage.close()
  })

  it.each([
    'postgres://db.example/farm',
    'mysql://db.example',
    'mysql://db.example/',
    'mysql://db.example/farm/yard',
    'mysql://db.example/farm?sll=true',
    'farm',
    '',
  ])('refuses %j', (url) => {
    expect(() => mysql(url)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error)
  })

  it('never shows a password', async () => {
    for (const url of ['mysql://game:secret@db.example', 'mysql://game:secret@db.example:x/farm']) {
      expect(() => mysql(url)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('secret') as string }) as Error,
      )
    }
    const { port } = new URL(inject('mysqlUrl'))
    const storage = mysql(`mysql://root:wrong-secret@127.0.0.1:${port}/test`)
    const fault = storage.fetch([{ app: 'farm', user: '1', items: null, hasSerials: false }])
    await expect(fault).rejects.toMatchObject({
      code: 'DATABASE',
      message: expect.not.stringContaining('wrong-secret') as string,
    })
    await storage.close()
  })

  it.each([{ lockWaitMs: 0 }, { lockWaitMs: 1.5 }, { connectionsMax: 1 }, { outcomeWaitMs: Number.NaN }])(
    'refuses %o',
    (options) => {
      expect(() => mysql('mysql://db.example/farm', options)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error,
      )
    },
  )

  it('tells a server that can’t be reached from one that refuses', async () => {
    const query = [{ app: 'farm', user: '1', items: null, hasSerials: false }]
    const away = mysql('mysql://root@127.0.0.1:1/farm')
    await expect(away.fetch(query)).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    await away.close()
    const elsewhere = mysql(inject('mysqlUrl').replace(/test$/, 'no_such_database'))
    await expect(elsewhere.fetch(query)).rejects.toMatchObject({ code: 'DATABASE' })
    await elsewhere.close()
  })

  it('says which tables are missing', async () => {
    await using database = await createDatabase(inject('mysqlUrl'))
    const storage = mysql(database.url)
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

describe('the schema', () => {
  it('can be made twice, and by two at once', async () => {
    await using lab = await openLab()
    const other = mysql(lab.url)
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
})

describe('a server’s version', () => {
  it.each([
    ['10.6.0-MariaDB', true],
    ['10.11.6-MariaDB-0+deb12u1', true],
    ['11.4.2-MariaDB-log', true],
    ['5.5.5-10.6.12-MariaDB', true],
    ['10.5.25-MariaDB', false],
    ['5.5.5-10.3.1-MariaDB', false],
    ['8.0.16', true],
    ['8.4.0-commercial', true],
    ['9.1.0', true],
    ['8.0.15', false],
    ['5.7.44-log', false],
    ['8.0.11-TiDB-v7.5.0', false],
    ['strange', false],
  ])('%s is new enough: %s', (version, isNewEnough) => {
    expect(isSupported(version)).toBe(isNewEnough)
  })
})
