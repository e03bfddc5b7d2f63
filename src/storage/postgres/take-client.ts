import type { PgClient } from './connection.ts'

/** What is used of a pool of the driver `pg`. */
export interface PgPool {
  connect(callback: (error: Error | undefined, client?: PgClient) => void): void
  end(): Promise<void>
}

/**
 * Takes a client out of a pool.
 *
 * @param use gets the client at once, and must give it a listener for its errors. By the time a promise is kept, the driver may have read what
 *   the server said along with its greeting: that it ends the connection. A client without a listener would end the process then.
 * @returns what `use` makes of the client
 * @throws what the driver throws
 */
export function takeClient<T>(pool: PgPool, use: (client: PgClient) => T): Promise<T> {
  return new Promise((resolve, reject) => {
    pool.connect((error, client) => {
      if (client === undefined) reject(error ?? new Error('the pool gave no client'))
      else resolve(use(client))
    })
  })
}
