import type { MigrationStep } from '../contract.ts'
import { generationOf } from './cached-statements.ts'
import { noteMeta } from './statements.ts'
import { triggerStatements } from './triggers.ts'

// Compared byte by byte. The collation ignores blanks at the end, which no id has.
const id = 'VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL'
const uuid = 'CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL'
const longText = 'MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'

// MySQL has no CREATE INDEX IF NOT EXISTS, so indexes stand in their tables: a step that stopped half-way can run again.

/** The tables that all apps share. */
export const sharedSteps: readonly MigrationStep[] = [
  {
    version: 1,
    title: 'receipts and commits',
    statements: [
      `CREATE TABLE IF NOT EXISTS stockpile_receipt (
        \`key\` VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
        hash VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        deal ${uuid},
        outcome ${longText} NOT NULL,
        time BIGINT NOT NULL,
        INDEX oldest (time)
      ) ENGINE = InnoDB`,
      `CREATE TABLE IF NOT EXISTS stockpile_commit (
        id ${uuid} PRIMARY KEY,
        time BIGINT NOT NULL,
        INDEX oldest (time)
      ) ENGINE = InnoDB`,
      `CREATE TABLE IF NOT EXISTS stockpile_change (
        id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
        app VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        user_id ${id}
      ) ENGINE = InnoDB`,
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
        `CREATE TABLE IF NOT EXISTS \`${app}_stockpile_account\` (
          user_id ${id} PRIMARY KEY,
          version BIGINT NOT NULL CHECK (version >= 0),
          changed_at BIGINT NOT NULL
        ) ENGINE = InnoDB`,
        `CREATE TABLE IF NOT EXISTS \`${app}_stockpile_holding\` (
          user_id ${id},
          item_id ${id},
          quantity BIGINT NOT NULL CHECK (quantity >= 0),
          serials INT NOT NULL DEFAULT 0 CHECK (serials >= 0),
          position BIGINT NULL,
          PRIMARY KEY (user_id, item_id)
        ) ENGINE = InnoDB`,
        // I3: a serial is in at most one holding of an app, which the unique key sees to.
        `CREATE TABLE IF NOT EXISTS \`${app}_stockpile_serial\` (
          user_id ${id},
          item_id ${id},
          serial BIGINT NOT NULL,
          properties ${longText} NOT NULL,
          PRIMARY KEY (user_id, item_id, serial),
          UNIQUE KEY serial_once (serial)
        ) ENGINE = InnoDB`,
        `CREATE TABLE IF NOT EXISTS \`${app}_stockpile_history\` (
          user_id ${id},
          version BIGINT NOT NULL,
          line INT NOT NULL,
          item_id ${id},
          \`change\` BIGINT NOT NULL,
          balance BIGINT NOT NULL,
          serials ${longText} NULL,
          party VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
          deal ${uuid},
          data ${longText} NULL,
          time BIGINT NOT NULL,
          PRIMARY KEY (user_id, version, line)
        ) ENGINE = InnoDB`,
        noteMeta(generationOf(app), '1'),
        ...triggerStatements(app),
      ],
    },
  ]
}
