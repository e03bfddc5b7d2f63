import type { Stockpile } from '../src/index.ts'
import type { Database, SerialContender, SerialSums } from './database.ts'
import { firstUser, handSums, stockItem, stockpileSums } from './stock.ts'

/** What every serial has as properties at first: as much as a game keeps of a sword. */
export const serialProperties = { name: 'Sword of Dawn', level: 12, bound: true, sockets: ['ruby', 'opal'] } as const

/** Serials that a benchmark begins with: as many of one item in every account. */
export interface SerialStock {
  readonly app: string
  readonly accounts: number
  /** Of each account. */
  readonly serials: number
}

/** Gives accounts their first serials in Stockpile's tables, by Stockpile itself. */
export async function seedStockpileSerials(
  database: Database,
  stockpile: Stockpile,
  { app, accounts, serials }: SerialStock,
): Promise<void> {
  await stockpile.migrate([app])
  await stockpile.serial(app, firstUser).ready()
  const users = Array.from({ length: accounts }, (_user, place) => firstUser + 1 + place)
  await Promise.all(
    users.map((user) => {
      const inventory = stockpile.serial(app, user)
      const quantity = inventory.quantity()
      for (let made = 0; made < serials; made += 1) quantity.add(serialProperties)
      return inventory.add(stockItem, quantity)
    }),
  )
  await database.settleDown()
}

/** Gives the code by hand as many serials. */
export async function seedSerialsByHand(database: Database, { app, accounts, serials }: SerialStock): Promise<void> {
  await database.execute(
    `INSERT INTO ${app}_hand_holding (user_id, item_id, quantity)
      SELECT ${database.text(`n + ${firstUser}`)}, '${stockItem}', ${serials} FROM ${database.series(accounts)}`,
  )
  const user = database.text(`(n - 1) % ${accounts} + 1 + ${firstUser}`)
  await database.execute(
    `INSERT INTO ${app}_hand_serial (user_id, item_id, properties)
      SELECT ${user}, '${stockItem}', '${JSON.stringify(serialProperties)}' FROM ${database.series(accounts * serials)}`,
  )
  await database.settleDown()
}

/** Gives one account so many counted items in Stockpile's tables. */
export async function seedStockpileItems(
  database: Database,
  stockpile: Stockpile,
  { app, user, items }: { readonly app: string; readonly user: number; readonly items: number },
): Promise<void> {
  await stockpile.migrate([app])
  const { plan } = stockpile.tally(app, user)
  await stockpile.deal(Array.from({ length: items }, (_item, place) => plan.add(stockItem + 1 + place, 5)))
  await database.settleDown()
}

/** Gives one account of the code by hand as many. */
export async function seedItemsByHand(
  database: Database,
  { app, user, items }: { readonly app: string; readonly user: number; readonly items: number },
): Promise<void> {
  await database.execute(
    `INSERT INTO ${app}_hand_holding (user_id, item_id, quantity)
      SELECT '${user}', ${database.text(`n + ${stockItem}`)}, 5 FROM ${database.series(items)}`,
  )
  await database.settleDown()
}

/** Stockpile's serials as a contender. */
export function stockpileSerials(database: Database, stockpile: Stockpile, app: string): SerialContender {
  return {
    name: 'Stockpile',
    async add(user, item) {
      const quantity = await stockpile.serial(app, user).add(item)
      // The newest: nobody else writes to this account at this time.
      return quantity.serials().at(-1)!
    },
    subtract: (user, item, serial) => stockpile.serial(app, user).subtract(item, [serial]),
    get: async (user, item) => (await stockpile.serial(app, user).get(item)).serials().length,
    all: async (user) => (await stockpile.tally(app, user).all()).size,
    async sums() {
      const [serials = 0n] = await database.numbers(`SELECT COUNT(*) FROM ${app}_stockpile_serial`)
      const [counted = 0n] = await database.numbers(`SELECT SUM(serials) FROM ${app}_stockpile_holding`)
      return { ...(await stockpileSums(database, app)), holdings: counted, serials }
    },
    [Symbol.asyncDispose]: () => stockpile.close(),
  }
}

/** Adds up the tables of the serials by hand. */
export async function handSerialSums(database: Database, app: string): Promise<SerialSums> {
  const [serials = 0n] = await database.numbers(`SELECT COUNT(*) FROM ${app}_hand_serial`)
  return { ...(await handSums(database, app)), serials }
}
