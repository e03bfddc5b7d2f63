import { UnsupportedDatabaseError } from '../../errors.ts'
import type { Connection } from './connection.ts'
import { once } from './statement.ts'

const versionLeast = 130_000

// Reads no table. Answers one row.
const ask = once(
  `SELECT current_setting('server_version_num'), current_setting('server_version'), current_setting('server_encoding')`,
)

/**
 * Checks that the server can keep the promises.
 *
 * @param location the database, for the message
 * @throws UnsupportedDatabaseError when it is too old, or when the database can't store every character
 */
export async function checkSupport(connection: Connection, location: string): Promise<void> {
  const [answer] = await connection.run([ask])
  const [number, version, encoding] = answer?.rows[0] ?? []
  if (Number(number) < versionLeast) {
    const message = `${location} runs version ${version}, and Stockpile needs PostgreSQL 13: use a newer server`
    throw new UnsupportedDatabaseError(message, { version })
  }
  if (encoding !== 'UTF8') {
    const message = `${location} stores text as ${encoding}, which loses characters: make the database with ENCODING 'UTF8'`
    throw new UnsupportedDatabaseError(message, { encoding })
  }
}
