import { randomUUID } from 'node:crypto'
import { Client, type QueryArrayResult } from 'pg'
import type { RawBatches } from '../database.ts'

/** Batches on PostgreSQL in bare set-based statements, on one connection: two round trips each. */
export async function postgresRaw(url: string, app: string, hasAccounts: boolean): Promise<RawBatches> {
  const client = new Client({ connectionString: url })
  await client.connect()
  // Listed rows are to be looked up one by one, whatever the planner thinks of the table's size.
  await client.query('SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off')
  // Or the triggers would take it for changes by hand.
  await client.query("SET stockpile.writes = 'on'")
  const holding = `${app}_stockpile_holding`
  const account = `${app}_stockpile_account`
  let versions = 1_000_000_000n

  async function rowsOf(statements: readonly string[]): Promise<string[][][]> {
    const results: unknown = await client.query({ text: statements.join(';'), rowMode: 'array' })
    return (results as QueryArrayResult<string[]>[]).map(({ rows }) => rows)
  }

  return {
    async settle(changes) {
      const users = list(changes.map(({ user }) => user))
      const items = list(changes.map(({ item }) => item))
      const selectHoldings = `SELECT h.user_id, h.quantity FROM ${holding} AS h
        JOIN unnest(${users}::text[], ${items}::text[]) AS n (u, i) ON h.user_id = n.u AND h.item_id = n.i`
      const [, accounts = [], holdings = []] = await rowsOf([
        'BEGIN',
        hasAccounts
          ? `SELECT user_id, version, changed_at FROM ${account} WHERE user_id = ANY(${users}::text[]) ORDER BY user_id FOR UPDATE`
          : 'SELECT WHERE false',
        hasAccounts ? selectHoldings : `${selectHoldings} ORDER BY h.user_id, h.item_id FOR UPDATE OF h`,
      ])
      const time = Date.now()
      const versionOf = new Map(accounts.map(([user, version]) => [user, BigInt(version ?? 0) + 1n]))
      const quantityOf = new Map(holdings.map(([user, quantity]) => [user, BigInt(quantity ?? 0)]))
      const moved = list(changes.map(({ by }) => String(by)))
      const version = list(changes.map(({ user }) => String(versionOf.get(user) ?? ++versions)))
      const quantity = list(changes.map(({ user, by }) => String((quantityOf.get(user) ?? 0n) + by)))
      const deals = list(changes.map(() => randomUUID()))
      await rowsOf([
        ...(hasAccounts
          ? [
              `UPDATE ${account} AS a SET version = n.v, changed_at = ${time}
                FROM unnest(${users}::text[], ${version}::bigint[]) AS n (u, v) WHERE a.user_id = n.u`,
            ]
          : []),
        `UPDATE ${holding} AS h SET quantity = n.q
          FROM unnest(${users}::text[], ${items}::text[], ${quantity}::bigint[]) AS n (u, i, q)
          WHERE h.user_id = n.u AND h.item_id = n.i`,
        `INSERT INTO ${app}_stockpile_history (user_id, version, line, item_id, change, balance, deal, time)
          SELECT u, v, 1, i, c, q, d, ${time} FROM unnest(${users}::text[], ${version}::bigint[], ${items}::text[],
            ${moved}::bigint[], ${quantity}::bigint[], ${deals}::uuid[]) AS n (u, v, i, c, q, d)`,
        'COMMIT',
      ])
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
}

/** Plain words and numbers as the literal of an array. */
function list(values: readonly string[]): string {
  return `'{${values.join()}}'`
}
