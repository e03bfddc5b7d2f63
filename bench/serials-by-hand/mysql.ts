import type { PoolConnection } from 'mariadb'
import type { Database, SerialContender } from '../database.ts'
import { inMysql, openMysqlPool } from '../hand/mysql-pool.ts'
import { handSerialSums } from '../serial-stock.ts'

/**
 * Serials on MariaDB or MySQL as a careful developer writes them: a pool, each write a transaction of its own that locks the holding's row
 * first, all statements prepared.
 */
export async function mysqlSerialsByHand(database: Database, url: string, app: string): Promise<SerialContender> {
  const pool = await openMysqlPool(url, tables(app))
  const lock = `SELECT quantity FROM ${app}_hand_holding WHERE user_id = ? AND item_id = ? FOR UPDATE`
  const count = `UPDATE ${app}_hand_holding SET quantity = ? WHERE user_id = ? AND item_id = ?`
  const first = `INSERT INTO ${app}_hand_holding (quantity, user_id, item_id) VALUES (?, ?, ?)`
  const make = `INSERT INTO ${app}_hand_serial (user_id, item_id, properties) VALUES (?, ?, ?)`
  const remove = `DELETE FROM ${app}_hand_serial WHERE serial = ? AND user_id = ? AND item_id = ?`
  const history = `INSERT INTO ${app}_hand_history (user_id, item_id, \`change\`, balance, serial, time)
    VALUES (?, ?, ?, ?, ?, ?)`
  const get = `SELECT serial, properties FROM ${app}_hand_serial WHERE user_id = ? AND item_id = ?`
  const all = `SELECT item_id, quantity FROM ${app}_hand_holding WHERE user_id = ?`

  async function add(connection: PoolConnection, owner: string, item: string): Promise<bigint> {
    const [row] = await connection.execute<{ quantity: bigint }[]>(lock, [owner, item])
    const balance = (row?.quantity ?? 0n) + 1n
    const { insertId } = await connection.execute<{ insertId: bigint }>(make, [owner, item, '{}'])
    await connection.execute(row === undefined ? first : count, [balance, owner, item])
    await connection.execute(history, [owner, item, 1, balance, insertId, Date.now()])
    return BigInt(insertId)
  }

  async function subtract(connection: PoolConnection, owner: string, item: string, serial: bigint): Promise<void> {
    const [row] = await connection.execute<{ quantity: bigint }[]>(lock, [owner, item])
    const { affectedRows } = await connection.execute<{ affectedRows: number }>(remove, [serial, owner, item])
    if (row === undefined || affectedRows !== 1) throw new RangeError(`${owner} has no ${serial}`)
    const balance = row.quantity - 1n
    await connection.execute(count, [balance, owner, item])
    await connection.execute(history, [owner, item, -1, balance, serial, Date.now()])
  }

  return {
    name: 'by hand',
    add: (owner, item) => inMysql(pool, (connection) => add(connection, String(owner), String(item))),
    subtract: (owner, item, serial) =>
      inMysql(pool, (connection) => subtract(connection, String(owner), String(item), serial)),
    async get(owner, item) {
      const rows = await pool.execute<{ serial: bigint; properties: string }[]>(get, [String(owner), String(item)])
      return new Map(rows.map(({ serial, properties }) => [serial, JSON.parse(properties) as unknown])).size
    },
    async all(owner) {
      const rows = await pool.execute<{ item_id: string; quantity: bigint }[]>(all, [String(owner)])
      return new Map(rows.map(({ item_id: item, quantity }) => [item, quantity])).size
    },
    sums: () => handSerialSums(database, app),
    [Symbol.asyncDispose]: () => pool.end(),
  }
}

function tables(app: string): readonly string[] {
  const id = 'VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL'
  return [
    `CREATE TABLE IF NOT EXISTS ${app}_hand_holding (
      user_id ${id}, item_id ${id}, quantity BIGINT NOT NULL CHECK (quantity >= 0), PRIMARY KEY (user_id, item_id)
    ) ENGINE = InnoDB`,
    `CREATE TABLE IF NOT EXISTS ${app}_hand_serial (
      serial BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, user_id ${id}, item_id ${id}, properties MEDIUMTEXT NOT NULL,
      INDEX of_holding (user_id, item_id)
    ) ENGINE = InnoDB`,
    `CREATE TABLE IF NOT EXISTS ${app}_hand_history (
      id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, user_id ${id}, item_id ${id}, \`change\` BIGINT NOT NULL,
      balance BIGINT NOT NULL, serial BIGINT NOT NULL, time BIGINT NOT NULL, INDEX of_user (user_id)
    ) ENGINE = InnoDB`,
  ]
}
