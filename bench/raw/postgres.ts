import { randomUUID } from 'node:crypto'
import postgres from 'postgres'
import type { RawBatches } from '../database.ts'

/** Batches on PostgreSQL in bare set-based statements, on one connection, pipelined: three round trips each. */
export async function postgresRaw(url: string, app: string, hasAccounts: boolean): Promise<RawBatches> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  const holding = `${app}_stockpile_holding`
  const account = `${app}_stockpile_account`
  const lockHoldings = hasAccounts ? '' : 'ORDER BY h.user_id, h.item_id FOR UPDATE OF h'
  const text = {
    account: `SELECT user_id, version, changed_at FROM ${account} WHERE user_id = ANY($1::text[]) ORDER BY user_id FOR UPDATE`,
    holding: `SELECT h.user_id, h.quantity FROM ${holding} AS h
      JOIN unnest($1::text[], $2::text[]) AS n (u, i) ON h.user_id = n.u AND h.item_id = n.i ${lockHoldings}`,
    updateAccount: `UPDATE ${account} AS a SET version = n.v, changed_at = $3
      FROM unnest($1::text[], $2::bigint[]) AS n (u, v) WHERE a.user_id = n.u`,
    updateHolding: `UPDATE ${holding} AS h SET quantity = n.q
      FROM unnest($1::text[], $2::text[], $3::bigint[]) AS n (u, i, q) WHERE h.user_id = n.u AND h.item_id = n.i`,
    history: `INSERT INTO ${app}_stockpile_history (user_id, version, line, item_id, change, balance, deal, time)
      SELECT u, v, 1, i, c, q, d, $7
      FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::uuid[]) AS n (u, v, i, c, q, d)`,
  }
  const run = (query: string, parameters: readonly unknown[] = []) =>
    sql.unsafe(query, parameters as never[], { prepare: true })
  let versions = 1_000_000_000n
  return {
    async settle(changes) {
      const users = changes.map(({ user }) => user)
      const items = changes.map(({ item }) => item)
      const [, accounts, holdings] = await Promise.all([
        sql.unsafe('BEGIN').simple(),
        hasAccounts ? run(text.account, [users]) : [],
        run(text.holding, [users, items]),
      ])
      const time = Date.now()
      const versionOf = new Map(accounts.map((row) => [String(row['user_id']), BigInt(row['version']) + 1n]))
      const quantityOf = new Map(holdings.map((row) => [String(row['user_id']), BigInt(row['quantity'])]))
      const moved = changes.map(({ by }) => String(by))
      const version = users.map((user) => String(versionOf.get(user) ?? ++versions))
      const quantity = changes.map(({ user, by }) => String(quantityOf.get(user)! + by))
      await Promise.all([
        hasAccounts && run(text.updateAccount, [users, version, time]),
        run(text.updateHolding, [users, items, quantity]),
        run(text.history, [users, version, items, moved, quantity, users.map(() => randomUUID()), time]),
        sql.unsafe('COMMIT').simple(),
      ])
    },
    [Symbol.asyncDispose]: () => sql.end(),
  }
}
