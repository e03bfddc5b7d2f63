import { Pool, type PoolClient } from 'pg'
import type { Contender, Database } from '../database.ts'
import { handSums } from '../stock.ts'

const connectionsMax = 16

/** A deal on PostgreSQL as a careful developer writes it: a pool, each deal a transaction of its own, all statements prepared by name. */
export async function postgresByHand(database: Database, url: string, app: string): Promise<Contender> {
  const pool = new Pool({ connectionString: url, max: connectionsMax, min: connectionsMax })
  for (const statement of tables(app)) await pool.query(statement)
  const select = `SELECT quantity FROM ${app}_hand_holding WHERE user_id = $1 AND item_id = $2`
  const update = `UPDATE ${app}_hand_holding SET quantity = $1 WHERE user_id = $2 AND item_id = $3`
  const insert = `INSERT INTO ${app}_hand_holding (quantity, user_id, item_id) VALUES ($1, $2, $3)`
  const history = `INSERT INTO ${app}_hand_history (user_id, item_id, change, balance, time) VALUES ($1, $2, $3, $4, $5)`

  async function change(client: PoolClient, user: string, item: string, by: bigint): Promise<bigint> {
    await client.query('BEGIN')
    try {
      const { rows } = await client.query<{ quantity: string }>({
        name: 'lock',
        text: `${select} FOR UPDATE`,
        values: [user, item],
      })
      const quantity = BigInt(rows[0]?.quantity ?? 0) + by
      if (quantity < 0n) throw new RangeError(`${user} has not enough of ${item}`)
      const [name, text] = rows.length === 0 ? ['insert', insert] : ['update', update]
      await client.query({ name, text, values: [quantity, user, item] })
      await client.query({ name: 'history', text: history, values: [user, item, by, quantity, Date.now()] })
      await client.query('COMMIT')
      return quantity
    } catch (error) {
      await client.query('ROLLBACK')
      throw error
    }
  }

  return {
    name: 'by hand',
    async change(user, item, by) {
      const client = await pool.connect()
      try {
        return await change(client, String(user), String(item), BigInt(by))
      } finally {
        client.release()
      }
    },
    async get(user, item) {
      const values = [String(user), String(item)]
      const { rows } = await pool.query<{ quantity: string }>({ name: 'get', text: select, values })
      return BigInt(rows[0]?.quantity ?? 0)
    },
    sums: () => handSums(database, app),
    [Symbol.asyncDispose]: () => pool.end(),
  }
}

function tables(app: string): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${app}_hand_holding (
      user_id text COLLATE "C" NOT NULL, item_id text COLLATE "C" NOT NULL, quantity bigint NOT NULL CHECK (quantity >= 0),
      PRIMARY KEY (user_id, item_id)
    )`,
    `CREATE TABLE IF NOT EXISTS ${app}_hand_history (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id text COLLATE "C" NOT NULL,
      item_id text COLLATE "C" NOT NULL, change bigint NOT NULL, balance bigint NOT NULL, time bigint NOT NULL
    )`,
    `CREATE INDEX IF NOT EXISTS ${app}_hand_history_user ON ${app}_hand_history (user_id)`,
  ]
}
