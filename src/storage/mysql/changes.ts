import type { AccountName } from '../contract.ts'
import { deleteChanges, lockChanges, readCacheNote, replaceCacheNote } from './cached-statements.ts'
import type { Connection } from './connection.ts'
import { noteMeta } from './statements.ts'

/** What became of the accounts that were taken off the list. */
export type Taken = { readonly count: number } | { readonly error: unknown }

/**
 * Takes accounts off the list of changes, in a transaction that stays open while `work` deals with them; if `work` rejects, they stay.
 *
 * @param connection with `autocommit` off
 */
export async function takeChanges(
  connection: Connection,
  rowsMax: number,
  work: (accounts: readonly AccountName[]) => Promise<void>,
): Promise<Taken> {
  try {
    const rows = await connection.rows<readonly [bigint, string, string]>(lockChanges(rowsMax))
    const accounts = new Map(rows.map(([, app, user]) => [`${app} ${user}`, { app, user }]))
    try {
      if (accounts.size > 0) await work([...accounts.values()])
    } catch (error) {
      await connection.run('ROLLBACK').catch(() => connection.destroy())
      return { error }
    }
    await connection.runThen(deleteChanges(rows.map(([id]) => id)), 'COMMIT')
    return { count: accounts.size }
  } catch (error) {
    await connection.run('ROLLBACK').catch(() => connection.destroy())
    throw error
  }
}

/** The note about the cache, null where there is none. */
export async function cacheNote(connection: Pick<Connection, 'rows'>): Promise<string | null> {
  const [row] = await connection.rows<readonly [string]>(readCacheNote)
  return row?.[0] ?? null
}

/**
 * Replaces the note about the cache if it still is `expected`; answers what it is afterwards.
 *
 * @param connection with `autocommit` off
 */
export async function noteCache(
  connection: Connection,
  expected: string | null,
  note: string | null,
): Promise<string | null> {
  try {
    // Each of them is one statement that waits for whoever else is writing the row, and meets it only as it was expected.
    if (expected !== null) await connection.run(replaceCacheNote(expected, note))
    else if (note !== null) await connection.run(noteMeta('cache', note))
    const found = await cacheNote(connection)
    await connection.run('COMMIT')
    return found
  } catch (error) {
    await connection.run('ROLLBACK').catch(() => connection.destroy())
    throw error
  }
}
