import SqliteDatabase from 'better-sqlite3'
import { createConnection, type Connection } from 'mariadb'
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { inject } from 'vitest'
import { memcached } from '../src/cache/memcached/index.ts'
import { redis } from '../src/cache/redis/index.ts'
import { memoryCache, type Cache, type CacheOptions } from '../src/index.ts'
import { mysql } from '../src/storage/mysql/index.ts'
import { postgres } from '../src/storage/postgres/index.ts'
import { sqlite } from '../src/storage/sqlite/index.ts'
import type { Backend, Database, ForeignTransaction, TextRow } from '../src/testing/index.ts'
import { createDatabase } from './servers/create-database.ts'

/** The databases that everything is tested on. */
export const backends: readonly Backend[] = [
  { name: 'sqlite', can: { canRowLock: false, canDoWithoutCache: true }, create: createSqlite },
  { name: 'mariadb', can: { canRowLock: true, canDoWithoutCache: true }, create: createMariaDb },
  { name: 'postgres', can: { canRowLock: true, canDoWithoutCache: true }, create: createPostgres },
]

/** Each database with a cache, and each cache with a database. */
export const cachedBackends: readonly Backend[] = [
  cached('sqlite with memory', createSqlite, (options) => {
    const cache = memoryCache(options)
    return () => cache
  }),
  cached('mariadb with memcached', createMariaDb, (options) => () => memcached(inject('memcachedUrl'), options)),
  cached('postgres with redis', createPostgres, (options) => () => redis(inject('redisUrl'), options)),
  cached('postgres with near copies', createPostgres, (options) => () => {
    return memcached(inject('memcachedUrl'), { ...options, nearBytesMax: 1_000_000 })
  }),
]

function cached(
  name: string,
  create: () => Promise<Database>,
  makeCache: (options: CacheOptions) => () => Cache,
): Backend {
  const can = { canRowLock: !name.startsWith('sqlite'), canDoWithoutCache: false }
  return {
    name,
    can,
    create: async () => {
      const database = await create()
      // What is changed by hand, a behaviour has relayed when it wants it.
      return { ...database, can, cache: makeCache({ relayMs: 0 }) }
    },
  }
}

/** A connection of the tests' own. */
interface Outsider extends ForeignTransaction {
  /** How many connections besides this one the database has. */
  countOthers(): Promise<number>
}

async function createSqlite(): Promise<Database> {
  const folder = await mkdtemp(join(tmpdir(), 'stockpile-test-'))
  const path = join(folder, 'test.db')
  return database({
    can: { canRowLock: false, canDoWithoutCache: true },
    // What a test stores need not survive a power cut.
    storage: () => sqlite(path, { synchronous: 'off' }),
    connect: async () => sqliteOutsider(new SqliteDatabase(path, { timeout: 0 })),
    begin: 'BEGIN IMMEDIATE',
    drop: async () => {
      rmSync(folder, { recursive: true })
    },
  })
}

async function createMariaDb(): Promise<Database> {
  const own = await createDatabase(inject('mysqlUrl'))
  return database({
    can: { canRowLock: true, canDoWithoutCache: true },
    storage: () => mysql(own.url),
    connect: async () => mariaDbOutsider(await createConnection(own.url.replace(/^mysql:/, 'mariadb:'))),
    begin: 'BEGIN',
    drop: () => own.drop(),
  })
}

async function createPostgres(): Promise<Database> {
  const own = await createDatabase(inject('postgresUrl'))
  return database({
    can: { canRowLock: true, canDoWithoutCache: true },
    storage: () => postgres(own.url),
    connect: async () => {
      const client = new Client(own.url)
      await client.connect()
      return postgresOutsider(client)
    },
    begin: 'BEGIN',
    drop: () => own.drop(),
  })
}

async function database(options: {
  readonly can: Database['can']
  readonly storage: Database['storage']
  readonly connect: () => Promise<Outsider>
  readonly begin: string
  readonly drop: () => Promise<void>
}): Promise<Database> {
  const { can, storage, connect } = options
  const outsider = await connect()
  return {
    can,
    storage,
    sql: (statement) => outsider.sql(statement),
    begin: async () => {
      const transaction = await connect()
      await transaction.sql(options.begin)
      return transaction
    },
    drop: async () => {
      // A server notices a moment later that a connection was closed.
      const deadline = performance.now() + 5_000
      let others = await outsider.countOthers()
      while (others > 0 && performance.now() < deadline) others = await outsider.countOthers()
      await outsider.end()
      await options.drop()
      if (others > 0) throw new Error(`${others} connections to the database were left open`)
    },
  }
}

function sqliteOutsider(connection: SqliteDatabase.Database): Outsider {
  connection.defaultSafeIntegers(true)
  const sql = async (text: string): Promise<TextRow[]> => {
    const statement = connection.prepare<unknown[]>(text)
    if (statement.reader) return toTextRows(statement.raw(true).all() as unknown[][])
    statement.run()
    return []
  }
  return {
    sql,
    countOthers: async () => {
      try {
        // Only the last connection can leave write-ahead mode.
        connection.pragma('journal_mode = DELETE')
        return 0
      } catch {
        return 1
      }
    },
    end: async () => {
      if (connection.inTransaction) await sql('ROLLBACK')
      connection.close()
    },
  }
}

async function mariaDbOutsider(connection: Connection): Promise<Outsider> {
  const sql = async (text: string): Promise<TextRow[]> => {
    const rows: unknown = await connection.query({ sql: text, rowsAsArray: true })
    return Array.isArray(rows) ? toTextRows(rows as unknown[][]) : []
  }
  await sql('SET SESSION innodb_lock_wait_timeout = 1')
  return {
    sql,
    countOthers: () =>
      countOf(
        sql,
        'SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()',
      ),
    end: async () => {
      // A server that only notices that the connection is gone still has its locks a moment later.
      await sql('ROLLBACK')
      await connection.end()
    },
  }
}

async function postgresOutsider(client: Client): Promise<Outsider> {
  const sql = async (text: string): Promise<TextRow[]> => {
    const { rows } = await client.query<unknown[]>({ text, rowMode: 'array' })
    return toTextRows(rows)
  }
  await sql("SET lock_timeout = '1s'")
  return {
    sql,
    countOthers: () =>
      countOf(
        sql,
        `SELECT COUNT(*) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
      ),
    end: async () => {
      await sql('ROLLBACK')
      await client.end()
    },
  }
}

async function countOf(sql: (text: string) => Promise<TextRow[]>, statement: string): Promise<number> {
  const [row] = await sql(statement)
  return Number(row?.[0])
}

function toTextRows(rows: readonly (readonly unknown[])[]): TextRow[] {
  return rows.map((row) => row.map((value) => (value === null ? 'NULL' : `${value as string | number | bigint}`)))
}
