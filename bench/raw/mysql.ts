import { randomUUID } from 'node:crypto'
import { createConnection } from 'mariadb'
import type { RawBatches } from '../database.ts'

/** Batches on MariaDB or MySQL in bare set-based statements, on one connection: three round trips each. */
export async function mysqlRaw(url: string, app: string, hasAccounts: boolean): Promise<RawBatches> {
  const connection = await createConnection(url.replace(/^mysql:/, 'mariadb:'))
  await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED')
  // Or the triggers would take it for changes by hand.
  await connection.query("SET @stockpile_writes = 'own'")
  const holding = `${app}_stockpile_holding`
  const account = `${app}_stockpile_account`
  let versions = 1_000_000_000n
  return {
    async settle(changes) {
      const users = changes.map(({ user }) => `'${user}'`).join()
      const names = changes.map(({ user, item }) => `('${user}','${item}')`).join()
      const lockHoldings = hasAccounts ? '' : 'ORDER BY user_id, item_id FOR UPDATE'
      const [, accounts, holdings] = await Promise.all([
        connection.query('BEGIN'),
        hasAccounts
          ? connection.query<{ user_id: string; version: bigint }[]>(
              `SELECT user_id, version, changed_at FROM ${account} FORCE INDEX (PRIMARY)
                WHERE user_id IN (${users}) ORDER BY user_id FOR UPDATE`,
            )
          : [],
        connection.query<{ user_id: string; quantity: bigint }[]>(
          `SELECT user_id, item_id, quantity FROM ${holding} FORCE INDEX (PRIMARY)
            WHERE (user_id, item_id) IN (${names}) ${lockHoldings}`,
        ),
      ])
      const time = Date.now()
      const versionOf = new Map(accounts.map((row) => [row.user_id, row.version + 1n]))
      const quantityOf = new Map(holdings.map((row) => [row.user_id, row.quantity]))
      const rows = changes.map(({ user, item, by }) => ({
        user,
        item,
        by,
        version: versionOf.get(user) ?? ++versions,
        quantity: quantityOf.get(user)! + by,
      }))
      const accountRows = rows.map(({ user, version }) => `('${user}',${version},${time})`).join()
      const holdingRows = rows.map(({ user, item, quantity }) => `('${user}','${item}',${quantity})`).join()
      const historyRows = rows
        .map(
          (row) => `('${row.user}',${row.version},1,'${row.item}',${row.by},${row.quantity},'${randomUUID()}',${time})`,
        )
        .join()
      await Promise.all([
        hasAccounts &&
          connection.query(
            `INSERT INTO ${account} (user_id, version, changed_at) VALUES ${accountRows}
              ON DUPLICATE KEY UPDATE version = VALUES(version), changed_at = VALUES(changed_at)`,
          ),
        connection.query(
          `INSERT INTO ${holding} (user_id, item_id, quantity) VALUES ${holdingRows}
            ON DUPLICATE KEY UPDATE quantity = VALUES(quantity)`,
        ),
        connection.query(
          `INSERT INTO ${app}_stockpile_history (user_id, version, line, item_id, \`change\`, balance, deal, time)
            VALUES ${historyRows}`,
        ),
      ])
      await connection.query('COMMIT')
    },
    [Symbol.asyncDispose]: () => connection.end(),
  }
}
