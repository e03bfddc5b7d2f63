import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { makeTempFolder, removeTempFolder } from '../../test/servers/temp-folder.ts'
import { sqliteByHand } from '../by-hand/sqlite.ts'
import { sqliteSerialsByHand } from '../serials-by-hand/sqlite.ts'
import type { Database } from '../database.ts'
import { sqliteRaw } from '../raw/sqlite.ts'
import { loadSqlite, openOn } from '../stockpile.ts'

/** A SQLite file in a new folder. */
export async function startSqlite(): Promise<Database> {
  const sqlite = await loadSqlite()
  const folder = await makeTempFolder('bench')
  const path = join(folder, 'bench.db')
  const connection = new SqliteDatabase(path, { timeout: 60_000 })
  connection.defaultSafeIntegers(true)
  connection.pragma('journal_mode = WAL')
  const database: Database = {
    name: 'SQLite',
    version: String(connection.prepare('SELECT sqlite_version()').pluck().get()),
    settings: ['journal_mode=WAL', 'synchronous=FULL'],
    serverPid: null,
    open: async (options) => openOn(sqlite(path), options),
    byHand: (app) => sqliteByHand(database, path, app),
    serialsByHand: (app) => sqliteSerialsByHand(database, path, app),
    raw: async (app, hasAccounts) => sqliteRaw(path, app, hasAccounts),
    async execute(statement) {
      connection.exec(statement)
    },
    async insertAsStockpile(statement) {
      connection.exec(`BEGIN IMMEDIATE; INSERT INTO stockpile_meta VALUES ('writes', ''); ${statement};
        DELETE FROM stockpile_meta WHERE name = 'writes'; COMMIT`)
    },
    async numbers(query) {
      const row = connection.prepare<[], bigint[]>(query).raw().get() ?? []
      return row.map((value) => BigInt(value ?? 0))
    },
    series: (count) => `(WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < ${count})
      SELECT n FROM series)`,
    text: (expression) => `CAST(${expression} AS TEXT)`,
    async settleDown() {
      // Waits for nobody: this thread may be the one that a writer waits for.
      connection.pragma('wal_checkpoint(PASSIVE)')
    },
    async [Symbol.asyncDispose]() {
      connection.close()
      await removeTempFolder(folder)
    },
  }
  return database
}
