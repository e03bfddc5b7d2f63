import type { EntryQuery } from '../contract.ts'

/** The text of every statement about one app's tables, made once per app and connection. */
export interface AppStatements {
  readonly account: string
  readonly insertAccount: string
  readonly updateAccount: string
  readonly holding: string
  readonly holdingsOfUser: string
  readonly insertHolding: string
  readonly updateHolding: string
  readonly deleteHolding: string
  readonly serialsOfHolding: string
  readonly serial: string
  readonly serialsOfUser: string
  readonly insertSerial: string
  readonly updateSerial: string
  readonly deleteSerial: string
  readonly insertHistory: string
  readonly accountCount: string
  readonly accountsAfter: string
  readonly holdingsAfter: string
  readonly serialsAfter: string
  readonly historyAfter: string
}

/**
 * The statements of one app. All run inside a transaction whose BEGIN decided about locks: IMMEDIATE holds the write lock of the whole
 * file, a plain one sees one moment. Each one that reads or writes single rows goes through the primary key.
 *
 * @param app checked before: it becomes part of the tables' names
 */
export function appStatements(app: string): AppStatements {
  // In quotes: a name may begin with a digit.
  const account = `"${app}_stockpile_account"`
  const holding = `"${app}_stockpile_holding"`
  const serial = `"${app}_stockpile_serial"`
  const history = `"${app}_stockpile_history"`
  return {
    // Primary key; at most one row.
    account: `SELECT version, changed_at FROM ${account} WHERE user_id = ?`,
    insertAccount: `INSERT INTO ${account} (user_id, version, changed_at) VALUES (?, ?, ?)`,
    updateAccount: `UPDATE ${account} SET version = ?, changed_at = ? WHERE user_id = ?`,
    // Primary key; at most one row.
    holding: `SELECT quantity, serials, position FROM ${holding} WHERE user_id = ? AND item_id = ?`,
    // Range of the primary key; every holding of a user.
    holdingsOfUser: `SELECT item_id, quantity, serials, position FROM ${holding} WHERE user_id = ?`,
    insertHolding: `INSERT INTO ${holding} (user_id, item_id, quantity, serials, position) VALUES (?, ?, ?, ?, ?)`,
    updateHolding: `UPDATE ${holding} SET quantity = ?, serials = ?, position = ?
      WHERE user_id = ? AND item_id = ?`,
    deleteHolding: `DELETE FROM ${holding} WHERE user_id = ? AND item_id = ?`,
    // Range of the primary key; every serial of a holding.
    serialsOfHolding: `SELECT user_id, item_id, serial, properties FROM ${serial} WHERE user_id = ? AND item_id = ?`,
    // The unique index on serial; at most one row.
    serial: `SELECT user_id, item_id, serial, properties FROM ${serial} WHERE serial = ?`,
    // Range of the primary key; every serial of a user.
    serialsOfUser: `SELECT user_id, item_id, serial, properties FROM ${serial} WHERE user_id = ?`,
    insertSerial: `INSERT INTO ${serial} (user_id, item_id, serial, properties) VALUES (?, ?, ?, ?)`,
    updateSerial: `UPDATE ${serial} SET properties = ? WHERE user_id = ? AND item_id = ? AND serial = ?`,
    deleteSerial: `DELETE FROM ${serial} WHERE user_id = ? AND item_id = ? AND serial = ?`,
    insertHistory: `INSERT INTO ${history} (${historyColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    // Counts the smallest index there is, the primary key.
    accountCount: `SELECT COUNT(*) AS count FROM ${account}`,
    // Ranges of the primary keys, in their order.
    accountsAfter: `SELECT user_id, version, changed_at FROM ${account} WHERE user_id > ? ORDER BY user_id LIMIT ?`,
    holdingsAfter: `SELECT user_id, item_id, quantity, serials, position FROM ${holding}
      WHERE user_id > ? AND user_id <= ? ORDER BY user_id, item_id`,
    serialsAfter: `SELECT user_id, item_id, serial, properties FROM ${serial}
      WHERE user_id > ? AND user_id <= ? ORDER BY user_id, item_id`,
    historyAfter: `SELECT ${historyColumns} FROM ${history}
      WHERE (user_id, version, line) > (?, ?, ?) AND user_id <= ? ORDER BY user_id, version, line LIMIT ?`,
  }
}

const historyColumns = 'user_id, version, line, item_id, change, balance, serials, party, deal, data, time'

/** The statements about the tables that all apps share. */
export const sharedStatements = {
  // Primary key; at most one row.
  receipt: 'SELECT key, hash, deal, outcome, time FROM stockpile_receipt WHERE key = ?',
  insertReceipt: 'INSERT INTO stockpile_receipt (key, hash, deal, outcome, time) VALUES (?, ?, ?, ?, ?)',
  // A commit row may be there already: one transaction saves several times.
  insertCommit: 'INSERT INTO stockpile_commit (id, time) VALUES (?, ?) ON CONFLICT DO NOTHING',
  commit: 'SELECT 1 FROM stockpile_commit WHERE id = ?',
  // The index on time finds the oldest; stops after the limit.
  sweepReceipts:
    'DELETE FROM stockpile_receipt WHERE key IN (SELECT key FROM stockpile_receipt WHERE time < ? ORDER BY time LIMIT ?)',
  // Ids begin with their time, so the primary key finds the oldest; stops after the limit, with no index on time to keep.
  sweepCommits:
    'DELETE FROM stockpile_commit WHERE time < ? AND id IN (SELECT id FROM stockpile_commit ORDER BY id LIMIT ?)',
  makeMeta:
    'CREATE TABLE IF NOT EXISTS stockpile_meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT',
  hasMeta: "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'stockpile_meta'",
  schemaVersions: "SELECT name, value FROM stockpile_meta WHERE name LIKE 'schema:%'",
  setMeta:
    'INSERT INTO stockpile_meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  noteMeta: 'INSERT INTO stockpile_meta (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING',
  // Raises a counter to at least the second parameter and then by the third; answers where it stands afterwards.
  reserve: `INSERT INTO stockpile_meta (name, value) VALUES (?, CAST(? + ? AS TEXT))
    ON CONFLICT (name) DO UPDATE SET value = CAST(MAX(CAST(value AS INTEGER), ?) + ? AS TEXT) RETURNING value`,
  // Primary key; at most one row.
  meta: 'SELECT value FROM stockpile_meta WHERE name = ?',
  deleteMeta: 'DELETE FROM stockpile_meta WHERE name = ?',
  // The note that the contract calls `cache`; primary key, at most one row.
  cacheNote: "SELECT value FROM stockpile_meta WHERE name = 'cache'",
  // Primary key; no row for an app without tables. Answers the generation that is next.
  nextGeneration:
    'UPDATE stockpile_meta SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE name = ? RETURNING value',
  hasChanges: "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'stockpile_change'",
  noteChange: 'INSERT INTO stockpile_change (app, user_id) VALUES (?, ?)',
  // The primary key, from its start: those that wait longest.
  changes: 'SELECT id, app, user_id FROM stockpile_change ORDER BY id LIMIT ?',
  deleteChange: 'DELETE FROM stockpile_change WHERE id = ?',
} as const

/**
 * The statement and parameters for a page of history: a range of the primary key from its end, filtered as it goes.
 */
export function entriesStatement(query: EntryQuery): { sql: string; parameters: unknown[] } {
  const { before } = query
  const conditions: [string, unknown][] = [['user_id = ?', query.user]]
  if (query.item !== null) conditions.push(['item_id = ?', query.item])
  if (query.deal !== null) conditions.push(['deal = ?', query.deal])
  if (query.since !== null) conditions.push(['time >= ?', query.since])
  if (query.until !== null) conditions.push(['time < ?', query.until])
  const where = conditions.map(([condition]) => condition)
  const parameters = conditions.map(([, parameter]) => parameter)
  if (before !== null) {
    where.push('(version, line) < (?, ?)')
    parameters.push(before.version, before.line)
  }
  const sql = `SELECT ${historyColumns} FROM "${query.app}_stockpile_history"
    WHERE ${where.join(' AND ')} ORDER BY version DESC, line DESC LIMIT ?`
  return { sql, parameters: [...parameters, query.limit] }
}
