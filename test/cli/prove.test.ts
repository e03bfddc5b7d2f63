import SqliteDatabase from 'better-sqlite3'
import { createConnection } from 'mariadb'
import { once } from 'node:events'
import { join } from 'node:path'
import { Client } from 'pg'
import { describe, expect, inject, test } from 'vitest'
import { Stockpile } from '../../src/index.ts'
import { openStorage } from '../chaos/open-storage.ts'
import { createDatabase } from '../servers/create-database.ts'
import { makeTempFolder, removeTempFolder } from '../servers/temp-folder.ts'
import { jsonOf, runCommand, startCommand } from './command-line.ts'

const unhurt = { stale: 0, backward: 0, dirty: 0, torn: 0, late: 0, drift: 0, lost: 0 }

async function namesIn(url: string): Promise<unknown[]> {
  if (url.startsWith('mysql:')) {
    const connection = await createConnection(url.replace(/^mysql:/, 'mariadb:'))
    try {
      return await connection.query<unknown[]>('SHOW TABLES')
    } finally {
      await connection.end()
    }
  }
  const client = new Client(url)
  await client.connect()
  try {
    const { rows } = await client.query<object>(
      `SELECT relname AS name FROM pg_class WHERE relname LIKE '%stockpile%'
        UNION SELECT proname FROM pg_proc WHERE proname LIKE '%stockpile%'`,
    )
    return rows
  } finally {
    await client.end()
  }
}

describe('prove', () => {
  test.each([
    ['MariaDB and memcached', 'mysqlUrl', 'memcachedUrl'],
    ['PostgreSQL and Redis', 'postgresUrl', 'redisUrl'],
  ] as const)('finds nothing wrong with %s, and leaves nothing behind', async (_, server, cache) => {
    await using database = await createDatabase(inject(server))
    const args = [
      'prove',
      '--storage',
      database.url,
      '--cache',
      inject(cache),
      '--reads',
      '500',
      '--processes',
      '2',
      '--json',
    ]
    const ended = await runCommand(args)
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    const report = jsonOf(ended) as { reads: number; violations: object; counts: Record<string, number> }
    expect(report.reads).toBeGreaterThan(100)
    expect(report.violations).toEqual(unhurt)
    expect(report.counts['write']).toBeGreaterThan(0)
    expect(await namesIn(database.url)).toEqual([])
  })

  test('prints a report for people, and refuses what it can’t be done with', async () => {
    const folder = await makeTempFolder('prove')
    try {
      const storage = `sqlite:${join(folder, 'farm.db')}`
      const args = ['prove', '--storage', storage, '--cache', 'memory:']
      expect(await runCommand([...args, '--processes', '2'])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('--processes 1'),
      })
      const { code, stdout } = await runCommand([...args, '--processes', '1', '--reads', '500'])
      expect(code).toBe(0)
      expect(stdout).toMatch(/^reads +\d[\d,]* in /)
      expect(stdout).toContain('No violation was found:\n  stale     0  older than a write')
      // Whoever writes without a cache would be refused meanwhile.
      await using stockpile = new Stockpile({ storage: await openStorage(storage) })
      await stockpile.tally('farm', 1).add('wheat')
      expect(await runCommand([...args, '--processes', '1'])).toMatchObject({
        code: 3,
        stderr: expect.stringContaining('name an empty database'),
      })
      expect(await stockpile.tally('farm', 1).add('wheat')).toBe(2n)
    } finally {
      await removeTempFolder(folder)
    }
  })

  test('stopped by Ctrl-C, reports on what it had, and leaves nothing behind', async () => {
    const folder = await makeTempFolder('prove')
    try {
      const path = join(folder, 'farm.db')
      const args = [
        'prove',
        '--storage',
        `sqlite:${path}`,
        '--cache',
        'memory:',
        '--processes',
        '1',
        '--seconds',
        '600',
      ]
      const { child, ended } = startCommand(args)
      // It tells of its progress first.
      await once(child.stderr, 'data')
      child.kill('SIGINT')
      const { code, stdout, stderr } = await ended
      expect(code).toBe(130)
      expect(stderr).toMatch(/^\d+ %: [\d,]+ reads?\n/)
      expect(stdout).toContain('No violation was found:')
      const database = new SqliteDatabase(path)
      expect(database.prepare("SELECT name FROM sqlite_master WHERE name LIKE '%stockpile%'").all()).toEqual([])
      database.close()
    } finally {
      await removeTempFolder(folder)
    }
  })
})
