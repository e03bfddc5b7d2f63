import type { HistoryRow } from '../../src/storage/contract.ts'
import type { Books } from './books.ts'

/**
 * Checks, from the rows alone, what every account's books must be: no gap in its versions and lines, every balance the one before it
 * plus the change, none below zero, no time going back, and account and holdings where the history ends.
 *
 * @returns what is wrong, in words; empty when all is well
 */
export function checkBooks({ accounts, holdings, history }: Books): string[] {
  const wrong: string[] = []
  const balances = new Map<string, bigint>()
  const last = new Map<string, HistoryRow>()
  for (const row of history) {
    const where = `${row.user} version ${row.version} line ${row.line}`
    const before = last.get(row.user)
    const isNextLine = before?.version === row.version && row.line === before.line + 1
    const isNextVersion = row.version === (before?.version ?? 0n) + 1n && row.line === 1
    if (!isNextLine && !isNextVersion) wrong.push(`${where}: does not follow ${before?.version}/${before?.line}`)
    if (before !== undefined && row.time < before.time) wrong.push(`${where}: is earlier than the one before`)
    const holding = `${row.user} ${row.item}`
    const balance = (balances.get(holding) ?? 0n) + row.change
    if (balance !== row.balance || balance < 0n)
      wrong.push(`${where}: balance ${row.balance}, and it should be ${balance}`)
    if (row.change === 0n) wrong.push(`${where}: changes nothing`)
    balances.set(holding, row.balance)
    last.set(row.user, row)
  }
  for (const { user, version } of accounts) {
    const end = last.get(user)?.version ?? 0n
    if (version !== end) wrong.push(`${user}: at version ${version}, and the history ends at ${end}`)
    last.delete(user)
  }
  for (const user of last.keys()) wrong.push(`${user}: history without an account`)
  for (const { user, item, quantity } of holdings) {
    const balance = balances.get(`${user} ${item}`) ?? 0n
    if (quantity !== balance) wrong.push(`${user} ${item}: holds ${quantity}, and the history says ${balance}`)
    balances.delete(`${user} ${item}`)
  }
  for (const [holding, balance] of balances) {
    if (balance !== 0n) wrong.push(`${holding}: no holding, and the history says ${balance}`)
  }
  return wrong
}
