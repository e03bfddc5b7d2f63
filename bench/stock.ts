import type { Contender, Database, Stock, Sums } from './database.ts'
import type { Stockpile } from '../src/index.ts'

/** Where the accounts' numbers begin: all have the same length, so that the order of numbers is the order of bytes. */
export const firstUser = 10_000_000

/** The one item that every account has. */
export const stockItem = 1000

/** How many of it every account has at first: far more than anybody can take during a benchmark. */
export const stockQuantity = 1_000_000_000

/** The users of the accounts. */
export function stockUsers(accounts: number): number[] {
  return Array.from({ length: accounts }, (_, place) => firstUser + 1 + place)
}

const seedDeal = '00000000-0000-7000-8000-000000000000'

/**
 * Gives accounts their first holdings in Stockpile's tables, by a few statements, with the history that belongs to them: the books are in
 * order, as if every account had had one deal.
 */
export async function seedStockpile(
  database: Database,
  stockpile: Stockpile,
  { app, accounts, items = [stockItem] }: Stock,
): Promise<void> {
  await stockpile.migrate([app])
  const user = database.text(`n + ${firstUser}`)
  const series = database.series(accounts)
  await database.execute(
    `INSERT INTO ${app}_stockpile_account (user_id, version, changed_at) SELECT ${user}, 1, 1 FROM ${series}`,
  )
  const change = quotedChange(database)
  for (const [index, item] of items.entries()) {
    await database.insertAsStockpile(
      `INSERT INTO ${app}_stockpile_holding (user_id, item_id, quantity)
        SELECT ${user}, '${item}', ${stockQuantity} FROM ${series}`,
    )
    await database.execute(
      `INSERT INTO ${app}_stockpile_history (user_id, version, line, item_id, ${change}, balance, deal, time)
        SELECT ${user}, 1, ${index + 1}, '${item}', ${stockQuantity}, ${stockQuantity}, '${seedDeal}', 1 FROM ${series}`,
    )
  }
  await database.settleDown()
}

/** Gives the code by hand the same holdings and history. */
export async function seedByHand(database: Database, { app, accounts, items = [stockItem] }: Stock): Promise<void> {
  const user = database.text(`n + ${firstUser}`)
  const series = database.series(accounts)
  const change = quotedChange(database)
  for (const item of items) {
    await database.execute(
      `INSERT INTO ${app}_hand_holding (user_id, item_id, quantity)
        SELECT ${user}, '${item}', ${stockQuantity} FROM ${series}`,
    )
    await database.execute(
      `INSERT INTO ${app}_hand_history (user_id, item_id, ${change}, balance, time)
        SELECT ${user}, '${item}', ${stockQuantity}, ${stockQuantity}, 1 FROM ${series}`,
    )
  }
  await database.settleDown()
}

/** Adds up an app's tables of Stockpile. */
export async function stockpileSums(database: Database, app: string): Promise<Sums> {
  const [holdings = 0n] = await database.numbers(`SELECT SUM(quantity) FROM ${app}_stockpile_holding`)
  const [changes = 0n, entries = 0n] = await database.numbers(
    `SELECT SUM(${quotedChange(database)}), COUNT(*) FROM ${app}_stockpile_history`,
  )
  const [versions = 0n] = await database.numbers(`SELECT SUM(version) FROM ${app}_stockpile_account`)
  return { holdings, changes, entries, versions }
}

/** Adds up the tables of the code by hand. */
export async function handSums(database: Database, app: string): Promise<Sums> {
  const [holdings = 0n] = await database.numbers(`SELECT SUM(quantity) FROM ${app}_hand_holding`)
  const [changes = 0n, entries = 0n] = await database.numbers(
    `SELECT SUM(${quotedChange(database)}), COUNT(*) FROM ${app}_hand_history`,
  )
  return { holdings, changes, entries, versions: null }
}

/** Stockpile as a contender. */
export function stockpileContender(database: Database, stockpile: Stockpile, app: string): Contender {
  return {
    name: 'Stockpile',
    change: (user, item, by) =>
      by > 0 ? stockpile.tally(app, user).add(item, by) : stockpile.tally(app, user).subtract(item, -by),
    async deal(changes) {
      const planned = changes.map(({ user, item, by }) => {
        const { plan } = stockpile.tally(app, user)
        return by > 0 ? plan.add(item, by) : plan.subtract(item, -by)
      })
      const outcomes = await stockpile.deal(planned)
      return outcomes.map(({ quantity }) => quantity)
    },
    get: (user, item) => stockpile.tally(app, user).get(item),
    sums: () => stockpileSums(database, app),
    [Symbol.asyncDispose]: () => stockpile.close(),
  }
}

// A reserved word in MariaDB, where it needs quotes that the others don't know.
function quotedChange({ name }: Database): string {
  return name === 'MariaDB' ? '`change`' : 'change'
}
