import type { SerialRow } from '../contract.ts'
import { integers, texts } from './literals.ts'
import { call, perApp, type Call } from './statement.ts'

// What a transaction does to an app's table of serials.

/** Reads the serials of named holdings: ranges of the primary key, no locks. Answers user_id, item_id, serial, properties. */
export function readSerials(app: string, names: readonly { readonly user: string; readonly item: string }[]): Call {
  return call(serialsRead(app), [texts(names.map(({ user }) => user)), texts(names.map(({ item }) => item))])
}

const serialsRead = perApp(
  'read_serials',
  ({ serial }) => `SELECT s.* FROM unnest($1::text[], $2::text[]) AS w(user_id, item_id) CROSS JOIN LATERAL (
    SELECT user_id, item_id, serial, properties FROM ${serial} AS r
    WHERE r.user_id = w.user_id AND r.item_id = w.item_id OFFSET 0) AS s`,
)

/** Reads serials by number, whoever has them: single keys of the unique index on serial, no locks. Answers what `readSerials` does. */
export function findSerials(app: string, serials: readonly bigint[]): Call {
  return call(serialsFound(app), [integers(serials)])
}

const serialsFound = perApp(
  'find_serials',
  ({ serial }) => `SELECT user_id, item_id, serial, properties FROM ${serial} WHERE serial = ANY($1::bigint[])`,
)

/** Inserts serials, locking the new rows; fails with 23505 if one is there, in whatever holding. */
export function insertSerials(app: string, rows: readonly SerialRow[]): Call {
  return call(serialsInserted(app), serialValues(rows))
}

const listedSerials =
  'unnest($1::text[], $2::text[], $3::bigint[], $4::text[]) AS w(user_id, item_id, serial, properties)'

const serialsInserted = perApp(
  'insert_serials',
  ({ serial }) => `INSERT INTO ${serial} (user_id, item_id, serial, properties) SELECT * FROM ${listedSerials}`,
)

/** Writes the properties of serials that exist, by an upsert: each found by the primary key and locked. */
export function updateSerials(app: string, rows: readonly SerialRow[]): Call {
  return call(serialsUpdated(app), serialValues(rows))
}

const serialsUpdated = perApp(
  'update_serials',
  ({ serial }) => `INSERT INTO ${serial} (user_id, item_id, serial, properties) SELECT * FROM ${listedSerials}
    ON CONFLICT (user_id, item_id, serial) DO UPDATE SET properties = excluded.properties`,
)

/** Deletes serials: each found by the unique index on serial, then by its place, and locked; their accounts are already. */
export function deleteSerials(app: string, rows: readonly SerialRow[]): Call {
  return call(serialsDeleted(app), [integers(rows.map((row) => row.serial))])
}

const placesOf = (serial: string): string => `WHERE ctid = ANY(ARRAY(
    SELECT s.place FROM unnest($1::bigint[]) AS w(serial) CROSS JOIN LATERAL (
      SELECT ctid AS place FROM ${serial} AS r WHERE r.serial = w.serial OFFSET 0) AS s))`

const serialsDeleted = perApp('delete_serials', ({ serial }) => `DELETE FROM ${serial} ${placesOf(serial)}`)

function serialValues(rows: readonly SerialRow[]): string[] {
  return [
    texts(rows.map((row) => row.user)),
    texts(rows.map((row) => row.item)),
    integers(rows.map((row) => row.serial)),
    texts(rows.map((row) => row.properties)),
  ]
}
