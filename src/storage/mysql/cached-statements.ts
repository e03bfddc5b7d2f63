import type { AccountName } from '../contract.ts'
import { integer, text } from './literals.ts'
import { lists, usersIn } from './statements.ts'
import { accountTable } from './tables.ts'

// What `statements.ts` says of all statements holds for these too.

/** How rows are locked in share mode without waiting: the two servers have no form in common. */
export type ShareLock = 'LOCK IN SHARE MODE SKIP LOCKED' | 'FOR SHARE SKIP LOCKED'

/** Reads the note about the cache: a single key of the primary key, no locks. Answers value. */
export const readCacheNote = "SELECT value FROM stockpile_meta WHERE name = 'cache'"

/** Replaces the note about the cache if it still is `expected`: a single key of the primary key, which is locked. */
export function replaceCacheNote(expected: string, note: string | null): string {
  const condition = `WHERE name = 'cache' AND value = ${text(expected)}`
  return note === null
    ? `DELETE FROM stockpile_meta ${condition}`
    : `UPDATE stockpile_meta SET value = ${text(note)} ${condition}`
}

/** Tells which generations nobody is changing: single keys of the primary key, locked in share mode while it runs. Answers name. */
export function probeGenerations(apps: readonly string[], lock: ShareLock): string[] {
  return lists(apps, generationName).map(
    (names) => `SELECT name FROM stockpile_meta FORCE INDEX (PRIMARY) WHERE name IN (${names}) ${lock}`,
  )
}

/** Reads generations: single keys of the primary key, no locks. Answers name, value. */
export function readGenerations(apps: readonly string[]): string[] {
  return lists(apps, generationName).map(
    (names) => `SELECT name, value FROM stockpile_meta FORCE INDEX (PRIMARY) WHERE name IN (${names})`,
  )
}

/** Tells which accounts nobody is writing: single keys of the primary key, locked in share mode while it runs. Answers user_id. */
export function probeAccounts(app: string, users: readonly string[], lock: ShareLock): string[] {
  return usersIn(users).map(
    (condition) => `SELECT user_id FROM ${accountTable(app)} FORCE INDEX (PRIMARY) WHERE ${condition} ${lock}`,
  )
}

/** Raises the generation of an app: a single key of the primary key, locked exclusively. Meets one row. */
export function raiseGeneration(app: string): string {
  return `UPDATE stockpile_meta SET value = CAST(value AS SIGNED) + 1 WHERE name = ${generationName(app)}`
}

/** Puts accounts on the list of changes: new rows at the end of the primary key, in nobody's way. */
export function insertChanges(accounts: readonly AccountName[]): string[] {
  return lists(accounts, ({ app, user }) => `(${text(app)},${text(user)})`).map(
    (rows) => `INSERT INTO stockpile_change (app, user_id) VALUES ${rows}`,
  )
}

/**
 * Takes the first rows of the list that are committed and that nobody else is taking: the primary key from its beginning, each row
 * locked exclusively. Answers id, app, user_id.
 */
export function lockChanges(rowsMax: number): string {
  return `SELECT id, app, user_id FROM stockpile_change FORCE INDEX (PRIMARY)
    ORDER BY id LIMIT ${integer(rowsMax)} FOR UPDATE SKIP LOCKED`
}

/** Deletes rows of the list that were locked: single keys of the primary key. */
export function deleteChanges(ids: readonly bigint[]): string[] {
  return lists(ids, integer).map((list) => `DELETE FROM stockpile_change WHERE id IN (${list})`)
}

/** The name of an app's generation in `stockpile_meta`. */
export function generationOf(app: string): string {
  return `generation:${app}`
}

function generationName(app: string): string {
  return text(generationOf(app))
}
