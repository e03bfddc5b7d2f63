import { JoinRefusedError } from '../errors.ts'
import type { Executor } from '../storage/contract.ts'
import { has } from './has.ts'

/** What is used of a client of pg. */
interface PgClient {
  query(sql: string, values: readonly unknown[]): Promise<{ readonly rows?: readonly object[] }>
}

/** What is used of a transaction of postgres.js. */
interface PostgresJsSql {
  unsafe(sql: string, values: readonly unknown[]): Promise<readonly object[]>
}

/** What is used of a connection of mysql2 with promises, which answers rows and fields, and of mariadb, which answers rows. */
interface MysqlConnection {
  query(sql: string): Promise<unknown>
}

/** Speaks to the connection of a driver: pg, postgres.js, mysql2 or mariadb. */
export function fromDriver(connection: object): Executor {
  if (has(connection, 'unsafe')) return fromPostgresJs(connection as PostgresJsSql)
  if (has(connection, 'getConnection') || 'totalCount' in connection)
    throw new JoinRefusedError('it is a pool, and a transaction has a connection of its own: hand that in', {
      client: 'a pool',
    })
  // The drivers of MariaDB and MySQL have execute, that of PostgreSQL has a parser of types.
  if (has(connection, 'execute')) return fromMysql(connection as MysqlConnection)
  if (has(connection, 'getTypeParser')) return fromPg(connection as PgClient)
  throw new JoinRefusedError('it has a method query() and is no client that is known here', { client: 'unknown' })
}

function fromPg(client: PgClient): Executor {
  return {
    dialect: 'postgres',
    client: 'pg',
    query: async (sql, parameters) => (await client.query(sql, parameters)).rows ?? [],
  }
}

function fromPostgresJs(sql: PostgresJsSql): Executor {
  if (has(sql, 'reserve') && !has(sql, 'savepoint') && !has(sql, 'release'))
    throw new JoinRefusedError('it is a pool of postgres.js: hand in the sql of sql.begin(async (sql) => ...)', {
      client: 'postgres.js',
    })
  return { dialect: 'postgres', client: 'postgres.js', query: (text, parameters) => sql.unsafe(text, parameters) }
}

function fromMysql(connection: MysqlConnection): Executor {
  const isMysql2 = has(connection, 'unprepare')
  const client = isMysql2 ? 'mysql2' : 'mariadb'
  // The connection that mysql2's promises are around; and mariadb's own with callbacks.
  if (has(connection, 'promise') || (isMysql2 && !('connection' in connection)))
    throw new JoinRefusedError('it works with callbacks: hand in connection.promise()', { client })
  return {
    dialect: 'mysql',
    client,
    query: async (sql) => {
      const answer = await connection.query(sql)
      if (!Array.isArray(answer)) return []
      const rows: unknown = isMysql2 ? answer[0] : answer
      return Array.isArray(rows) ? (rows as object[]) : []
    },
  }
}
