import type { PoolClient } from 'pg'
import type { Database, SerialContender } from '../database.ts'
import { inPostgres, openPostgresPool } from '../hand/postgres-pool.ts'
import { handSerialSums } from '../serial-stock.ts'

/**
 * Serials on PostgreSQL as a careful developer writes them: a pool, each write a transaction of its own that locks the holding's row first,
 * all statements prepared by name.
 */
export async function postgresSerialsByHand(database: Database, url: string, app: string): Promise<SerialContender> {
  const pool = await openPostgresPool(url, tables(app))
  const lock = `SELECT quantity FROM ${app}_hand_holding WHERE user_id = $1 AND item_id = $2 FOR UPDATE`
  const count = `UPDATE ${app}_hand_holding SET quantity = $1 WHERE user_id = $2 AND item_id = $3`
  const first = `INSERT INTO ${app}_hand_holding (quantity, user_id, item_id) VALUES ($1, $2, $3)`
  const make = `INSERT INTO ${app}_hand_serial (user_id, item_id, properties) VALUES ($1, $2, $3) RETURNING serial`
  const remove = `DELETE FROM ${app}_hand_serial WHERE serial = $1 AND user_id = $2 AND item_id = $3`
  const history = `INSERT INTO ${app}_hand_history (user_id, item_id, change, balance, serial, time)
    VALUES ($1, $2, $3, $4, $5, $6)`
  const get = `SELECT serial, properties FROM ${app}_hand_serial WHERE user_id = $1 AND item_id = $2`
  const all = `SELECT item_id, quantity FROM ${app}_hand_holding WHERE user_id = $1`

  async function locked(client: PoolClient, user: string, item: string): Promise<bigint | undefined> {
    const { rows } = await client.query<{ quantity: string }>({ name: 'lock', text: lock, values: [user, item] })
    return rows[0] && BigInt(rows[0].quantity)
  }

  async function add(client: PoolClient, user: string, item: string): Promise<bigint> {
    const before = await locked(client, user, item)
    const balance = (before ?? 0n) + 1n
    const { rows } = await client.query<{ serial: string }>({ name: 'make', text: make, values: [user, item, '{}'] })
    const serial = BigInt(rows[0]?.serial ?? 0)
    const [name, text] = before === undefined ? ['first', first] : ['count', count]
    await client.query({ name, text, values: [balance, user, item] })
    await client.query({ name: 'history', text: history, values: [user, item, 1, balance, serial, Date.now()] })
    return serial
  }

  async function subtract(client: PoolClient, user: string, item: string, serial: bigint): Promise<void> {
    const before = await locked(client, user, item)
    const { rowCount } = await client.query({ name: 'remove', text: remove, values: [serial, user, item] })
    if (before === undefined || rowCount !== 1) throw new RangeError(`${user} has no ${serial}`)
    const balance = before - 1n
    await client.query({ name: 'count', text: count, values: [balance, user, item] })
    await client.query({ name: 'history', text: history, values: [user, item, -1, balance, serial, Date.now()] })
  }

  return {
    name: 'by hand',
    add: (user, item) => inPostgres(pool, (client) => add(client, String(user), String(item))),
    subtract: (user, item, serial) =>
      inPostgres(pool, (client) => subtract(client, String(user), String(item), serial)),
    async get(user, item) {
      const values = [String(user), String(item)]
      const { rows } = await pool.query<{ serial: string; properties: string }>({ name: 'get', text: get, values })
      return new Map(rows.map(({ serial, properties }) => [BigInt(serial), JSON.parse(properties) as unknown])).size
    },
    async all(user) {
      const query = { name: 'all', text: all, values: [String(user)] }
      const { rows } = await pool.query<{ item_id: string; quantity: string }>(query)
      return new Map(rows.map(({ item_id: item, quantity }) => [item, BigInt(quantity)])).size
    },
    sums: () => handSerialSums(database, app),
    [Symbol.asyncDispose]: () => pool.end(),
  }
}

function tables(app: string): readonly string[] {
  const owner = 'user_id text COLLATE "C" NOT NULL, item_id text COLLATE "C" NOT NULL'
  return [
    `CREATE TABLE IF NOT EXISTS ${app}_hand_holding (
      ${owner}, quantity bigint NOT NULL CHECK (quantity >= 0), PRIMARY KEY (user_id, item_id)
    )`,
    `CREATE TABLE IF NOT EXISTS ${app}_hand_serial (
      serial bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ${owner}, properties text NOT NULL
    )`,
    `CREATE INDEX IF NOT EXISTS ${app}_hand_serial_holding ON ${app}_hand_serial (user_id, item_id)`,
    `CREATE TABLE IF NOT EXISTS ${app}_hand_history (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ${owner}, change bigint NOT NULL, balance bigint NOT NULL,
      serial bigint NOT NULL, time bigint NOT NULL
    )`,
    `CREATE INDEX IF NOT EXISTS ${app}_hand_history_user ON ${app}_hand_history (user_id)`,
  ]
}
