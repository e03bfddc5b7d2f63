import type { Session, Storage } from '../../src/storage/contract.ts'
import { accounts, change, deal, settle } from './farm.ts'

/** Two transactions, of which each has locked one of two accounts. */
export async function facing(storage: Storage): Promise<{ left: Session; right: Session }> {
  await settle(storage, [deal([change('add', 'left', 'egg', 1n), change('add', 'right', 'egg', 1n)])])
  const left = await storage.begin()
  const right = await storage.begin()
  await left.load(accounts('left'), 'wait')
  await right.load(accounts('right'), 'wait')
  return { left, right }
}
