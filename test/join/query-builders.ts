import BetterSqlite from 'better-sqlite3'
import { sql as drizzleSql } from 'drizzle-orm'
import { drizzle as drizzleBetterSqlite } from 'drizzle-orm/better-sqlite3'
import { drizzle as drizzleMysql2 } from 'drizzle-orm/mysql2'
import { drizzle as drizzlePg } from 'drizzle-orm/node-postgres'
import { drizzle as drizzlePostgresJs } from 'drizzle-orm/postgres-js'
import createKnex from 'knex'
import {
  CamelCasePlugin,
  Kysely,
  MysqlDialect,
  PostgresDialect,
  sql as kyselySql,
  SqliteDialect,
  type Dialect,
} from 'kysely'
import { createPool } from 'mysql2'
import { createConnection } from 'mysql2/promise'
import { Pool } from 'pg'
import postgresJs from 'postgres'
import { fromDrizzle } from '../../src/index.ts'
import { byHand, type Client, type ClientKind } from './client.ts'

type Kind = ClientKind['dialect']

function openKysely(dialect: Dialect): Client {
  const database = new Kysely<unknown>({ dialect, plugins: [new CamelCasePlugin()] })
  return {
    transaction: (work) =>
      database.transaction().execute((trx) =>
        work({
          connection: trx,
          sql: async (statement) => {
            await kyselySql.raw(statement).execute(trx)
          },
        }),
      ),
    close: () => database.destroy(),
  }
}

const kysely: readonly ClientKind[] = (
  [
    ['postgres', (url: string) => new PostgresDialect({ pool: new Pool({ connectionString: url, max: 1 }) })],
    ['mysql', (url: string) => new MysqlDialect({ pool: createPool(url) })],
    ['sqlite', (url: string) => new SqliteDialect({ database: new BetterSqlite(url) })],
  ] as readonly (readonly [Kind, (url: string) => Dialect])[]
).map(([dialect, make]) => ({
  name: `Kysely on ${dialect}`,
  dialect,
  open: async (url) => openKysely(make(url)),
}))

const knex: readonly ClientKind[] = (
  [
    ['postgres', (url: string) => ({ client: 'pg', connection: url })],
    ['mysql', (url: string) => ({ client: 'mysql2', connection: url })],
    ['sqlite', (url: string) => ({ client: 'better-sqlite3', connection: { filename: url }, useNullAsDefault: true })],
  ] as readonly (readonly [Kind, (url: string) => object])[]
).map(([dialect, settings]) => ({
  name: `Knex on ${dialect}`,
  dialect,
  open: async (url) => {
    const database = createKnex({ ...settings(url), pool: { min: 0, max: 1 } })
    return {
      transaction: (work) =>
        database.transaction((trx) =>
          work({
            connection: trx,
            sql: async (statement) => {
              await trx.raw(statement)
            },
          }),
        ),
      close: () => database.destroy(),
    }
  },
}))

const drizzle: readonly ClientKind[] = [
  {
    name: 'Drizzle on postgres (pg)',
    dialect: 'postgres',
    open: async (url) => {
      const pool = new Pool({ connectionString: url, max: 1 })
      return {
        transaction: (work) =>
          drizzlePg(pool).transaction((tx) =>
            work({
              connection: fromDrizzle(tx, drizzleSql),
              sql: async (statement) => {
                await tx.execute(drizzleSql.raw(statement))
              },
            }),
          ),
        close: () => pool.end(),
      }
    },
  },
  {
    name: 'Drizzle on postgres (postgres.js)',
    dialect: 'postgres',
    open: async (url) => {
      const pool = postgresJs(url, { max: 1, onnotice: () => undefined })
      return {
        transaction: (work) =>
          drizzlePostgresJs(pool).transaction((tx) =>
            work({
              connection: fromDrizzle(tx, drizzleSql),
              sql: async (statement) => {
                await tx.execute(drizzleSql.raw(statement))
              },
            }),
          ),
        close: () => pool.end(),
      }
    },
  },
  {
    name: 'Drizzle on mysql',
    dialect: 'mysql',
    open: async (url) => {
      const connection = await createConnection(url)
      return {
        transaction: (work) =>
          drizzleMysql2(connection).transaction((tx) =>
            work({
              connection: fromDrizzle(tx, drizzleSql),
              sql: async (statement) => {
                await tx.execute(drizzleSql.raw(statement))
              },
            }),
          ),
        close: () => connection.end(),
      }
    },
  },
  {
    name: 'Drizzle on sqlite',
    dialect: 'sqlite',
    open: async (path) => {
      const file = new BetterSqlite(path)
      const database = drizzleBetterSqlite(file)
      const sql = async (statement: string): Promise<void> => {
        database.run(drizzleSql.raw(statement))
      }
      return {
        transaction: (work) =>
          byHand('BEGIN IMMEDIATE', sql, () => work({ connection: fromDrizzle(database, drizzleSql), sql })),
        close: async () => {
          file.close()
        },
      }
    },
  },
]

/** The clients that build queries. */
export const queryBuilders: readonly ClientKind[] = [...kysely, ...knex, ...drizzle]
