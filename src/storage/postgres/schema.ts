import type { MigrationStep } from '../contract.ts'
import { triggerStatements } from './triggers.ts'

// Compared byte by byte, whatever the database's own collation.
const id = 'text COLLATE "C" NOT NULL'

// Room in every page for the next version of its rows: an update that finds room there leaves all indexes alone. With full pages an
// update costs the server a tenth more.
const fillfactor = 'WITH (fillfactor = 80)'

/** The tables that all apps share. */
export const sharedSteps: readonly MigrationStep[] = [
  {
    version: 1,
    title: 'receipts, commits and changes by hand',
    statements: [
      `CREATE TABLE IF NOT EXISTS stockpile_receipt (
        key ${id} PRIMARY KEY,
        hash text NOT NULL,
        deal uuid NOT NULL,
        outcome text NOT NULL,
        time bigint NOT NULL
      )`,
      // For the sweep, which deletes the oldest.
      `CREATE INDEX IF NOT EXISTS stockpile_receipt_time ON stockpile_receipt (time)`,
      `CREATE TABLE IF NOT EXISTS stockpile_commit (
        id uuid NOT NULL PRIMARY KEY,
        time bigint NOT NULL
      )`,
      `CREATE INDEX IF NOT EXISTS stockpile_commit_time ON stockpile_commit (time)`,
      // Accounts whose cached value is to be removed; an account may be there more than once.
      `CREATE TABLE IF NOT EXISTS stockpile_change (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        app ${id},
        user_id ${id}
      )`,
    ],
  },
]

/**
 * The tables of one app.
 *
 * @param app checked before: it becomes part of the tables' names
 */
export function appSteps(app: string): readonly MigrationStep[] {
  return [
    {
      version: 1,
      title: `accounts, holdings, serials and history of ${app}`,
      statements: [
        `CREATE TABLE IF NOT EXISTS "${app}_stockpile_account" (
          user_id ${id} PRIMARY KEY,
          version bigint NOT NULL CHECK (version >= 0),
          changed_at bigint NOT NULL
        ) ${fillfactor}`,
        `CREATE TABLE IF NOT EXISTS "${app}_stockpile_holding" (
          user_id ${id},
          item_id ${id},
          quantity bigint NOT NULL CHECK (quantity >= 0),
          serials integer NOT NULL DEFAULT 0 CHECK (serials >= 0),
          position bigint,
          PRIMARY KEY (user_id, item_id)
        ) ${fillfactor}`,
        `CREATE TABLE IF NOT EXISTS "${app}_stockpile_serial" (
          user_id ${id},
          item_id ${id},
          serial bigint NOT NULL,
          properties text NOT NULL,
          PRIMARY KEY (user_id, item_id, serial)
        )`,
        // I3: a serial is in at most one holding of an app.
        `CREATE UNIQUE INDEX IF NOT EXISTS "${app}_stockpile_serial_once" ON "${app}_stockpile_serial" (serial)`,
        `CREATE TABLE IF NOT EXISTS "${app}_stockpile_history" (
          user_id ${id},
          version bigint NOT NULL,
          line integer NOT NULL,
          item_id ${id},
          change bigint NOT NULL,
          balance bigint NOT NULL,
          serials text,
          party text,
          deal uuid NOT NULL,
          data text,
          time bigint NOT NULL,
          PRIMARY KEY (user_id, version, line)
        )`,
        `INSERT INTO stockpile_meta (name, value) VALUES ('generation:${app}', '1') ON CONFLICT (name) DO NOTHING`,
        ...triggerStatements(app),
      ],
    },
  ]
}
