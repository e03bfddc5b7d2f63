import { Pool, type PoolConfig } from 'pg'
import { inject } from 'vitest'
import { postgres, type PostgresOptions } from '../../src/storage/postgres/index.ts'
import { createDatabase } from '../servers/create-database.ts'
import { makeTables } from '../storage/farm.ts'
import { labOf, type Lab } from '../storage/lab.ts'

/**
 * Makes a lab on the run's PostgreSQL.
 *
 * @param target puts something between the storage and the database: another url, or a pool
 */
export async function openLab(
  options: PostgresOptions = {},
  target: (url: string) => string | Pool = (url) => url,
): Promise<Lab> {
  const database = await createDatabase(inject('postgresUrl'))
  const maker = postgres(database.url)
  await makeTables(maker, 'farm')
  await maker.close()
  return labOf(database, postgres(target(database.url), options))
}

/** A pool as an application makes it. */
export function openPool(url: string, config: PoolConfig = {}): Pool {
  const pool = new Pool({ connectionString: url, max: 3, ...config })
  pool.on('error', () => undefined)
  return pool
}
