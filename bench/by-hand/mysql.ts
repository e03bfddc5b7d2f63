import type { PoolConnection } from 'mariadb'
import type { Contender, Database, StockChange } from '../database.ts'
import { inMysql, openMysqlPool } from '../hand/mysql-pool.ts'
import { quantityAfter } from '../hand/quantity-after.ts'
import { handSums } from '../stock.ts'

/** A deal on MariaDB or MySQL as a careful developer writes it: a pool, each deal a transaction of its own, all statements prepared. */
export async function mysqlByHand(database: Database, url: string, app: string): Promise<Contender> {
  const pool = await openMysqlPool(url, tables(app))
  const select = `SELECT quantity FROM ${app}_hand_holding WHERE user_id = ? AND item_id = ?`
  const update = `UPDATE ${app}_hand_holding SET quantity = ? WHERE user_id = ? AND item_id = ?`
  const insert = `INSERT INTO ${app}_hand_holding (quantity, user_id, item_id) VALUES (?, ?, ?)`
  const history = `INSERT INTO ${app}_hand_history (user_id, item_id, \`change\`, balance, time) VALUES (?, ?, ?, ?, ?)`

  async function change(connection: PoolConnection, owner: string, item: string, by: bigint): Promise<bigint> {
    const [row] = await connection.execute<{ quantity: bigint }[]>(`${select} FOR UPDATE`, [owner, item])
    const quantity = (row?.quantity ?? 0n) + by
    if (quantity < 0n) throw new RangeError(`${owner} has not enough of ${item}`)
    await connection.execute(row === undefined ? insert : update, [quantity, owner, item])
    await connection.execute(history, [owner, item, by, quantity, Date.now()])
    return quantity
  }

  return {
    name: 'by hand',
    change: (owner, item, by) =>
      inMysql(pool, (connection) => change(connection, String(owner), String(item), BigInt(by))),
    deal: (changes) => inMysql(pool, (connection) => deal(connection, app, changes)),
    async get(owner, item) {
      const [row] = await pool.execute<{ quantity: bigint }[]>(select, [String(owner), String(item)])
      return row?.quantity ?? 0n
    },
    sums: () => handSums(database, app),
    [Symbol.asyncDispose]: () => pool.end(),
  }
}

/** Several changes, all or none: one statement locks the rows, one writes them, one the history. */
async function deal(connection: PoolConnection, app: string, changes: readonly StockChange[]): Promise<bigint[]> {
  const names = changes.map(() => '(user_id = ? AND item_id = ?)').join(' OR ')
  // In the order of the key, so that two deals never wait for each other.
  const rows = await connection.execute<{ user_id: string; item_id: string; quantity: bigint }[]>(
    `SELECT user_id, item_id, quantity FROM ${app}_hand_holding WHERE ${names} ORDER BY user_id, item_id FOR UPDATE`,
    changes.flatMap(({ user, item }) => [String(user), String(item)]),
  )
  const held = new Map(rows.map((row) => [`${row.user_id} ${row.item_id}`, row.quantity]))
  const quantities = changes.map((one) => quantityAfter(held.get(`${one.user} ${one.item}`) ?? 0n, one))
  await connection.execute(
    `INSERT INTO ${app}_hand_holding (user_id, item_id, quantity) VALUES ${changes.map(() => '(?, ?, ?)').join()}
        ON DUPLICATE KEY UPDATE quantity = VALUES(quantity)`,
    changes.flatMap(({ user, item }, place) => [String(user), String(item), quantities[place]]),
  )
  const time = Date.now()
  await connection.execute(
    `INSERT INTO ${app}_hand_history (user_id, item_id, \`change\`, balance, time)
        VALUES ${changes.map(() => '(?, ?, ?, ?, ?)').join()}`,
    changes.flatMap(({ user, item, by }, place) => [String(user), String(item), by, quantities[place], time]),
  )
  return quantities
}

function tables(app: string): readonly string[] {
  const id = 'VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL'
  return [
    `CREATE TABLE IF NOT EXISTS ${app}_hand_holding (
      user_id ${id}, item_id ${id}, quantity BIGINT NOT NULL CHECK (quantity >= 0), PRIMARY KEY (user_id, item_id)
    ) ENGINE = InnoDB`,
    `CREATE TABLE IF NOT EXISTS ${app}_hand_history (
      id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, user_id ${id}, item_id ${id}, \`change\` BIGINT NOT NULL,
      balance BIGINT NOT NULL, time BIGINT NOT NULL, INDEX of_user (user_id)
    ) ENGINE = InnoDB`,
  ]
}
