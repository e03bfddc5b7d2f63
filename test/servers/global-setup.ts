import type { TestProject } from 'vitest/node'
import { startMariaDb } from './mariadb.ts'
import { startPostgres } from './postgres.ts'
import type { Server } from './server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The url of the run's MariaDB, with the right to make databases. */
    readonly mysqlUrl: string
    /** The url of the run's PostgreSQL, with the right to make databases. */
    readonly postgresUrl: string
  }
}

/**
 * Starts the servers that all tests of a run share, and tells the tests their urls: `inject('mysqlUrl')` and
 * `inject('postgresUrl')`. They are fast and not durable; a test that crashes a server starts its own.
 *
 * @returns stops them
 */
export default async function globalSetup(project: TestProject): Promise<() => Promise<void>> {
  const starts = await Promise.allSettled([startMariaDb(), startPostgres()])
  const servers = starts.filter((start) => start.status === 'fulfilled').map((start) => start.value)
  const [mariaDb, postgres] = servers
  if (mariaDb === undefined || postgres === undefined) {
    await stopAll(servers)
    const reasons = starts.filter((start) => start.status === 'rejected').map((start): unknown => start.reason)
    throw new AggregateError(reasons, 'The servers for the tests could not be started.')
  }
  project.provide('mysqlUrl', mariaDb.url)
  project.provide('postgresUrl', postgres.url)
  return () => stopAll(servers)
}

async function stopAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()))
}
