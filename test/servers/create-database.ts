import { randomBytes } from 'node:crypto'
import { createConnection } from 'mariadb'
import { Client } from 'pg'

/** A database of one's own on a shared server. */
export interface OwnDatabase extends AsyncDisposable {
  readonly name: string
  readonly url: string
  /** Deletes it, with whatever connections it still has. A second call does nothing. */
  drop(): Promise<void>
}

/**
 * Makes an empty database, so that tests which run side by side on one server never meet.
 *
 * @param serverUrl a url of the server, `mysql://` or `postgres://`, with the right to make databases
 * @param name lower-case letters, digits and underscores; a new one by default
 * @returns the database; its url is the server's with the name put in
 * @throws the driver's error where it exists already
 * @example
 * await using database = await createDatabase(server.url)
 */
export async function createDatabase(serverUrl: string, name = uniqueDatabaseName()): Promise<OwnDatabase> {
  const execute = serverUrl.startsWith('mysql:') ? executeInMariaDb : executeInPostgres
  const force = serverUrl.startsWith('mysql:') ? '' : ' WITH (FORCE)'
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  await execute(serverUrl, `CREATE DATABASE ${name}`)
  async function drop(): Promise<void> {
    await execute(serverUrl, `DROP DATABASE IF EXISTS ${name}${force}`)
  }
  return { name, url: url.href, drop, [Symbol.asyncDispose]: drop }
}

/** A name that no database has yet, such as `test_5f0c21d9a3b4`. */
function uniqueDatabaseName(): string {
  return `test_${randomBytes(6).toString('hex')}`
}

async function executeInMariaDb(serverUrl: string, statement: string): Promise<void> {
  // The driver takes urls of its own scheme only.
  const connection = await createConnection(serverUrl.replace(/^mysql:/, 'mariadb:'))
  try {
    await connection.query(statement)
  } finally {
    await connection.end()
  }
}

async function executeInPostgres(serverUrl: string, statement: string): Promise<void> {
  const client = new Client(serverUrl)
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
