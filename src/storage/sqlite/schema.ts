import { InvalidArgumentError } from '../../errors.ts'
import type { MigrationStep } from '../contract.ts'
import { triggersOf } from './triggers.ts'

/** The tables that all apps share. */
export const sharedSteps: readonly MigrationStep[] = [
  {
    version: 1,
    title: 'receipts, commits and changes',
    statements: [
      `CREATE TABLE IF NOT EXISTS stockpile_receipt (
        key TEXT NOT NULL PRIMARY KEY,
        hash TEXT NOT NULL,
        deal TEXT NOT NULL,
        outcome TEXT NOT NULL,
        time INTEGER NOT NULL
      ) WITHOUT ROWID, STRICT`,
      // For the sweep, which deletes the oldest.
      `CREATE INDEX IF NOT EXISTS stockpile_receipt_time ON stockpile_receipt (time)`,
      `CREATE TABLE IF NOT EXISTS stockpile_commit (
        id TEXT NOT NULL PRIMARY KEY,
        time INTEGER NOT NULL
      ) WITHOUT ROWID, STRICT`,
      // AUTOINCREMENT: an id that came again would be deleted together with the change that had it before.
      `CREATE TABLE IF NOT EXISTS stockpile_change (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        app TEXT NOT NULL,
        user_id TEXT NOT NULL
      ) STRICT`,
    ],
  },
]

/**
 * The tables of one app.
 *
 * @param app checked before: it becomes part of the tables' names
 * @throws InvalidArgumentError for the few names that SQLite keeps to itself
 */
export function appSteps(app: string): readonly MigrationStep[] {
  if (`${app}_`.startsWith('sqlite_')) {
    const rule = "another name than 'sqlite', and not begin with 'sqlite_': SQLite keeps tables of such names to itself"
    throw new InvalidArgumentError('app', app, rule)
  }
  return [
    {
      version: 1,
      title: `accounts, holdings, serials and history of ${app}`,
      statements: [
        `CREATE TABLE IF NOT EXISTS "${app}_stockpile_account" (
          user_id TEXT NOT NULL PRIMARY KEY,
          version INTEGER NOT NULL CHECK (version >= 0),
          changed_at INTEGER NOT NULL
        ) WITHOUT ROWID, STRICT`,
        `CREATE TABLE IF NOT EXISTS "${app}_stockpile_holding" (
          user_id TEXT NOT NULL,
          item_id TEXT NOT NULL,
          quantity INTEGER NOT NULL CHECK (quantity >= 0),
          serials INTEGER NOT NULL DEFAULT 0 CHECK (serials >= 0),
          position INTEGER,
          PRIMARY KEY (user_id, item_id)
        ) WITHOUT ROWID, STRICT`,
        `CREATE TABLE IF NOT EXISTS "${app}_stockpile_serial" (
          user_id TEXT NOT NULL,
          item_id TEXT NOT NULL,
          serial INTEGER NOT NULL,
          properties TEXT NOT NULL,
          PRIMARY KEY (user_id, item_id, serial)
        ) WITHOUT ROWID, STRICT`,
        // I3: a serial is in at most one holding of an app.
        `CREATE UNIQUE INDEX IF NOT EXISTS "${app}_stockpile_serial_once" ON "${app}_stockpile_serial" (serial)`,
        `CREATE TABLE IF NOT EXISTS "${app}_stockpile_history" (
          user_id TEXT NOT NULL,
          version INTEGER NOT NULL,
          line INTEGER NOT NULL,
          item_id TEXT NOT NULL,
          change INTEGER NOT NULL,
          balance INTEGER NOT NULL,
          serials TEXT,
          party TEXT,
          deal TEXT NOT NULL,
          data TEXT,
          time INTEGER NOT NULL,
          PRIMARY KEY (user_id, version, line)
        ) WITHOUT ROWID, STRICT`,
        ...triggersOf(app),
        `INSERT INTO stockpile_meta (name, value) VALUES ('generation:${app}', '1') ON CONFLICT DO NOTHING`,
      ],
    },
  ]
}
