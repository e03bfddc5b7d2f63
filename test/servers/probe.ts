import { createConnection } from 'mariadb'
import { Client } from 'pg'

/** One connection to a server, whichever kind it is, for tests of the servers themselves. */
export interface Probe {
  /** Runs a statement and returns the first column of its rows, as text. */
  query(statement: string): Promise<string[]>
  /** Closes the connection, also one that is broken. */
  close(): Promise<void>
}

/**
 * Connects to a server.
 *
 * @param url `mysql://` or `postgres://`
 */
export async function openProbe(url: string): Promise<Probe> {
  return url.startsWith('mysql:') ? openMariaDb(url) : openPostgres(url)
}

async function openMariaDb(url: string): Promise<Probe> {
  const connection = await createConnection(url.replace(/^mysql:/, 'mariadb:'))
  // Statements report the loss of the connection; the event would end the process.
  connection.on('error', () => undefined)
  return {
    async query(statement) {
      const result: unknown = await connection.query({ sql: statement, rowsAsArray: true })
      return Array.isArray(result) ? result.map((row: unknown) => firstColumn(row)) : []
    },
    async close() {
      connection.destroy()
    },
  }
}

async function openPostgres(url: string): Promise<Probe> {
  const client = new Client(url)
  client.on('error', () => undefined)
  await client.connect()
  return {
    async query(statement) {
      const { rows } = await client.query<unknown[]>({ text: statement, rowMode: 'array' })
      return rows.map((row) => firstColumn(row))
    },
    async close() {
      await client.end()
    },
  }
}

function firstColumn(row: unknown): string {
  return String(Array.isArray(row) ? row[0] : row)
}
