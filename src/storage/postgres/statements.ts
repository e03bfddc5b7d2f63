import type { AccountRow, HistoryRow, HoldingName, HoldingRow, LockWait } from '../contract.ts'
import { integers, texts } from './literals.ts'
import { call, once, perApp, prepared, type Call } from './statement.ts'

// What a transaction does to an app's tables. Lists travel as arrays, one parameter for each column, whatever their length: one plan for
// all of them, prepared once per connection.

/**
 * Prepares an open transaction for the statements here and in the other files: nothing of it outlives the transaction, so that connections
 * can be anybody's before and after, and whatever pooler stands between. Reads no table. All that is done in the transaction is Stockpile's
 * own, and the triggers are told so.
 *
 * The planner gets no choice but index scans. It plans a statement once and keeps the plan, so one made while a table was empty, or its
 * statistics were old, would read a table of millions from end to end, or walk through its whole index. For the same reason no statement
 * leaves it to the planner which side of a join leads.
 *
 * @param lockWaitMs how long a statement waits for a lock before it fails with 55P03
 */
export function settings(lockWaitMs: number): Call {
  return call(settingsMade, [String(lockWaitMs)])
}

const settingsMade = prepared(
  'settings',
  `SELECT set_config('lock_timeout', $1, true), set_config('plan_cache_mode', 'force_generic_plan', true),
    set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
    set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
    set_config('enable_indexscan', 'on', true), set_config('enable_indexonlyscan', 'on', true),
    set_config('enable_nestloop', 'on', true), set_config('jit', 'off', true), set_config('stockpile.writes', 'on', true)`,
)

/**
 * Statements in a transaction that is the application's as well, with the triggers told before and after who it is that writes; one that
 * fails takes that back with the savepoint. Reads no table.
 */
export function amongOthers(calls: readonly Call[]): readonly Call[] {
  return [call(writesSet, ['on']), ...calls, call(writesSet, [''])]
}

const writesSet = prepared('set_writes', "SELECT set_config('stockpile.writes', $1, true)")

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

/**
 * Writes accounts that exist and are locked already: each found by the primary key. An upsert looks every row up by its key, whatever the
 * planner thinks of the table, and costs the server what an UPDATE costs that is planned well.
 */
export function updateAccounts(app: string, rows: readonly AccountRow[]): Call {
  return call(accountsUpdated(app), accountValues(rows))
}

const accountsUpdated = perApp(
  'update_accounts',
  ({ account }) => `INSERT INTO ${account} (user_id, version, changed_at) SELECT * FROM ${listedAccounts}
    ON CONFLICT (user_id) DO UPDATE SET version = excluded.version, changed_at = excluded.changed_at`,
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

/** Writes holdings that exist, as `updateAccounts` does: each found by the primary key and locked; their accounts are already. */
export function updateHoldings(app: string, rows: readonly HoldingRow[]): Call {
  return call(holdingsUpdated(app), holdingValues(rows))
}

const holdingsUpdated = perApp(
  'update_holdings',
  ({
    holding,
  }) => `INSERT INTO ${holding} (user_id, item_id, quantity, serials, position) SELECT * FROM ${listedHoldings}
    ON CONFLICT (user_id, item_id) DO UPDATE SET quantity = excluded.quantity, serials = excluded.serials,
    position = excluded.position`,
)

/**
 * Deletes holdings: each found by the primary key, then by its place, and locked; their accounts are already, so that nobody moves them in
 * between.
 */
export function deleteHoldings(app: string, names: readonly HoldingName[]): Call {
  return call(holdingsDeleted(app), [texts(names.map(userOf)), texts(names.map(itemOf))])
}

const placesOf = (holding: string): string => `WHERE ctid = ANY(ARRAY(
    SELECT h.place FROM unnest($1::text[], $2::text[]) AS w(user_id, item_id) CROSS JOIN LATERAL (
      SELECT ctid AS place FROM ${holding} AS r WHERE r.user_id = w.user_id AND r.item_id = w.item_id OFFSET 0) AS h))`

const holdingsDeleted = perApp('delete_holdings', ({ holding }) => `DELETE FROM ${holding} ${placesOf(holding)}`)

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
    texts(rows.map((row) => row.party)),
    texts(rows.map((row) => row.deal)),
    texts(rows.map((row) => row.data)),
    integers(rows.map((row) => row.time)),
  ])
}

const historyInserted = perApp(
  'insert_history',
  ({
    history,
  }) => `INSERT INTO ${history} (user_id, version, line, item_id, change, balance, serials, party, deal, data, time)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::integer[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::text[],
    $9::uuid[], $10::text[], $11::bigint[])`,
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
