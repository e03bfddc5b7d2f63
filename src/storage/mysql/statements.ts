import type {
  AccountRow,
  EntryQuery,
  HistoryRow,
  HoldingName,
  HoldingQuery,
  HoldingRow,
  LockWait,
  ReceiptRow,
  SerialRow,
} from '../contract.ts'
import { integer, integerOrNull, text, textOrNull } from './literals.ts'
import {
  accountTable as account,
  historyTable as history,
  holdingTable as holding,
  serialTable as serial,
} from './tables.ts'

// Every statement is one text without parameters, made of the literals of `literals.ts`. That was as fast as or faster than placeholders,
// prepared statements, the bulk protocol and JSON_TABLE, and keeps the number of rows per statement free. Nothing here is missing in
// MySQL 8: no RETURNING, and VALUES() instead of the row alias that MariaDB lacks.

// Names in one IN list. MariaDB turns lists of 1,000 values and more (a pair counts as two) into a join with a temporary table, which
// scans and locks in an order of its own: 400 pairs stay below.
const namesPerList = 400

// Characters of one INSERT, far below the 16 MiB of a default max_allowed_packet, and rows of one, past which nothing gets faster.
const charactersPerInsert = 512 * 1024
const rowsPerInsert = 1_000

const historyColumns = 'user_id, version, line, item_id, `change`, balance, serials, party, deal, data, time'

/**
 * Locks accounts in byte order of user: ranges of single keys of the primary key, each found row locked exclusively, no gap
 * (READ COMMITTED), no other row looked at, whatever the table's size (FORCE INDEX). Answers user_id, version, changed_at of the locked
 * rows; with `skip` without those that somebody else has locked, with `wait` after them, or error 1205.
 */
export function lockAccounts(app: string, users: readonly string[], wait: LockWait): string[] {
  // Putting a single row in order would cost a seventh of the statement.
  const order = users.length === 1 ? '' : ' ORDER BY user_id'
  const lock = wait === 'skip' ? 'FOR UPDATE SKIP LOCKED' : 'FOR UPDATE'
  return usersIn(users).map(
    (condition) =>
      `SELECT user_id, version, changed_at FROM ${account(app)} FORCE INDEX (PRIMARY) WHERE ${condition}${order} ${lock}`,
  )
}

/** Tells which accounts are committed: single keys of the primary key, no locks. Answers user_id. */
export function findAccounts(app: string, users: readonly string[]): string[] {
  return usersIn(users).map(
    (condition) => `SELECT user_id FROM ${account(app)} FORCE INDEX (PRIMARY) WHERE ${condition}`,
  )
}

/** Reads named holdings: single keys of the primary key, no locks. Answers user_id, item_id, quantity, serials, position. */
export function readHoldings(
  app: string,
  names: readonly { readonly user: string; readonly item: string }[],
): string[] {
  return holdingsIn(names).map((condition) => `${selectHoldings(app)} WHERE ${condition}`)
}

/** Reads the serials of named holdings: ranges of the primary key, no locks. Answers user_id, item_id, serial, properties. */
export function readSerials(app: string, names: readonly { readonly user: string; readonly item: string }[]): string[] {
  return holdingsIn(names).map((condition) => `${selectSerials(app)} FORCE INDEX (PRIMARY) WHERE ${condition}`)
}

/** Reads serials by number, whoever has them: single keys of the unique index on serial, no locks. Answers what `readSerials` does. */
export function findSerials(app: string, serials: readonly bigint[]): string[] {
  return lists(serials, integer).map(
    (list) => `${selectSerials(app)} FORCE INDEX (serial_once) WHERE serial IN (${list})`,
  )
}

/** Reads receipts: single keys of the primary key, no locks. Answers key, hash, deal, outcome, time. */
export function readReceipts(keys: readonly string[]): string[] {
  const select = 'SELECT `key`, hash, deal, outcome, time FROM stockpile_receipt FORCE INDEX (PRIMARY)'
  return lists(keys, text).map((list) => `${select} WHERE \`key\` IN (${list})`)
}

/** Inserts accounts, locking the new rows; waits for somebody else who inserts the same one, and fails with 1062 if it is there. */
export function insertAccounts(app: string, rows: readonly AccountRow[]): string[] {
  return inserts(`INSERT INTO ${account(app)} (user_id, version, changed_at) VALUES `, rows, accountValues)
}

/**
 * Writes accounts that exist and are locked already: finds each by the primary key, locks nothing more. An upsert is the fastest way to
 * give many rows each a value of its own: two thirds of the server's time of a join with a derived table.
 */
export function updateAccounts(app: string, rows: readonly AccountRow[]): string[] {
  const update = ' ON DUPLICATE KEY UPDATE version = VALUES(version), changed_at = VALUES(changed_at)'
  return inserts(`INSERT INTO ${account(app)} (user_id, version, changed_at) VALUES `, rows, accountValues, update)
}

/** Inserts holdings, locking the new rows; fails with 1062 if one is there. The lock on its account keeps everybody else away. */
export function insertHoldings(app: string, rows: readonly HoldingRow[]): string[] {
  return inserts(
    `INSERT INTO ${holding(app)} (user_id, item_id, quantity, serials, position) VALUES `,
    rows,
    holdingValues,
  )
}

/** Writes holdings that exist, as `updateAccounts` does: each found by the primary key and locked. */
export function updateHoldings(app: string, rows: readonly HoldingRow[]): string[] {
  const update = ` ON DUPLICATE KEY UPDATE quantity = VALUES(quantity), serials = VALUES(serials), position = VALUES(position)`
  return inserts(
    `INSERT INTO ${holding(app)} (user_id, item_id, quantity, serials, position) VALUES `,
    rows,
    holdingValues,
    update,
  )
}

/**
 * Deletes holdings: single keys of the primary key, each found row locked, no other row looked at. The form with two tables' syntax is the
 * one that takes FORCE INDEX.
 */
export function deleteHoldings(app: string, names: readonly HoldingName[]): string[] {
  return holdingsIn(names).map(
    (condition) => `DELETE h FROM ${holding(app)} AS h FORCE INDEX (PRIMARY) WHERE ${condition}`,
  )
}

/** Inserts serials, locking the new rows; fails with 1062 if one is there, in whatever holding. */
export function insertSerials(app: string, rows: readonly SerialRow[]): string[] {
  return inserts(`INSERT INTO ${serial(app)} (user_id, item_id, serial, properties) VALUES `, rows, serialValues)
}

/** Writes the properties of serials that exist, as `updateHoldings` does: each found by the primary key and locked. */
export function updateSerials(app: string, rows: readonly SerialRow[]): string[] {
  const update = ` ON DUPLICATE KEY UPDATE properties = VALUES(properties)`
  return inserts(
    `INSERT INTO ${serial(app)} (user_id, item_id, serial, properties) VALUES `,
    rows,
    serialValues,
    update,
  )
}

/** Deletes serials as `deleteHoldings` does: single keys of the unique index on serial, each found row locked, no other row looked at. */
export function deleteSerials(app: string, rows: readonly SerialRow[]): string[] {
  return lists(rows, (row) => integer(row.serial)).map(
    (list) => `DELETE s FROM ${serial(app)} AS s FORCE INDEX (serial_once) WHERE s.serial IN (${list})`,
  )
}

/** Inserts history, locking the new rows; fails with 1062 if a line is there. */
export function insertHistory(app: string, rows: readonly HistoryRow[]): string[] {
  return inserts(`INSERT INTO ${history(app)} (${historyColumns}) VALUES `, rows, historyValues)
}

/** Inserts receipts, locking the new rows; waits for somebody else who inserts the same one, and fails with 1062 if it is there. */
export function insertReceipts(rows: readonly ReceiptRow[]): string[] {
  return inserts('INSERT INTO stockpile_receipt (`key`, hash, deal, outcome, time) VALUES ', rows, receiptValues)
}

/** Inserts the row that says that a transaction committed; locks it, and leaves it alone where it is there already. */
export function insertCommit(id: string, time: number): string {
  return `INSERT INTO stockpile_commit (id, time) VALUES (${text(id)}, ${integer(time)}) ON DUPLICATE KEY UPDATE id = id`
}

/** Finds the row of a transaction that has ended: a single key, which is locked, so that it is read where writes go. Answers id. */
export function lockCommit(id: string): string {
  return `SELECT id FROM stockpile_commit WHERE id = ${text(id)} FOR UPDATE`
}

/**
 * Tries to insert the row of a transaction whose COMMIT got no answer. If that transaction is still open, this waits for its row's lock;
 * 1062 says that it committed, success that it didn't and never will, 1205 that it is still open.
 */
export function claimCommit(id: string): string {
  return `INSERT INTO stockpile_commit (id, time) VALUES (${text(id)}, 0)`
}

/**
 * Reads the versions and holdings that queries about one app ask for, as one statement, which sees one moment: single keys and ranges of
 * the primary keys, no locks. Answers user_id, item_id, quantity, serials, position, properties. In the rows of accounts item_id is null and
 * quantity the version; in those of serials properties are there and quantity is the serial. With a lock it locks each row that it finds.
 */
export function fetchHoldings(app: string, queries: readonly HoldingQuery[], lock: '' | ' FOR UPDATE' = ''): string {
  const users = [...new Set(queries.map(({ user }) => user))]
  const withSerials = queries.filter(({ hasSerials }) => hasSerials)
  const versions = `SELECT user_id, NULL AS item_id, version AS quantity, NULL AS serials, NULL AS position, NULL AS properties
      FROM ${account(app)} FORCE INDEX (PRIMARY) WHERE ${anyOf(usersIn(users))}`
  const holdings = `SELECT user_id, item_id, quantity, serials, position, NULL FROM ${holding(app)} FORCE INDEX (PRIMARY)`
  const serials = `SELECT user_id, item_id, serial, NULL, NULL, properties FROM ${serial(app)} FORCE INDEX (PRIMARY)`
  const selects = [versions, ...queried(holdings, queries), ...queried(serials, withSerials)]
  return lock === '' ? selects.join(' UNION ALL ') : `(${selects.join(`${lock}) UNION ALL (`)}${lock})`
}

/** A SELECT for the queries that want all of a user, and one for those that want named items. */
function queried(select: string, queries: readonly HoldingQuery[]): string[] {
  const whole = [...new Set(queries.filter(({ items }) => items === null).map(({ user }) => user))]
  const names = queries.flatMap(({ user, items }) => (items ?? []).map((item) => ({ user, item })))
  return [
    ...(whole.length === 0 ? [] : [`${select} WHERE ${anyOf(usersIn(whole))}`]),
    ...(names.length === 0 ? [] : [`${select} WHERE ${anyOf(holdingsIn(names))}`]),
  ]
}

/**
 * Reads a page of an account's history: a range of the primary key, read from its end until the page is full, filtered as it goes; no
 * locks. A comparison of rows as (version, line) < (v, l) wouldn't narrow the range, so it is written out; and with user_id in ORDER BY the
 * server would sort the whole range.
 */
export function readEntries(query: EntryQuery): string {
  const { app, user, item, deal, since, until, before, limit } = query
  const conditions = [`user_id = ${text(user)}`]
  if (before !== null) {
    const version = integer(before.version)
    conditions.push(`(version < ${version} OR (version = ${version} AND line < ${integer(before.line)}))`)
  }
  if (item !== null) conditions.push(`item_id = ${text(item)}`)
  if (deal !== null) conditions.push(`deal = ${text(deal)}`)
  if (since !== null) conditions.push(`time >= ${integer(since)}`)
  if (until !== null) conditions.push(`time < ${integer(until)}`)
  return `SELECT ${historyColumns} FROM ${history(app)} FORCE INDEX (PRIMARY)
    WHERE ${conditions.join(' AND ')} ORDER BY version DESC, line DESC LIMIT ${integer(limit)}`
}

/** Counts accounts: scans the primary key, no locks. Answers one number. */
export function countAccounts(app: string): string {
  return `SELECT COUNT(*) FROM ${account(app)}`
}

/** Reads accounts above a user: a range of the primary key in its order, no locks. Answers user_id, version, changed_at. */
export function readAccountsAfter(app: string, after: string, limit: number): string {
  return `SELECT user_id, version, changed_at FROM ${account(app)} FORCE INDEX (PRIMARY)
    WHERE user_id > ${text(after)} ORDER BY user_id LIMIT ${integer(limit)}`
}

/** Reads the holdings of a range of users: a range of the primary key in its order, no locks. Answers what `readHoldings` does. */
export function readHoldingsAfter(app: string, after: string, upTo: string | null): string {
  return `${selectHoldings(app)} WHERE user_id > ${text(after)}${upToCondition(upTo)} ORDER BY user_id, item_id`
}

/** Reads the serials of a range of users: a range of the primary key in its order, no locks. Answers what `readSerials` does. */
export function readSerialsAfter(app: string, after: string, upTo: string | null): string {
  return `${selectSerials(app)} FORCE INDEX (PRIMARY) WHERE user_id > ${text(after)}${upToCondition(upTo)} ORDER BY user_id, item_id`
}

/** Reads history above a line, up to a user: a range of the primary key in its order, no locks. Answers rows of history. */
export function readHistoryAfter(
  app: string,
  after: { readonly user: string; readonly version: bigint; readonly line: number },
  upTo: string | null,
  limit: number,
): string {
  const user = text(after.user)
  const version = integer(after.version)
  const sameUser = `user_id = ${user} AND (version > ${version} OR (version = ${version} AND line > ${integer(after.line)}))`
  return `SELECT ${historyColumns} FROM ${history(app)} FORCE INDEX (PRIMARY)
    WHERE (user_id > ${user} OR (${sameUser}))${upToCondition(upTo)} ORDER BY user_id, version, line LIMIT ${integer(limit)}`
}

/** Deletes the oldest rows of a shared table: the index on time finds and locks them; stops at the limit. */
export function sweepOlder(table: 'stockpile_receipt' | 'stockpile_commit', before: number, rowsMax: number): string {
  return `DELETE FROM ${table} WHERE time < ${integer(before)} ORDER BY time LIMIT ${integer(rowsMax)}`
}

/** Statements that never change. */
export const fixedStatements = {
  // A lock of the whole server, so its name says which database is meant; held by the connection until it ends. Answers 1 once it has it.
  takeSchemaLock: "SELECT GET_LOCK(CONCAT('stockpile:', MD5(DATABASE())), 10)",
  giveSchemaLock: "SELECT RELEASE_LOCK(CONCAT('stockpile:', MD5(DATABASE())))",
  makeMeta: `CREATE TABLE IF NOT EXISTS stockpile_meta (
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
    value VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL
  ) ENGINE = InnoDB`,
  // Scans a table of a few rows, no locks. Answers name, value.
  schemaVersions: "SELECT name, value FROM stockpile_meta WHERE name LIKE 'schema:%'",
} as const

/** Writes a row of `stockpile_meta` by the primary key, replacing its value. */
export function setMeta(name: string, value: string): string {
  return `INSERT INTO stockpile_meta (name, value) VALUES (${text(name)}, ${text(value)}) ON DUPLICATE KEY UPDATE value = VALUES(value)`
}

/** Writes a row of `stockpile_meta` by the primary key unless it is there. */
export function noteMeta(name: string, value: string): string {
  return `INSERT INTO stockpile_meta (name, value) VALUES (${text(name)}, ${text(value)}) ON DUPLICATE KEY UPDATE name = name`
}

/** Raises a counter in `stockpile_meta` to at least `atLeast` and then by `count`; locks its row. Read it in the same transaction. */
export function raiseMeta(name: string, atLeast: bigint, count: bigint): string {
  const [least, more] = [integer(atLeast), integer(count)]
  return `INSERT INTO stockpile_meta (name, value) VALUES (${text(name)}, ${integer(atLeast + count)})
    ON DUPLICATE KEY UPDATE value = GREATEST(CAST(value AS SIGNED), ${least}) + ${more}`
}

/** Reads a row of `stockpile_meta` by the primary key. Answers value. */
export function readMeta(name: string): string {
  return `SELECT value FROM stockpile_meta WHERE name = ${text(name)}`
}

function selectHoldings(app: string): string {
  return `SELECT user_id, item_id, quantity, serials, position FROM ${holding(app)} FORCE INDEX (PRIMARY)`
}

function selectSerials(app: string): string {
  return `SELECT user_id, item_id, serial, properties FROM ${serial(app)}`
}

function upToCondition(upTo: string | null): string {
  return upTo === null ? '' : ` AND user_id <= ${text(upTo)}`
}

function accountValues({ user, version, changedAt }: AccountRow): string {
  return `(${text(user)},${integer(version)},${integer(changedAt)})`
}

function holdingValues({ user, item, quantity, serials, position }: HoldingRow): string {
  return `(${text(user)},${text(item)},${integer(quantity)},${integer(serials)},${integerOrNull(position)})`
}

function serialValues({ user, item, serial: number, properties }: SerialRow): string {
  return `(${text(user)},${text(item)},${integer(number)},${text(properties)})`
}

function historyValues(row: HistoryRow): string {
  const what = `${text(row.user)},${integer(row.version)},${integer(row.line)},${text(row.item)},${integer(row.change)},${integer(row.balance)}`
  return `(${what},${textOrNull(row.serials)},${textOrNull(row.party)},${text(row.deal)},${textOrNull(row.data)},${integer(row.time)})`
}

function receiptValues({ key, hash, deal, outcome, time }: ReceiptRow): string {
  return `(${text(key)},${text(hash)},${text(deal)},${text(outcome)},${integer(time)})`
}

/** Conditions that are met by named users, each of them by a part. */
export function usersIn(users: readonly string[]): string[] {
  const [user] = users
  if (users.length === 1 && user !== undefined) return [`user_id = ${text(user)}`]
  return lists(users, text).map((list) => `user_id IN (${list})`)
}

/**
 * Conditions that are met by named holdings, each of them by a part. A list of one pair takes the optimizer a third longer than two
 * equations, and an UPDATE by it would scan the whole index.
 */
function holdingsIn(names: readonly { readonly user: string; readonly item: string }[]): string[] {
  const [name] = names.slice(-1)
  const isOneLeft = name !== undefined && names.length % namesPerList === 1
  const conditions = lists(
    isOneLeft ? names.slice(0, -1) : names,
    ({ user, item }) => `(${text(user)},${text(item)})`,
  ).map((list) => `(user_id, item_id) IN (${list})`)
  return isOneLeft ? [...conditions, `user_id = ${text(name.user)} AND item_id = ${text(name.item)}`] : conditions
}

/** The insides of IN lists for any number of names. */
export function lists<T>(names: readonly T[], literal: (name: T) => string): string[] {
  const all: string[] = []
  for (let start = 0; start < names.length; start += namesPerList) {
    all.push(
      names
        .slice(start, start + namesPerList)
        .map(literal)
        .join(','),
    )
  }
  return all
}

/** One condition out of several: the optimizer joins their lists into one set of single keys. */
function anyOf(conditions: readonly string[]): string {
  return `(${conditions.join(' OR ')})`
}

/** INSERT statements for any number of rows, each bounded by rows and by characters. */
function inserts<T>(head: string, rows: readonly T[], values: (row: T) => string, tail = ''): string[] {
  const statements: string[] = []
  let parts: string[] = []
  let characters = 0
  for (const row of rows) {
    const part = values(row)
    if (parts.length === rowsPerInsert || (parts.length > 0 && characters + part.length > charactersPerInsert)) {
      statements.push(`${head}${parts.join(',')}${tail}`)
      parts = []
      characters = 0
    }
    parts.push(part)
    characters += part.length
  }
  if (parts.length > 0) statements.push(`${head}${parts.join(',')}${tail}`)
  return statements
}
