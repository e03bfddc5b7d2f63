/** A connection that knows nothing of Stockpile, for what somebody does by hand. */
export interface Hand {
  /** Runs a statement; answers its rows as lists of columns. */
  run(statement: string): Promise<unknown[][]>
  close(): Promise<void>
}

/** Opens a connection to the database that a storage's URL names. */
export async function openHand(url: string): Promise<Hand> {
  if (url.startsWith('sqlite:')) return openSqlite(url.slice('sqlite:'.length).replace(/^\/\//, ''))
  return /^(?:mysql|mariadb):/.test(url) ? openMysql(url) : openPostgres(url)
}

async function openSqlite(path: string): Promise<Hand> {
  const { default: Database } = await import('better-sqlite3')
  const connection = new Database(path, { timeout: 10_000 })
  return {
    run: async (text) => {
      const statement = connection.prepare<unknown[]>(text)
      if (statement.reader) return statement.raw(true).all() as unknown[][]
      statement.run()
      return []
    },
    close: async () => {
      connection.close()
    },
  }
}

async function openMysql(url: string): Promise<Hand> {
  const { createConnection } = await import('mariadb')
  const connection = await createConnection(url.replace(/^mysql:/, 'mariadb:'))
  connection.on('error', () => undefined)
  return {
    run: async (sql) => {
      const rows: unknown = await connection.query({ sql, rowsAsArray: true })
      return Array.isArray(rows) ? (rows as unknown[][]) : []
    },
    close: () => connection.end().catch(() => undefined),
  }
}

async function openPostgres(url: string): Promise<Hand> {
  const { Client } = await import('pg')
  const client = new Client(url)
  client.on('error', () => undefined)
  await client.connect()
  return {
    run: async (text) => (await client.query<unknown[]>({ text, rowMode: 'array' })).rows,
    close: () => client.end().catch(() => undefined),
  }
}
