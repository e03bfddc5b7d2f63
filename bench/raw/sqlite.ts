import { randomUUID } from 'node:crypto'
import SqliteDatabase from 'better-sqlite3'
import type { RawBatches } from '../database.ts'

/** Batches on SQLite in bare statements, in this thread. */
export function sqliteRaw(path: string, app: string, hasAccounts: boolean): RawBatches {
  const connection = new SqliteDatabase(path, { timeout: 10_000 })
  connection.defaultSafeIntegers(true)
  connection.pragma('synchronous = FULL')
  connection.pragma('wal_autocheckpoint = 16000')
  connection.pragma('cache_size = -65536')
  const statement = {
    begin: connection.prepare('BEGIN IMMEDIATE'),
    account: connection.prepare(`SELECT version, changed_at FROM ${app}_stockpile_account WHERE user_id = ?`),
    holding: connection.prepare(`SELECT quantity FROM ${app}_stockpile_holding WHERE user_id = ? AND item_id = ?`),
    updateAccount: connection.prepare(
      `UPDATE ${app}_stockpile_account SET version = ?, changed_at = ? WHERE user_id = ?`,
    ),
    updateHolding: connection.prepare(
      `UPDATE ${app}_stockpile_holding SET quantity = ? WHERE user_id = ? AND item_id = ?`,
    ),
    history: connection.prepare(
      `INSERT INTO ${app}_stockpile_history (user_id, version, line, item_id, change, balance, deal, time)
        VALUES (?, ?, 1, ?, ?, ?, ?, ?)`,
    ),
    mark: connection.prepare("INSERT INTO stockpile_meta (name, value) VALUES ('writes', '')"),
    unmark: connection.prepare("DELETE FROM stockpile_meta WHERE name = 'writes'"),
    commit: connection.prepare('COMMIT'),
  }
  let versions = 1_000_000_000n
  return {
    async settle(changes) {
      statement.begin.run()
      const time = BigInt(Date.now())
      const accounts = changes.map(({ user }) =>
        hasAccounts ? (statement.account.get(user) as { version: bigint }).version + 1n : ++versions,
      )
      const quantities = changes.map(
        ({ user, item, by }) => (statement.holding.get(user, item) as { quantity: bigint }).quantity + by,
      )
      if (hasAccounts)
        for (const [index, { user }] of changes.entries()) statement.updateAccount.run(accounts[index], time, user)
      // Or the triggers would take it for a change by hand.
      statement.mark.run()
      for (const [index, { user, item }] of changes.entries())
        statement.updateHolding.run(quantities[index], user, item)
      statement.unmark.run()
      for (const [index, { user, item, by }] of changes.entries())
        statement.history.run(user, accounts[index], item, by, quantities[index], randomUUID(), time)
      statement.commit.run()
    },
    [Symbol.asyncDispose]: async () => {
      connection.close()
    },
  }
}
