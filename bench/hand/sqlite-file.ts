import SqliteDatabase from 'better-sqlite3'

/** A file as a careful developer opens it, with its tables. */
export interface SqliteFile {
  readonly connection: SqliteDatabase.Database
  /** Works in a transaction that has the write lock from its beginning: committed after it, rolled back where it throws. */
  readonly transaction: <T>(work: () => T) => T
}

/** Opens a file, and makes the tables. */
export function openSqliteFile(path: string, tables: string): SqliteFile {
  const connection = new SqliteDatabase(path, { timeout: 10_000 })
  connection.defaultSafeIntegers(true)
  connection.pragma('journal_mode = WAL')
  connection.pragma('synchronous = FULL')
  connection.exec(tables)
  const begin = connection.prepare('BEGIN IMMEDIATE')
  const commit = connection.prepare('COMMIT')
  const rollback = connection.prepare('ROLLBACK')
  return {
    connection,
    transaction(work) {
      begin.run()
      try {
        const answer = work()
        commit.run()
        return answer
      } catch (error) {
        rollback.run()
        throw error
      }
    },
  }
}
