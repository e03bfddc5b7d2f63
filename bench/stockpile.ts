import { pathToFileURL } from 'node:url'
import { join, resolve } from 'node:path'
import process from 'node:process'
import type * as Core from '../src/index.ts'
import type * as Mysql from '../src/storage/mysql/index.ts'
import type * as Postgres from '../src/storage/postgres/index.ts'
import type * as Sqlite from '../src/storage/sqlite/index.ts'

// What users run is what is built, so that is what is measured; another build can be named to compare the two.
const folder = resolve(process.env['STOCKPILE_BENCH_BUILD'] ?? join(import.meta.dirname, '..', 'dist'))

function load(file: string): Promise<unknown> {
  return import(pathToFileURL(join(folder, file)).href)
}

/** The built `Stockpile`. */
export const { Stockpile } = (await load('index.js')) as typeof Core

/** The built `sqlite`. */
export async function loadSqlite(): Promise<typeof Sqlite.sqlite> {
  return ((await load('storage/sqlite/index.js')) as typeof Sqlite).sqlite
}

/** The built `mysql`. */
export async function loadMysql(): Promise<typeof Mysql.mysql> {
  return ((await load('storage/mysql/index.js')) as typeof Mysql).mysql
}

/** The built `postgres`. */
export async function loadPostgres(): Promise<typeof Postgres.postgres> {
  return ((await load('storage/postgres/index.js')) as typeof Postgres).postgres
}
