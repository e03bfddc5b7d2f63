import type { Database } from './database.ts'
import { startMariaDbDatabase } from './databases/mariadb.ts'
import { startPostgresDatabase } from './databases/postgres.ts'
import { startSqlite } from './databases/sqlite.ts'

/** Starts a database of a kind, with data of its own. */
export const startDatabase: { readonly [name in Database['name']]: () => Promise<Database> } = {
  SQLite: startSqlite,
  MariaDB: startMariaDbDatabase,
  PostgreSQL: startPostgresDatabase,
}
