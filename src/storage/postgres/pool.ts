import { DriverMissingError } from '../../errors.ts'
import type { OwnClient } from './listener.ts'
import type { PgPool } from './take-client.ts'

// Long enough for a handshake with TLS over a slow line; a dead host is reported before callers give up.
const connectTimeoutMs = 10_000

// A quiet application lets the server have its connections back, a busy one keeps them.
const idleTimeoutMs = 60_000

/**
 * Makes a pool of connections, which are opened when they are needed.
 *
 * @throws DriverMissingError
 */
export async function openPool(url: string, connectionsMax: number): Promise<PgPool> {
  const driver = await loadDriver()
  const pool = new driver.Pool({
    ...settingsOf(url),
    max: connectionsMax,
    idleTimeoutMillis: idleTimeoutMs,
  })
  // An idle connection that breaks is dropped by the pool; without a listener the error would end the process.
  pool.on('error', () => undefined)
  return pool
}

/**
 * Makes a connection that belongs to no pool.
 *
 * @throws DriverMissingError, and what the driver throws
 */
export async function openClient(url: string): Promise<OwnClient> {
  const driver = await loadDriver()
  const client = new driver.Client(settingsOf(url))
  // The server may end it before anybody else listens; whoever uses it then is told.
  client.on('error', () => undefined)
  await client.connect()
  return { client, close: () => client.end().catch(() => undefined) }
}

async function loadDriver(): Promise<Pick<typeof import('pg'), 'Pool' | 'Client'>> {
  const driver = await import('pg').catch((error: unknown) => {
    throw new DriverMissingError('pg', { cause: error })
  })
  return driver.default
}

function settingsOf(url: string) {
  return {
    connectionString: url,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    fallback_application_name: 'stockpile',
  }
}
