import type { Database, SerialContender } from '../database.ts'
import { openSqliteFile } from '../hand/sqlite-file.ts'
import { handSerialSums } from '../serial-stock.ts'

/**
 * Serials on SQLite as a careful developer writes them: in the application's own thread, each write a transaction that has the write lock
 * from its beginning, a count beside the serials, all statements prepared.
 */
export async function sqliteSerialsByHand(database: Database, path: string, app: string): Promise<SerialContender> {
  const { connection, transaction } = openSqliteFile(path, tables(app))
  const statement = {
    count: connection.prepare(
      `INSERT INTO ${app}_hand_holding (user_id, item_id, quantity) VALUES (?, ?, ?)
        ON CONFLICT (user_id, item_id) DO UPDATE SET quantity = quantity + excluded.quantity RETURNING quantity`,
    ),
    take: connection.prepare(
      `UPDATE ${app}_hand_holding SET quantity = quantity - 1 WHERE user_id = ? AND item_id = ? RETURNING quantity`,
    ),
    insert: connection.prepare(`INSERT INTO ${app}_hand_serial (user_id, item_id, properties) VALUES (?, ?, ?)`),
    delete: connection.prepare(`DELETE FROM ${app}_hand_serial WHERE serial = ? AND user_id = ? AND item_id = ?`),
    history: connection.prepare(
      `INSERT INTO ${app}_hand_history (user_id, item_id, change, balance, serial, time) VALUES (?, ?, ?, ?, ?, ?)`,
    ),
    get: connection.prepare(`SELECT serial, properties FROM ${app}_hand_serial WHERE user_id = ? AND item_id = ?`),
    all: connection.prepare(`SELECT item_id, quantity FROM ${app}_hand_holding WHERE user_id = ?`),
  }

  function add(user: string, item: string): bigint {
    const serial = BigInt(statement.insert.run(user, item, '{}').lastInsertRowid)
    const { quantity } = statement.count.get(user, item, 1n) as { quantity: bigint }
    statement.history.run(user, item, 1n, quantity, serial, BigInt(Date.now()))
    return serial
  }

  function subtract(user: string, item: string, serial: bigint): void {
    if (statement.delete.run(serial, user, item).changes !== 1) throw new RangeError(`${user} has no ${serial}`)
    const { quantity } = statement.take.get(user, item) as { quantity: bigint }
    statement.history.run(user, item, -1n, quantity, serial, BigInt(Date.now()))
  }

  return {
    name: 'by hand',
    add: async (user, item) => transaction(() => add(String(user), String(item))),
    subtract: async (user, item, serial) => transaction(() => subtract(String(user), String(item), serial)),
    async get(user, item) {
      const rows = statement.get.all(String(user), String(item)) as { serial: bigint; properties: string }[]
      return new Map(rows.map(({ serial, properties }) => [serial, JSON.parse(properties) as unknown])).size
    },
    async all(user) {
      const rows = statement.all.all(String(user)) as { item_id: string; quantity: bigint }[]
      return new Map(rows.map(({ item_id: item, quantity }) => [item, quantity])).size
    },
    sums: () => handSerialSums(database, app),
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
    CREATE TABLE IF NOT EXISTS ${app}_hand_serial (
      serial INTEGER PRIMARY KEY AUTOINCREMENT, user_id TEXT NOT NULL, item_id TEXT NOT NULL, properties TEXT NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS ${app}_hand_serial_holding ON ${app}_hand_serial (user_id, item_id);
    CREATE TABLE IF NOT EXISTS ${app}_hand_history (
      id INTEGER PRIMARY KEY, user_id TEXT NOT NULL, item_id TEXT NOT NULL, change INTEGER NOT NULL,
      balance INTEGER NOT NULL, serial INTEGER NOT NULL, time INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS ${app}_hand_history_user ON ${app}_hand_history (user_id);`
}
