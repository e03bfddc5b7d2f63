import type { Stockpile } from '../../index.ts'
import type { States } from './checker.ts'

const pageMax = 1_000

/** The states that an account went through, from its history. */
export async function statesOf(stockpile: Stockpile, app: string, account: string): Promise<States> {
  const inventory = stockpile.tally(app, account)
  const entries = await inventory.history({ limit: pageMax })
  for (let page = entries; page.length === pageMax;) {
    page = await inventory.history({ limit: pageMax, before: page.at(-1)! })
    entries.push(...page)
  }
  const states = new Map<number, number | null>()
  const balances = new Map<string, bigint>()
  for (const { item, version, balance, data } of entries.toReversed()) {
    balances.set(item, balance)
    // By hand and by SQL there is nothing but the balance, which is the mark; of both items, or nobody may see it.
    const [left, right] = [balances.get('left'), balances.get('right')]
    const isWhole = data?.['mark'] === undefined ? left === right : data['isPassing'] !== true
    states.set(Number(version), isWhole ? Number(data?.['mark'] ?? balance) : null)
  }
  return states
}
