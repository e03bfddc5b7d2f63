import { createPool, type Pool, type PoolConnection } from 'mariadb'

const connectionsMax = 16

/** A pool as a careful developer sets it up, with all its connections made, and the tables. */
export async function openMysqlPool(url: string, tables: readonly string[]): Promise<Pool> {
  const { hostname: host, port, username: user, password, pathname } = new URL(url)
  const pool = createPool({
    host,
    port: Number(port),
    user,
    password,
    database: pathname.slice(1),
    connectionLimit: connectionsMax,
    minimumIdle: connectionsMax,
    acquireTimeout: 60_000,
  })
  for (const statement of tables) await pool.query(statement)
  return pool
}

/** Works in a transaction of its own: committed after it, rolled back where it throws. */
export async function inMysql<T>(pool: Pool, work: (connection: PoolConnection) => Promise<T>): Promise<T> {
  const connection = await pool.getConnection()
  try {
    await connection.beginTransaction()
    const answer = await work(connection)
    await connection.commit()
    return answer
  } catch (error) {
    await connection.rollback()
    throw error
  } finally {
    await connection.release()
  }
}
