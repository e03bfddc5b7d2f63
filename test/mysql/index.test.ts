import { describe, expect, inject, it } from 'vitest'
import { mysql } from '../../src/storage/mysql/index.ts'
import { isSupported } from '../../src/storage/mysql/support.ts'

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
