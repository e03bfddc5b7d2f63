import { DriverMissingError } from '../../errors.ts'
import type { PgPool } from './connections.ts'

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
  const driver = await import('pg').catch((error: unknown) => {
    throw new DriverMissingError('pg', { cause: error })
  })
  const pool = new driver.default.Pool({
    connectionString: url,
    max: connectionsMax,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: idleTimeoutMs,
    keepAlive: true,
    fallback_application_name: 'stockpile',
  })
  // An idle connection that breaks is dropped by the pool; without a listener the error would end the process.
  pool.on('error', () => undefined)
  return pool
}
