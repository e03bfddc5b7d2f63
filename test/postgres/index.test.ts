import { describe, expect, inject, it } from 'vitest'
import { postgres } from '../../src/storage/postgres/index.ts'
import { openLab } from './open-lab.ts'

const query = [{ app: 'farm', user: '1', items: null, hasSerials: false }]

describe('postgres()', () => {
  it.each([
    ['postgres://game:se%40cret@db.example/farm', 'postgres://db.example/farm'],
    ['postgresql://db.example:5433/farm?sslmode=require', 'postgres://db.example:5433/farm'],
    ['postgres:///farm?host=/run/postgresql', 'postgres:///run/postgresql/farm'],
    ['postgres://[::1]/farm', 'postgres://[::1]/farm'],
  ])('takes %s and calls it %s', async (url, location) => {
    const storage = postgres(url)
    expect(storage.location).toBe(location)
    await storage.close()
  })

  it.each(['mysql://db.example/farm', 'farm', ''])('refuses %j', (url) => {
    expect(() => postgres(url)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error)
  })

  it('never shows a password', async () => {
    for (const url of ['http://game:secret@db.example', 'postgres://game:secret@db.example:x/farm']) {
      expect(() => postgres(url)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('secret') as string }) as Error,
      )
    }
    const { port } = new URL(inject('postgresUrl'))
    const storage = postgres(`postgres://postgres:wrong-one@127.0.0.1:${port}/test`)
    await expect(storage.fetch(query)).rejects.toMatchObject({
      code: 'DATABASE',
      message: expect.not.stringContaining('wrong-one') as string,
    })
    await storage.close()
  })

  it.each([
    { lockWaitMs: 0 },
    { lockWaitMs: 1.5 },
    { connectionsMax: 1 },
    { outcomeWaitMs: Number.NaN },
    { preparedStatements: 1 as never },
  ])('refuses %o', (options) => {
    expect(() => postgres('postgres://db.example/farm', options)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as Error,
    )
  })

  it('tells a server that can’t be reached from one that refuses', async () => {
    const away = postgres('postgres://postgres@127.0.0.1:1/farm')
    await expect(away.fetch(query)).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    await away.close()
    const elsewhere = postgres(inject('postgresUrl').replace(/test$/, 'no_such_database'))
    await expect(elsewhere.fetch(query)).rejects.toMatchObject({ code: 'DATABASE' })
    await elsewhere.close()
  })
})

describe('the schema', () => {
  it('is undone as a whole when a step fails', async () => {
    await using lab = await openLab()
    const session = await lab.storage.alter()
    await session.apply('app:yard', { version: 1, title: 'good', statements: ['CREATE TABLE yard (id bigint)'] })
    const bad = { version: 2, title: 'bad', statements: ['CREATE TABLE shed (id bigint)', 'CREATE TABLE shed ()'] }
    await expect(session.apply('app:yard', bad)).rejects.toMatchObject({ code: 'DATABASE' })
    await session.end()
    expect((await lab.storage.schemaVersions()).has('app:yard')).toBe(false)
    expect(await lab.probe.query("SELECT count(*) FROM pg_tables WHERE tablename IN ('yard', 'shed')")).toEqual(['0'])
  })
})
