import { createConnection } from 'mariadb'
import { startMariaDb } from '../../test/servers/mariadb.ts'
import { mysqlByHand } from '../by-hand/mysql.ts'
import { mysqlSerialsByHand } from '../serials-by-hand/mysql.ts'
import type { Database } from '../database.ts'
import { mysqlRaw } from '../raw/mysql.ts'
import { loadMysql, openOn } from '../stockpile.ts'

const settings = ['--innodb-buffer-pool-size=2G', '--innodb-log-file-size=2G']

/** A private MariaDB server, every commit forced to the disk. */
export async function startMariaDbDatabase(): Promise<Database> {
  const mysql = await loadMysql()
  const server = await startMariaDb({ durable: true, args: settings })
  const { pid, url } = server
  const connection = await createConnection(`${url.replace(/^mysql:/, 'mariadb:')}?bigIntAsNumber=false`)
  const [{ version }] = await connection.query<[{ version: string }]>('SELECT VERSION() AS version')
  const database: Database = {
    name: 'MariaDB',
    version,
    settings: ['--innodb-flush-log-at-trx-commit=1', '--skip-log-bin', ...settings],
    serverPid: pid ?? null,
    open: async (options) => openOn(mysql(url), options),
    byHand: (app) => mysqlByHand(database, url, app),
    serialsByHand: (app) => mysqlSerialsByHand(database, url, app),
    raw: (app, hasAccounts) => mysqlRaw(url, app, hasAccounts),
    async execute(statement) {
      await connection.query(statement)
    },
    async insertAsStockpile(statement) {
      await connection.query("SET @stockpile_writes = 'own'")
      await connection.query(statement)
      await connection.query('SET @stockpile_writes = NULL')
    },
    async numbers(query) {
      const [row = []] = await connection.query<unknown[][]>({ sql: query, rowsAsArray: true })
      return row.map((value) =>
        BigInt(typeof value === 'string' || typeof value === 'bigint' || typeof value === 'number' ? value : 0),
      )
    },
    series: (count) => `(SELECT seq AS n FROM seq_1_to_${count}) AS series`,
    text: (expression) => `CAST(${expression} AS CHAR)`,
    settleDown: async () => undefined,
    async [Symbol.asyncDispose]() {
      await connection.end()
      await server.stop()
    },
  }
  return database
}
