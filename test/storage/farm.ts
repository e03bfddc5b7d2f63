import { uuidv7 } from 'uuidv7'
import { toChange, type Change } from '../../src/model/change.ts'
import { noWrites } from '../../src/ledger/writes.ts'
import { prepareDeal, type Deal, type PreparedDeal } from '../../src/model/deal.ts'
import type { BatchRequest, LockWait, Names, Settlement, Storage, Writes } from '../../src/storage/contract.ts'

/** Makes the tables of an app. */
export async function makeTables(storage: Storage, app: string): Promise<void> {
  const session = await storage.alter()
  await session.versions()
  for (const step of storage.migrations.shared) await session.apply('shared', step)
  for (const step of storage.migrations.app(app)) await session.apply(`app:${app}`, step)
  await session.end()
}

/** A change of an account of `farm`. */
export function change(verb: Change['verb'], user: string, item: string, amount: bigint): Change {
  return toChange('change', { verb, kind: 'tally', app: 'farm', user, item, amount })
}

/** A deal as the ledger prepares it. */
export function deal(changes: readonly Change[], options: Omit<Deal, 'changes'> = {}): PreparedDeal {
  return prepareDeal(uuidv7(), { ...options, changes }, () => 1n)
}

/** Settles deals in a batch of their own. */
export async function settle(
  storage: Storage,
  deals: readonly PreparedDeal[],
  wait: LockWait = 'skip',
): Promise<readonly (Settlement | null)[]> {
  const request: BatchRequest = { id: uuidv7(), deals, now: Date.now(), wait }
  return (await storage.settle(request)).settlements
}

/** How many an account of `farm` has of an item; undefined where it has no such holding. */
export async function quantityOf(storage: Storage, user: string, item: string): Promise<bigint | undefined> {
  const [answer] = await storage.fetch([{ app: 'farm', user, items: [item], hasSerials: false }])
  return answer?.holdings[0]?.quantity
}

/** The names of accounts of `farm`, without holdings. */
export function accounts(...users: string[]): Names {
  return { apps: [{ app: 'farm', users, holdings: [], serials: [] }], keys: [] }
}

/** Writes of `farm` alone. */
export function writes(parts: Partial<Omit<Writes['apps'][number], 'app'>>, commitId: string | null = null): Writes {
  return {
    apps: [{ ...noWrites('farm'), ...parts }],
    receipts: [],
    commit: commitId === null ? null : { id: commitId, time: Date.now() },
  }
}

/** A row of an account of `farm`. */
export function accountRow(user: string, version = 1n): Writes['apps'][number]['accountsNew'][number] {
  return { app: 'farm', user, version, changedAt: 1 }
}

/** A row of a holding of `farm`. */
export function holdingRow(
  user: string,
  item: string,
  quantity: bigint,
): Writes['apps'][number]['holdingsNew'][number] {
  return { app: 'farm', user, item, quantity, serials: 0, position: null }
}
