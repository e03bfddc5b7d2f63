import type { Contender, Database, StockChange } from './database.ts'
import { expectMoved } from './expect-moved.ts'
import { load, type LoadOptions, type RunResult } from './load.ts'
import { runAlone } from './question.ts'
import { rivalsQuestion } from './rivals.ts'
import { firstUser, seedByHand, seedStockpile, stockItem, stockpileContender } from './stock.ts'
import { seeded } from './workload.ts'

const accounts = 100_000
const app = 'bench'
const items = [stockItem, stockItem + 1] as const

/** How many trades a second between two users, four changes each: Stockpile beside code written by hand. */
const trades = rivalsQuestion<Contender>(
  {
    name: 'trades',
    title: 'Trades: two users swap items, four changes in one deal, by hand and with Stockpile, fully durable',
    note:
      'Pairs are by hand, then Stockpile. Processor time is for one trade; on SQLite node does the database’s work too. On the servers the ' +
      'code by hand locks all four rows in one statement, in the order of their key, writes them in another and the history in a third. ' +
      '100,000 accounts of two items.',
  },
  async (database, stack) => {
    const stockpile = await database.open()
    const ours = stack.use(stockpileContender(database, stockpile, app))
    await seedStockpile(database, stockpile, { app, accounts, items })
    const hand = stack.use(await database.byHand(app))
    await seedByHand(database, { app, accounts, items })
    const tables = new Map([
      [hand, `${app}_hand_holding`],
      [ours, `${app}_stockpile_holding`],
    ])
    return {
      hand,
      ours,
      run: (contender, options, seed) =>
        checkedTrades(contender, () => heldOf(database, tables.get(contender) ?? ''), options, seed),
    }
  },
)

/** Two different users, each of whom gives 1 to 5 of one item and gets 1 to 5 of the other. */
function tradesOf(seed: number): () => StockChange[] {
  const random = seeded(seed)
  const upTo = (most: number): number => Math.floor(random() * most)
  return () => {
    const place = upTo(accounts)
    const [one, other] = [firstUser + 1 + place, firstUser + 1 + ((place + 1 + upTo(accounts - 1)) % accounts)]
    const [given, gotten] = [1 + upTo(5), 1 + upTo(5)]
    const [first, second] = random() < 0.5 ? items : [items[1], items[0]]
    return [
      { user: one, item: first, by: -given },
      { user: other, item: first, by: given },
      { user: other, item: second, by: -gotten },
      { user: one, item: second, by: gotten },
    ]
  }
}

/** Trades for some time, and holds the tables to it: of each item there is as much as before, and each trade is in the history. */
async function checkedTrades(
  contender: Contender,
  held: () => Promise<readonly bigint[]>,
  options: LoadOptions,
  seed: number,
): Promise<RunResult> {
  const pick = tradesOf(seed)
  let done = 0
  const operate = async (): Promise<void> => {
    await contender.deal(pick())
    done += 1
  }
  const [heldBefore, before] = [await held(), await contender.sums()]
  await load({ ...options, milliseconds: Math.min(300, options.milliseconds) }, operate)
  const result = await load(options, operate)
  const [heldAfter, after] = [await held(), await contender.sums()]
  const { name } = contender
  for (const [place, item] of items.entries())
    expectMoved(`${name}: the sum of item ${item}`, (heldAfter[place] ?? 0n) - (heldBefore[place] ?? 0n), 0)
  expectMoved(`${name}: the sum of the history's changes`, after.changes - before.changes, 0)
  expectMoved(`${name}: the number of the history's rows`, after.entries - before.entries, done * 4)
  if (after.versions !== null && before.versions !== null)
    expectMoved(`${name}: the sum of the versions`, after.versions - before.versions, done * 2)
  return result
}

/** How much of each item there is. */
function heldOf(database: Database, table: string): Promise<bigint[]> {
  const sums = items.map((item) => `SUM(CASE WHEN item_id = '${item}' THEN quantity ELSE 0 END)`)
  return database.numbers(`SELECT ${sums.join()} FROM ${table}`)
}

export default trades
await runAlone(import.meta, trades)
