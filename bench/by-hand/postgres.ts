import type { PoolClient } from 'pg'
import type { Contender, Database, StockChange } from '../database.ts'
import { inPostgres, openPostgresPool } from '../hand/postgres-pool.ts'
import { quantityAfter } from '../hand/quantity-after.ts'
import { handSums } from '../stock.ts'

/** A deal on PostgreSQL as a careful developer writes it: a pool, each deal a transaction of its own, all statements prepared by name. */
export async function postgresByHand(database: Database, url: string, app: string): Promise<Contender> {
  const pool = await openPostgresPool(url, tables(app))
  const select = `SELECT quantity FROM ${app}_hand_holding WHERE user_id = $1 AND item_id = $2`
  const update = `UPDATE ${app}_hand_holding SET quantity = $1 WHERE user_id = $2 AND item_id = $3`
  const insert = `INSERT INTO ${app}_hand_holding (quantity, user_id, item_id) VALUES ($1, $2, $3)`
  const history = `INSERT INTO ${app}_hand_history (user_id, item_id, change, balance, time) VALUES ($1, $2, $3, $4, $5)`

  async function change(client: PoolClient, user: string, item: string, by: bigint): Promise<bigint> {
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
    return quantity
  }

  return {
    name: 'by hand',
    change: (user, item, by) => inPostgres(pool, (client) => change(client, String(user), String(item), BigInt(by))),
    deal: (changes) => inPostgres(pool, (client) => deal(client, app, changes)),
    async get(user, item) {
      const values = [String(user), String(item)]
      const { rows } = await pool.query<{ quantity: string }>({ name: 'get', text: select, values })
      return BigInt(rows[0]?.quantity ?? 0)
    },
    sums: () => handSums(database, app),
    [Symbol.asyncDispose]: () => pool.end(),
  }
}

/** Several changes, all or none: one statement locks the rows, one writes them, one the history. */
async function deal(client: PoolClient, app: string, changes: readonly StockChange[]): Promise<bigint[]> {
  const users = changes.map(({ user }) => String(user))
  const items = changes.map(({ item }) => String(item))
  // In the order of the key, so that two deals never wait for each other.
  const { rows } = await client.query<{ user_id: string; item_id: string; quantity: string }>({
    name: `lock ${changes.length}`,
    text: `SELECT user_id, item_id, quantity FROM ${app}_hand_holding WHERE ${changes
      .map((_change, place) => `(user_id = $${2 * place + 1} AND item_id = $${2 * place + 2})`)
      .join(' OR ')} ORDER BY user_id, item_id FOR UPDATE`,
    values: changes.flatMap((_change, place) => [users[place], items[place]]),
  })
  const held = new Map(rows.map((row) => [`${row.user_id} ${row.item_id}`, BigInt(row.quantity)]))
  const quantities = changes.map((one) => quantityAfter(held.get(`${one.user} ${one.item}`) ?? 0n, one))
  await client.query({
    name: 'upsert all',
    text: `INSERT INTO ${app}_hand_holding (user_id, item_id, quantity)
        SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
        ON CONFLICT (user_id, item_id) DO UPDATE SET quantity = excluded.quantity`,
    values: [users, items, quantities],
  })
  await client.query({
    name: 'history of all',
    text: `INSERT INTO ${app}_hand_history (user_id, item_id, change, balance, time)
        SELECT *, $5::bigint FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])`,
    values: [users, items, changes.map(({ by }) => by), quantities, Date.now()],
  })
  return quantities
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
