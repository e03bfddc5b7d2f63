import type { AccountRow, HistoryRow, HoldingName, HoldingRow, LockWait } from '../contract.ts'
import { integers, texts } from './literals.ts'
import { call, once, perApp, prepared, type Call } from './statement.ts'

// What a transaction does to an app's tables. Lists travel as arrays, one parameter for each column, whatever their length: one plan for
// all of them, prepared once per connection.

/**
 * How the planner is to find rows. It plans a statement once and keeps the plan, so a plan made while a table was empty or its
 * statistics were old would read a table of millions from end to end. Neither way leaves it a choice:
 *
 * - `search` knows index scans alone, for statements that name their rows or read ranges in order;
 * - `update` knows bitmap scans alone, for UPDATE and DELETE of listed rows. A bitmap needs a condition, so the list must lead and each
 *   row be looked up by its key, where an index scan could also walk the whole index to look for matches in the list.
 *
 * Index scans mark entries of dead rows, which spares those that come after them; that is why searching isn't left to bitmaps too.
 */
export type Planning = 'search' | 'update'

/**
 * Prepares an open transaction for statements of one way of planning: nothing of it outlives the transaction, so that connections can
 * be anybody's before and after, and whatever pooler stands between. Reads no table.
 *
 * @param lockWaitMs how long a statement waits for a lock before it fails with 55P03
 */
export function plan(planning: Planning, lockWaitMs: number): Call {
  const isSearch = planning === 'search'
  return call(settings, [String(lockWaitMs), isSearch ? 'on' : 'off', isSearch ? 'off' : 'on'])
}

const settings = prepared(
  'plan',
  `SELECT set_config('lock_timeout', $1, true),
    set_config('enable_indexscan', $2, true), set_config('enable_indexonlyscan', $2, true),
    set_config('enable_bitmapscan', $3, true), set_config('enable_seqscan', 'off', true),
    set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
    set_config('plan_cache_mode', 'force_generic_plan', true), set_config('jit', 'off', true)`,
)

/** How transactions begin and end. */
export const bounds = {
  begin: call(prepared('begin', 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE')),
  beginSnapshot: call(prepared('begin', 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')),
  // Answers with the tag COMMIT, or with the tag ROLLBACK where a statement has failed before.
  commit: call(prepared('commit', 'COMMIT')),
  rollback: call(prepared('rollback', 'ROLLBACK')),
} as const

/** Sets a savepoint, keeps what was done since, or undoes it. Keeping and undoing remove the savepoint. */
export function savepoint(action: 'set' | 'keep' | 'undo', level: number): readonly Call[] {
  const name = `stockpile_${level}`
  if (action === 'set') return [once(`SAVEPOINT ${name}`)]
  const release = once(`RELEASE SAVEPOINT ${name}`)
  // Rolling back removes the savepoints after it, not itself.
  return action === 'keep' ? [release] : [once(`ROLLBACK TO SAVEPOINT ${name}`), release]
}

/**
 * Locks accounts in byte order of user: single keys of the primary key, each found row locked FOR UPDATE. Answers user_id, version,
 * changed_at of the locked rows; with `skip` without those that somebody else has locked, with `wait` after them, or 55P03.
 */
export function lockAccounts(app: string, users: readonly string[], wait: LockWait): Call {
  return call(wait === 'skip' ? lockSkipping(app) : lockWaiting(app), [texts(users)])
}

const lockWaiting = perApp(
  'lock_waiting',
  ({ account }) =>
    `SELECT user_id, version, changed_at FROM ${account} WHERE user_id = ANY($1::text[]) ORDER BY user_id FOR UPDATE`,
)
const lockSkipping = perApp(
  'lock_skipping',
  ({ account }) =>
    `SELECT user_id, version, changed_at FROM ${account} WHERE user_id = ANY($1::text[]) ORDER BY user_id FOR UPDATE SKIP LOCKED`,
)

/** Tells which accounts are committed: single keys of the primary key, no locks. Answers user_id. */
export function findAccounts(app: string, users: readonly string[]): Call {
  return call(accountsFound(app), [texts(users)])
}

const accountsFound = perApp(
  'find_accounts',
  ({ account }) => `SELECT user_id FROM ${account} WHERE user_id = ANY($1::text[])`,
)

/**
 * Reads named holdings: single keys of the primary key, no locks. Answers user_id, item_id, quantity, serials, position. OFFSET 0 keeps the
 * planner from turning the lookups into a join of its own choice.
 */
export function readHoldings(app: string, names: readonly Omit<HoldingName, 'app'>[]): Call {
  return call(holdingsRead(app), [texts(names.map(userOf)), texts(names.map(itemOf))])
}

const holdingsRead = perApp(
  'read_holdings',
  ({ holding }) => `SELECT h.* FROM unnest($1::text[], $2::text[]) AS w(user_id, item_id) CROSS JOIN LATERAL (
    SELECT user_id, item_id, quantity, serials, position FROM ${holding} AS r
    WHERE r.user_id = w.user_id AND r.item_id = w.item_id OFFSET 0) AS h`,
)

/** Inserts accounts, locking the new rows; waits for somebody else who inserts the same one, and fails with 23505 if it is there. */
export function insertAccounts(app: string, rows: readonly AccountRow[]): Call {
  return call(accountsInserted(app), accountValues(rows))
}

const listedAccounts = 'unnest($1::text[], $2::bigint[], $3::bigint[]) AS w(user_id, version, changed_at)'

const accountsInserted = perApp(
  'insert_accounts',
  ({ account }) => `INSERT INTO ${account} (user_id, version, changed_at) SELECT * FROM ${listedAccounts}`,
)

/** Writes accounts that exist and are locked already: each found by the primary key. To be planned as an update. */
export function updateAccounts(app: string, rows: readonly AccountRow[]): Call {
  return call(accountsUpdated(app), accountValues(rows))
}

const accountsUpdated = perApp(
  'update_accounts',
  ({ account }) => `UPDATE ${account} AS a SET version = w.version, changed_at = w.changed_at
    FROM ${listedAccounts} WHERE a.user_id = w.user_id`,
)

/** Inserts holdings, locking the new rows; fails with 23505 if one is there. The lock on its account keeps everybody else away. */
export function insertHoldings(app: string, rows: readonly HoldingRow[]): Call {
  return call(holdingsInserted(app), holdingValues(rows))
}

const listedHoldings = `unnest($1::text[], $2::text[], $3::bigint[], $4::integer[], $5::bigint[])
    AS w(user_id, item_id, quantity, serials, position)`

const holdingsInserted = perApp(
  'insert_holdings',
  ({ holding }) => `INSERT INTO ${holding} (user_id, item_id, quantity, serials, position)
    SELECT * FROM ${listedHoldings}`,
)

/** Writes holdings that exist: each found by the primary key and locked; their accounts are already. To be planned as an update. */
export function updateHoldings(app: string, rows: readonly HoldingRow[]): Call {
  return call(holdingsUpdated(app), holdingValues(rows))
}

const holdingsUpdated = perApp(
  'update_holdings',
  ({ holding }) => `UPDATE ${holding} AS h SET quantity = w.quantity, serials = w.serials, position = w.position
    FROM ${listedHoldings} WHERE h.user_id = w.user_id AND h.item_id = w.item_id`,
)

/** Deletes holdings: each found by the primary key and locked; their accounts are already. To be planned as an update. */
export function deleteHoldings(app: string, names: readonly HoldingName[]): Call {
  return call(holdingsDeleted(app), [texts(names.map(userOf)), texts(names.map(itemOf))])
}

const holdingsDeleted = perApp(
  'delete_holdings',
  ({ holding }) => `DELETE FROM ${holding} AS h USING unnest($1::text[], $2::text[]) AS w(user_id, item_id)
    WHERE h.user_id = w.user_id AND h.item_id = w.item_id`,
)

/** Inserts history, locking the new rows; fails with 23505 if a line is there. */
export function insertHistory(app: string, rows: readonly HistoryRow[]): Call {
  return call(historyInserted(app), [
    texts(rows.map(userOf)),
    integers(rows.map((row) => row.version)),
    integers(rows.map((row) => row.line)),
    texts(rows.map(itemOf)),
    integers(rows.map((row) => row.change)),
    integers(rows.map((row) => row.balance)),
    texts(rows.map((row) => row.serials)),
    texts(rows.map((row) => row.deal)),
    texts(rows.map((row) => row.data)),
    integers(rows.map((row) => row.time)),
  ])
}

const historyInserted = perApp(
  'insert_history',
  ({ history }) => `INSERT INTO ${history} (user_id, version, line, item_id, change, balance, serials, deal, data, time)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::integer[], $4::text[], $5::bigint[], $6::bigint[], $7::text[],
      $8::uuid[], $9::text[], $10::bigint[])`,
)

function accountValues(rows: readonly AccountRow[]): readonly string[] {
  const users = texts(rows.map(userOf))
  return [users, integers(rows.map((row) => row.version)), integers(rows.map((row) => row.changedAt))]
}

function holdingValues(rows: readonly HoldingRow[]): readonly string[] {
  return [
    texts(rows.map(userOf)),
    texts(rows.map(itemOf)),
    integers(rows.map((row) => row.quantity)),
    integers(rows.map((row) => row.serials)),
    integers(rows.map((row) => row.position)),
  ]
}

const userOf = ({ user }: { readonly user: string }): string => user
const itemOf = ({ item }: { readonly item: string }): string => item
