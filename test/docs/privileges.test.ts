import { randomBytes } from 'node:crypto'
import { createConnection } from 'mariadb'
import { Client } from 'pg'
import { describe, expect, inject, it } from 'vitest'
import { Stockpile, TablesMissingError, type Storage } from '../../src/index.ts'
import { mysql } from '../../src/storage/mysql/index.ts'
import { postgres } from '../../src/storage/postgres/index.ts'
import { readFiles } from '../tidy/source-file.ts'

type Execute = (statement: string) => Promise<unknown>

/** The statements in the page's blocks marked `sql`, with names of our own. */
function statementsOf(section: string, name: string): string[][] {
  const [page] = readFiles(/^docs\/databases\.md$/)
  const text = page?.text.split(`## ${section}\n`)[1]?.split('\n## ')[0] ?? ''
  return [...text.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, block = '']) =>
    block
      .replaceAll(/\bfarm/g, name)
      .split(';')
      .map((statement) => statement.trim())
      .filter((statement) => statement !== ''),
  )
}

async function inMariaDb<T>(use: (execute: Execute) => Promise<T>): Promise<T> {
  const connection = await createConnection(inject('mysqlUrl').replace(/^mysql:/, 'mariadb:'))
  try {
    return await use((statement) => connection.query(statement))
  } finally {
    await connection.end()
  }
}

async function inPostgres<T>(database: string | null, use: (execute: Execute) => Promise<T>): Promise<T> {
  const url = new URL(inject('postgresUrl'))
  if (database !== null) url.pathname = `/${database}`
  const client = new Client(url.href)
  await client.connect()
  try {
    return await use((statement) => client.query(statement))
  } finally {
    await client.end()
  }
}

/** The url of a database as one of its own users sees it. */
function urlFor(serverUrl: string, name: string, user: string): string {
  const url = new URL(serverUrl)
  url.username = user
  url.password = 'secret'
  url.pathname = `/${name}`
  return url.href
}

/** Migrates with one user's privileges and works with the other's; answers how many entries of history that has made. */
async function work(owner: Storage, app: Storage): Promise<number> {
  await using mine = new Stockpile({ storage: owner })
  await using theirs = new Stockpile({ storage: app })
  const inventory = theirs.tally('game', 1)
  await expect(inventory.get('apple')).rejects.toThrow(TablesMissingError)
  await mine.migrate(['game'])
  await inventory.add('apple', 5, { key: 'once' })
  await inventory.subtract('apple', 5)
  await theirs.transaction(async () => {
    await inventory.get('apple', { lock: true })
    await theirs.transaction(() => inventory.set('apple', 3))
  })
  await theirs.ledger.sweep()
  const bulk = await app.bulk('game')
  await bulk.run('UPDATE game_stockpile_holding SET quantity = quantity + 1', [])
  await bulk.commit()
  await workBesideDeals(app)
  expect((await theirs.verify('game')).breaks).toEqual([])
  return (await inventory.history()).length
}

/** Does what a cache needs, and what a bulk change does. */
async function workBesideDeals(storage: Storage): Promise<void> {
  await storage.noteCache(null, 'noted')
  const bulk = await storage.bulk('game')
  await bulk.run("UPDATE game_stockpile_holding SET quantity = 4 WHERE item_id = 'apple'", [])
  await bulk.commit()
  const session = await storage.begin()
  await session.load({ apps: [{ app: 'game', users: ['1'], holdings: [], serials: [] }], keys: [] }, 'wait')
  await session.noteChanges([{ app: 'game', user: '1' }])
  const [locked] = await storage.fetchWhole([{ app: 'game', user: '1' }])
  expect(locked?.isUnlocked).toBe(false)
  await session.commit(null, [])
  expect(await storage.takeChanges(9, async () => undefined)).toBe(1)
  await (
    await storage.listen(() => undefined)
  )?.()
  expect(await storage.noteCache('noted', null)).toBe(null)
}

async function runAll(execute: Execute, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await execute(statement)
}

describe('the privileges that the page of databases grants', () => {
  const name = `test_${randomBytes(4).toString('hex')}`

  it('are enough on MariaDB, to migrate for the one user and to work for the other', async () => {
    const [statements = []] = statementsOf('MariaDB and MySQL', name)
    await inMariaDb((execute) => runAll(execute, statements))
    try {
      const url = inject('mysqlUrl')
      const entries = await work(mysql(urlFor(url, name, `${name}_owner`)), mysql(urlFor(url, name, `${name}_app`)))
      expect(entries).toBe(4)
      // Whoever changes a holding by hand needs no more than that.
      await inMariaDb((execute) =>
        runAll(execute, [
          `CREATE USER ${name}_hand IDENTIFIED BY 'secret'`,
          `GRANT UPDATE ON ${name}.game_stockpile_holding TO ${name}_hand`,
        ]),
      )
      const hand = await createConnection(urlFor(url, name, `${name}_hand`).replace(/^mysql:/, 'mariadb:'))
      await hand.query('UPDATE game_stockpile_holding SET quantity = 9')
      await hand.end()
      // No trigger would notice it.
      for (const user of ['owner', 'app', 'hand']) {
        const connection = await createConnection(urlFor(url, name, `${name}_${user}`).replace(/^mysql:/, 'mariadb:'))
        for (const table of ['holding', 'serial'])
          await expect(connection.query(`TRUNCATE game_stockpile_${table}`)).rejects.toMatchObject({ errno: 1142 })
        await connection.end()
      }
      await using stockpile = new Stockpile({ storage: mysql(urlFor(url, name, `${name}_app`)) })
      expect((await stockpile.tally('game', 1).history()).map(({ balance }) => balance)).toEqual([9n, 4n, 3n, 0n, 5n])
    } finally {
      await inMariaDb((execute) =>
        runAll(execute, [
          `DROP DATABASE ${name}`,
          `DROP USER ${name}_owner`,
          `DROP USER ${name}_app`,
          `DROP USER IF EXISTS ${name}_hand`,
        ]),
      )
    }
  })

  it('are enough on PostgreSQL, to migrate for the one role and to work for the other', async () => {
    const [asAdministrator = [], inDatabase = []] = statementsOf('PostgreSQL', name)
    await inPostgres(null, (execute) => runAll(execute, asAdministrator))
    try {
      await inPostgres(name, (execute) => runAll(execute, inDatabase))
      const url = inject('postgresUrl')
      const entries = await work(
        postgres(urlFor(url, name, `${name}_owner`)),
        postgres(urlFor(url, name, `${name}_app`)),
      )
      expect(entries).toBe(4)
    } finally {
      await inPostgres(null, (execute) =>
        runAll(execute, [`DROP DATABASE ${name} WITH (FORCE)`, `DROP ROLE ${name}_owner`, `DROP ROLE ${name}_app`]),
      )
    }
  })
})
