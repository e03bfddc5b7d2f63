import type { TestProject } from 'vitest/node'
import { startMariaDb } from './mariadb.ts'
import { startMemcached } from './memcached.ts'
import { startPostgres } from './postgres.ts'
import { startRedis } from './redis.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The url of the run's MariaDB, with the right to make databases. */
    readonly mysqlUrl: string
    /** The url of the run's PostgreSQL, with the right to make databases. */
    readonly postgresUrl: string
    /** The url of the run's memcached. */
    readonly memcachedUrl: string
    /** The url of the run's Redis. */
    readonly redisUrl: string
  }
}

const starters = {
  mysqlUrl: startMariaDb,
  postgresUrl: startPostgres,
  memcachedUrl: startMemcached,
  redisUrl: startRedis,
}

/**
 * Starts the servers that all tests of a run share, and tells the tests their urls: `inject('mysqlUrl')` and the others. They are fast and
 * not durable; a test that crashes a server, or needs a cache for itself, starts its own.
 *
 * @returns stops them
 */
export default async function globalSetup(project: TestProject): Promise<() => Promise<void>> {
  const names = Object.keys(starters) as (keyof typeof starters)[]
  const starts = await Promise.allSettled(names.map(async (name) => ({ name, server: await starters[name]() })))
  const started = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
  const stopAll = async (): Promise<void> => {
    await Promise.all(started.map(({ server }) => server.stop()))
  }
  const reasons = starts.flatMap((start): unknown[] => (start.status === 'rejected' ? [start.reason] : []))
  if (reasons.length > 0) {
    await stopAll()
    throw new AggregateError(reasons, 'The servers for the tests could not be started.')
  }
  for (const { name, server } of started) project.provide(name, server.url)
  return stopAll
}
