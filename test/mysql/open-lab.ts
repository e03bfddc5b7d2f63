import type { EventEmitter } from 'node:events'
import { createPool, type Pool, type PoolConfig } from 'mariadb'
import { inject } from 'vitest'
import { mysql, type MysqlOptions } from '../../src/storage/mysql/index.ts'
import { createDatabase } from '../servers/create-database.ts'
import { makeTables } from '../storage/farm.ts'
import { labOf, type Lab } from '../storage/lab.ts'

/**
 * Makes a lab on the run's MariaDB.
 *
 * @param target puts something between the storage and the database: another url, or a pool
 */
export async function openLab(
  options: MysqlOptions = {},
  target: (url: string) => string | Pool = (url) => url,
): Promise<Lab> {
  const database = await createDatabase(inject('mysqlUrl'))
  const storage = mysql(target(database.url), options)
  await makeTables(storage, 'farm')
  return labOf(database, storage)
}

/** A pool as an application makes it. */
export function openPool(url: string, config: PoolConfig = {}): Pool {
  const { hostname, port, username, password, pathname } = new URL(url)
  const place = { host: hostname, port: Number(port), user: username, password, database: pathname.slice(1) }
  const pool = createPool({ ...place, connectionLimit: 3, acquireTimeout: 5_000, ...config })
  // The driver's types don't know of the event, which ends the process when nobody listens.
  ;(pool as unknown as EventEmitter).on('error', () => undefined)
  return pool
}
