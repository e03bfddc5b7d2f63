import { pathToFileURL } from 'node:url'
import { join, resolve } from 'node:path'
import process from 'node:process'
import type * as Memcached from '../src/cache/memcached/index.ts'
import type * as Redis from '../src/cache/redis/index.ts'
import type * as Core from '../src/index.ts'
import type * as Mysql from '../src/storage/mysql/index.ts'
import type * as Postgres from '../src/storage/postgres/index.ts'
import type * as Sqlite from '../src/storage/sqlite/index.ts'
import type { OpenOptions } from './database.ts'

// What users run is what is built, so that is what is measured; another build can be named to compare the two.
const folder = resolve(process.env['STOCKPILE_BENCH_BUILD'] ?? join(import.meta.dirname, '..', 'dist'))

function load(file: string): Promise<unknown> {
  return import(pathToFileURL(join(folder, file)).href)
}

/** The built `Stockpile` and `memoryCache`. */
export const { Stockpile, memoryCache } = (await load('index.js')) as typeof Core

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

/** The built `memcached`. */
export async function loadMemcached(): Promise<typeof Memcached.memcached> {
  return ((await load('cache/memcached/index.js')) as typeof Memcached).memcached
}

/** The built `redis`. */
export async function loadRedis(): Promise<typeof Redis.redis> {
  return ((await load('cache/redis/index.js')) as typeof Redis).redis
}

/** Opens a Stockpile on a storage. */
export function openOn(storage: Core.Storage, { cache, around }: OpenOptions = {}): Core.Stockpile {
  const cached = cache === undefined ? {} : { cache }
  return new Stockpile({ storage: around?.(storage) ?? storage, ...cached })
}
