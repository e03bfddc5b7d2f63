import type { ReceiptRow } from '../contract.ts'
import { integers, texts } from './literals.ts'
import { call, once, prepared, type Call } from './statement.ts'

// What is done with the tables that all apps share.

/** Reads receipts: single keys of the primary key, no locks. Answers key, hash, deal, outcome, time. */
export function readReceipts(keys: readonly string[]): Call {
  return call(receiptsRead, [texts(keys)])
}

const receiptsRead = prepared(
  'read_receipts',
  'SELECT key, hash, deal, outcome, time FROM stockpile_receipt WHERE key = ANY($1::text[])',
)

/** Inserts receipts, locking the new rows; waits for somebody else who inserts the same one, and fails with 23505 if it is there. */
export function insertReceipts(rows: readonly ReceiptRow[]): Call {
  return call(receiptsInserted, [
    texts(rows.map((row) => row.key)),
    texts(rows.map((row) => row.hash)),
    texts(rows.map((row) => row.deal)),
    texts(rows.map((row) => row.outcome)),
    integers(rows.map((row) => row.time)),
  ])
}

const receiptsInserted = prepared(
  'insert_receipts',
  `INSERT INTO stockpile_receipt (key, hash, deal, outcome, time)
    SELECT * FROM unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::bigint[])`,
)

/**
 * Inserts the row that says that a transaction committed, locking it. Fails with 23505 where the transaction was given up: see
 * `claimCommit`.
 */
export function insertCommit(id: string, time: number): Call {
  return call(commitInserted, [id, String(time)])
}

const commitInserted = prepared('insert_commit', 'INSERT INTO stockpile_commit (id, time) VALUES ($1, $2)')

/**
 * Inserts the row of a transaction whose COMMIT got no answer, with a time below zero, which says that it was given up. Waits for the
 * transaction while it still runs (55P03 if it goes on for too long), and does nothing where a row is there already.
 */
export function claimCommit(id: string, time: number): Call {
  return call(commitClaimed, [id, String(-time)])
}

const commitClaimed = prepared(
  'claim_commit',
  'INSERT INTO stockpile_commit (id, time) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING',
)

/** Reads the row of a transaction by the primary key, no locks. Answers time: below zero if it was given up. */
export function readCommit(id: string): Call {
  return call(commitRead, [id])
}

const commitRead = prepared('read_commit', 'SELECT time FROM stockpile_commit WHERE id = $1')

/**
 * Deletes the oldest receipts: the index on time finds them; locks what it deletes, leaves what is locked, stops at the limit.
 */
export function sweepReceipts(before: number, rowsMax: number): Call {
  return call(receiptsSwept, [String(before), String(rowsMax)])
}

const receiptsSwept = prepared(
  'sweep_receipts',
  `DELETE FROM stockpile_receipt WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM stockpile_receipt WHERE time < $1 ORDER BY time LIMIT $2 FOR UPDATE SKIP LOCKED))`,
)

/** Deletes the oldest commits as `sweepReceipts` does, those that were given up included. */
export function sweepCommits(before: number, rowsMax: number): Call {
  return call(commitsSwept, [String(before), String(rowsMax)])
}

const commitsSwept = prepared(
  'sweep_commits',
  `DELETE FROM stockpile_commit WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM stockpile_commit WHERE time > -$1::bigint AND time < $1 ORDER BY time LIMIT $2 FOR UPDATE SKIP LOCKED))`,
)

/** Takes the right to change the schema: a lock of the database by number, "stockpil" in ASCII, held until the transaction ends. */
export const lockSchema = once('SELECT pg_advisory_xact_lock(8319396884455123308)')

/** Makes the table of facts about this database, unless it is there. */
export const makeMeta = once(
  'CREATE TABLE IF NOT EXISTS stockpile_meta (name text COLLATE "C" NOT NULL PRIMARY KEY, value text NOT NULL)',
)

/** Reads the schema versions: a table of a few rows, no locks. Answers name, value. */
export const readSchemaVersions = once(`SELECT name, value FROM stockpile_meta WHERE name LIKE 'schema:%'`)

/** Writes a row of `stockpile_meta` by the primary key, replacing its value. */
export function setMeta(name: string, value: string): Call {
  const insert = 'INSERT INTO stockpile_meta (name, value) VALUES ($1, $2)'
  return once(`${insert} ON CONFLICT (name) DO UPDATE SET value = excluded.value`, [name, value])
}

/** Writes a row of `stockpile_meta` by the primary key unless it is there. */
export function noteMeta(name: string, value: string): Call {
  return once('INSERT INTO stockpile_meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING', [name, value])
}

/** Reads a row of `stockpile_meta` by the primary key. Answers value. */
export function readMeta(name: string): Call {
  return once('SELECT value FROM stockpile_meta WHERE name = $1', [name])
}

/**
 * Raises a counter in `stockpile_meta` to at least `atLeast` and then by `count`; finds its row by the primary key and locks it. Answers
 * where it stands afterwards.
 */
export function raiseMeta(name: string, atLeast: bigint, count: bigint): Call {
  return call(metaRaised, [name, atLeast.toString(), count.toString()])
}

const metaRaised = prepared(
  'raise_meta',
  `INSERT INTO stockpile_meta AS m (name, value) VALUES ($1, ($2::bigint + $3::bigint)::text)
    ON CONFLICT (name) DO UPDATE SET value = (greatest(m.value::bigint, $2::bigint) + $3::bigint)::text RETURNING value`,
)
