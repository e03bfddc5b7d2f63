import type { Contender, Database } from '../database.ts'
import { openSqliteFile } from '../hand/sqlite-file.ts'
import { handSums } from '../stock.ts'

/**
 * A deal on SQLite as a careful developer writes it: in the application's own thread, each deal a transaction that has the write lock
 * from its beginning, all statements prepared.
 */
export async function sqliteByHand(database: Database, path: string, app: string): Promise<Contender> {
  const { connection, transaction } = openSqliteFile(path, tables(app))
  const statement = {
    select: connection.prepare(`SELECT quantity FROM ${app}_hand_holding WHERE user_id = ? AND item_id = ?`),
    update: connection.prepare(`UPDATE ${app}_hand_holding SET quantity = ? WHERE user_id = ? AND item_id = ?`),
    insert: connection.prepare(`INSERT INTO ${app}_hand_holding (quantity, user_id, item_id) VALUES (?, ?, ?)`),
    history: connection.prepare(
      `INSERT INTO ${app}_hand_history (user_id, item_id, change, balance, time) VALUES (?, ?, ?, ?, ?)`,
    ),
  }
  const held = (user: string, item: string): bigint | undefined =>
    (statement.select.get(user, item) as { quantity: bigint } | undefined)?.quantity

  function change(user: string, item: string, by: bigint): bigint {
    const before = held(user, item)
    const quantity = (before ?? 0n) + by
    if (quantity < 0n) throw new RangeError(`${user} has not enough of ${item}`)
    ;(before === undefined ? statement.insert : statement.update).run(quantity, user, item)
    statement.history.run(user, item, by, quantity, BigInt(Date.now()))
    return quantity
  }

  return {
    name: 'by hand',
    change: async (user, item, by) => transaction(() => change(String(user), String(item), BigInt(by))),
    deal: async (changes) =>
      transaction(() => changes.map(({ user, item, by }) => change(String(user), String(item), BigInt(by)))),
    get: async (user, item) => held(String(user), String(item)) ?? 0n,
    sums: () => handSums(database, app),
    [Symbol.asyncDispose]: async () => {
      connection.close()
    },
  }
}

function tables(app: string): string {
  return `
    CREATE TABLE IF NOT EXISTS ${app}_hand_holding (
      user_id TEXT NOT NULL, item_id TEXT NOT NULL, quantity INTEGER NOT NULL CHECK (quantity >= 0),
      PRIMARY KEY (user_id, item_id)
    ) WITHOUT ROWID, STRICT;
    CREATE TABLE IF NOT EXISTS ${app}_hand_history (
      id INTEGER PRIMARY KEY, user_id TEXT NOT NULL, item_id TEXT NOT NULL, change INTEGER NOT NULL,
      balance INTEGER NOT NULL, time INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS ${app}_hand_history_user ON ${app}_hand_history (user_id);`
}
