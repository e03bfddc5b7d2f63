import { Pool, type PoolClient } from 'pg'

const connectionsMax = 16

/** A pool as a careful developer sets it up, and the tables. */
export async function openPostgresPool(url: string, tables: readonly string[]): Promise<Pool> {
  const pool = new Pool({ connectionString: url, max: connectionsMax, min: connectionsMax })
  for (const statement of tables) await pool.query(statement)
  return pool
}

/** Works in a transaction of its own: committed after it, rolled back where it throws. */
export async function inPostgres<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    const answer = await work(client)
    await client.query('COMMIT')
    return answer
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
}
