import type { AccountName } from '../contract.ts'
import { integers, texts } from './literals.ts'
import { noteMeta } from './shared-statements.ts'
import { call, once, perApp, prepared, type Call } from './statement.ts'

// What a cache needs of the tables.

/** Reads the note about the cache by the primary key, no locks. Answers value; no row where there is no cache. */
export const readCacheNote = call(prepared('cache_note', `SELECT value FROM stockpile_meta WHERE name = 'cache'`))

/**
 * Replaces the note about the cache where it still is what it is expected to be: the primary key finds it, and it is locked. Waits for
 * somebody else who replaces it, and compares with what that has led to.
 */
export function replaceCacheNote(expected: string | null, note: string | null): Call {
  const [where, name] = [`WHERE name = 'cache' AND value = $1`, 'cache']
  if (expected === null) return note === null ? readCacheNote : noteMeta(name, note)
  if (note === null) return once(`DELETE FROM stockpile_meta ${where}`, [expected])
  return once(`UPDATE stockpile_meta SET value = $2 ${where}`, [expected, note])
}

/** The channel on which whoever removes cached values is told that there is something to do. */
export const changeChannel = 'stockpile_change'

/** Puts accounts on the list of changes, locking the new rows, and tells those who listen once this is committed. */
export function insertChanges(accounts: readonly AccountName[]): readonly Call[] {
  const columns = [texts(accounts.map(({ app }) => app)), texts(accounts.map(({ user }) => user))]
  return [call(changesInserted, columns), call(changesTold)]
}

const changesInserted = prepared(
  'insert_changes',
  'INSERT INTO stockpile_change (app, user_id) SELECT * FROM unnest($1::text[], $2::text[])',
)
const changesTold = prepared('tell_changes', `SELECT pg_notify('${changeChannel}', '')`)

/**
 * Takes changes off the list: the primary key finds the oldest; locks what it answers, leaves what somebody else has locked. Never by what
 * came after the last one: a slower transaction with a smaller id would be missed for ever. Answers id, app, user_id.
 */
export function lockChanges(rowsMax: number): Call {
  return call(changesLocked, [String(rowsMax)])
}

const changesLocked = prepared(
  'lock_changes',
  'SELECT id, app, user_id FROM stockpile_change ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED',
)

/** Deletes changes that are locked already: single keys of the primary key. */
export function deleteChanges(ids: readonly bigint[]): Call {
  return call(changesDeleted, [integers(ids)])
}

const changesDeleted = prepared('delete_changes', 'DELETE FROM stockpile_change WHERE id = ANY($1::bigint[])')

// What a row's xmax says of its lock. Zero: nobody has ever locked it. Otherwise it may be the number of a transaction or that of a group
// of lockers, and only numbers that are not yet given to a group are certain to be a transaction's. If that has written this version of the
// row too, it is over, or the version couldn't be seen. If it comes before all that were running when the statement began, it is over as
// well, and whichever transaction it is a part of; numbers go round at 2^32. A standby doesn't know of all the locks that there are.
const isFree = (
  row: string,
): string => `NOT pg_is_in_recovery() AND (${row}.locker = '0' OR mxid_age(${row}.locker) <= 0
      AND (${row}.locker = ${row}.writer OR ((m.oldest - ${row}.locker::text::bigint) & 4294967295) BETWEEN 1 AND 2147483647))`

// OFFSET 0 has the statement look at the row's lock once, as it was at one instant.
const moment = '(SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest OFFSET 0) AS m'

/**
 * Reads the generations of apps: single keys of the primary key, no locks. Answers name, value and whether the row was seen unlocked.
 */
export function readGenerations(apps: readonly string[]): Call {
  return call(generationsRead, [texts(apps.map(generationOf))])
}

const generationsRead = prepared(
  'read_generations',
  `SELECT g.name, g.value, ${isFree('g')} FROM ${moment}, unnest($1::text[]) AS w(name) CROSS JOIN LATERAL (
    SELECT name, value, xmin AS writer, xmax AS locker FROM stockpile_meta AS r WHERE r.name = w.name OFFSET 0) AS g`,
)

/** The name of the row of `stockpile_meta` that has an app's generation. */
export function generationOf(app: string): string {
  return `generation:${app}`
}

/**
 * Reads whole accounts of one app in one statement, which sees one moment: ranges of the primary keys, no locks. Answers number, version,
 * whether the account was seen unlocked, item_id, quantity, serials, position, serial, properties: a row for each serial of a holding, a row
 * for a holding without any, with nulls from serial on, and one for an account without holdings, with nulls from item_id on. None for an
 * account that isn't there.
 */
export function readWhole(app: string, names: readonly { readonly number: number; readonly user: string }[]): Call {
  return call(wholeRead(app), [integers(names.map(({ number }) => number)), texts(names.map(({ user }) => user))])
}

const wholeRead = perApp(
  'read_whole',
  ({ account, holding, serial }) => `SELECT w.number, a.version, ${isFree('a')},
    h.item_id, h.quantity, h.serials, h.position, s.serial, s.properties
    FROM ${moment}, unnest($1::integer[], $2::text[]) AS w(number, user_id)
    CROSS JOIN LATERAL (SELECT version, xmin AS writer, xmax AS locker FROM ${account} AS r WHERE r.user_id = w.user_id OFFSET 0) AS a
    LEFT JOIN LATERAL (SELECT item_id, quantity, serials, position FROM ${holding} AS r
      WHERE r.user_id = w.user_id OFFSET 0) AS h ON true
    LEFT JOIN LATERAL (SELECT serial, properties FROM ${serial} AS r
      WHERE h.serials > 0 AND r.user_id = w.user_id AND r.item_id = h.item_id OFFSET 0) AS s ON true`,
)

/** Has the transaction's end wait for no disk: it leaves nothing behind that matters. Reads no table. */
export const forgetfully = call(prepared('forgetfully', `SELECT set_config('synchronous_commit', 'off', true)`))

/**
 * Locks accounts that nobody has locked for writing, in byte order, for reading: single keys of the primary key. Answers user_id. A weaker
 * lock (FOR KEY SHARE) would be given beside a writer's.
 */
export function shareAccounts(app: string, users: readonly string[]): Call {
  return call(accountsShared(app), [texts(users)])
}

const accountsShared = perApp(
  'share_accounts',
  ({ account }) =>
    `SELECT user_id FROM ${account} WHERE user_id = ANY($1::text[]) ORDER BY user_id FOR SHARE SKIP LOCKED`,
)

/** Locks the generations of apps that nobody has locked for writing, as `shareAccounts` does. Answers name. */
export function shareGenerations(apps: readonly string[]): Call {
  return call(generationsShared, [texts(apps.map(generationOf))])
}

const generationsShared = prepared(
  'share_generations',
  'SELECT name FROM stockpile_meta WHERE name = ANY($1::text[]) ORDER BY name FOR SHARE SKIP LOCKED',
)

/** Moves an app's generation by one, found by the primary key and locked from here on. Answers value; no row where the app has no tables. */
export function raiseGeneration(app: string): Call {
  return once('UPDATE stockpile_meta SET value = (value::bigint + 1)::text WHERE name = $1 RETURNING value', [
    generationOf(app),
  ])
}

/** Keeps the triggers of an app from putting anything on the list of changes in this transaction. Reads no table. */
export function markBulk(app: string): Call {
  return once(`SELECT set_config('stockpile.bulk', $1, true)`, [app])
}
