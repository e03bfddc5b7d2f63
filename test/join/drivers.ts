import BetterSqlite from 'better-sqlite3'
import { createConnection as createMariadb } from 'mariadb'
import { createConnection as createMysql2 } from 'mysql2/promise'
import { DatabaseSync } from 'node:sqlite'
import { Client as PgClient } from 'pg'
import postgresJs from 'postgres'
import { byHand, type ClientKind } from './client.ts'

const pg: ClientKind = {
  name: 'pg',
  dialect: 'postgres',
  open: async (url) => {
    const client = new PgClient(url)
    await client.connect()
    const sql = async (statement: string): Promise<void> => {
      await client.query(statement)
    }
    return {
      transaction: (work) => byHand('BEGIN', sql, () => work({ connection: client, sql })),
      close: () => client.end(),
    }
  },
}

const postgres: ClientKind = {
  name: 'postgres.js',
  dialect: 'postgres',
  open: async (url) => {
    const pool = postgresJs(url, { max: 1, onnotice: () => undefined })
    return {
      transaction: async (work) => {
        await pool.begin((sql) =>
          work({
            connection: sql,
            sql: async (statement) => {
              await sql.unsafe(statement)
            },
          }),
        )
      },
      close: () => pool.end(),
    }
  },
}

const mysql2: ClientKind = {
  name: 'mysql2',
  dialect: 'mysql',
  open: async (url) => {
    const connection = await createMysql2(url)
    const sql = async (statement: string): Promise<void> => {
      await connection.query(statement)
    }
    return {
      transaction: (work) => byHand('BEGIN', sql, () => work({ connection, sql })),
      close: () => connection.end(),
    }
  },
}

const mariadb: ClientKind = {
  name: 'mariadb',
  dialect: 'mysql',
  open: async (url) => {
    const connection = await createMariadb(url.replace(/^mysql:/, 'mariadb:'))
    const sql = async (statement: string): Promise<void> => {
      await connection.query(statement)
    }
    return {
      transaction: (work) => byHand('BEGIN', sql, () => work({ connection, sql })),
      close: () => connection.end(),
    }
  },
}

const betterSqlite: ClientKind = {
  name: 'better-sqlite3',
  dialect: 'sqlite',
  open: async (path) => {
    const database = new BetterSqlite(path)
    const sql = async (statement: string): Promise<void> => {
      database.exec(statement)
    }
    return {
      transaction: (work) => byHand('BEGIN IMMEDIATE', sql, () => work({ connection: database, sql })),
      close: async () => {
        database.close()
      },
    }
  },
}

const nodeSqlite: ClientKind = {
  name: 'node:sqlite',
  dialect: 'sqlite',
  open: async (path) => {
    const database = new DatabaseSync(path)
    database.exec('PRAGMA busy_timeout = 5000')
    const sql = async (statement: string): Promise<void> => {
      database.exec(statement)
    }
    return {
      transaction: (work) => byHand('BEGIN IMMEDIATE', sql, () => work({ connection: database, sql })),
      close: async () => {
        database.close()
      },
    }
  },
}

/** The clients that are drivers. */
export const drivers: readonly ClientKind[] = [pg, postgres, mysql2, mariadb, betterSqlite, nodeSqlite]
