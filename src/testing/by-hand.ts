import assert from 'node:assert/strict'
import type { Context } from './context.ts'

/** Why what is changed by hand can't be seen inside a transaction or a crowd. */
export const byOthers = {
  transaction: 'it changes what is committed, on a connection of its own',
  crowd: 'its connection waits for nobody, and would have to wait for the crowd',
} as const

/** Which serials came, went and changed, as it is compared. */
type Moves = Partial<Record<'in' | 'out' | 'set', readonly bigint[]>>

/** What an entry of history says that a trigger wrote. */
export type HandEntry = readonly [item: string, change: bigint, balance: bigint, serials?: Moves]

/** Runs statements as somebody who knows nothing of Stockpile; where there is a cache, it has learnt of them afterwards. */
export async function byHand(context: Context, ...statements: readonly string[]): Promise<void> {
  for (const statement of statements) await context.database.sql(statement)
  await context.stockpile.relay()
}

/** The text that inserts a holding by hand. */
export function holdingBy(user: string, item: string, quantity: number): string {
  return `INSERT INTO farm_stockpile_holding (user_id, item_id, quantity, serials) VALUES ('${user}', '${item}', ${quantity}, 0)`
}

/** The text that inserts serials without properties by hand. */
export function serialsBy(user: string, item: string, ...serials: readonly number[]): string {
  const rows = serials.map((serial) => `('${user}', '${item}', ${serial}, '{}')`)
  return `INSERT INTO farm_stockpile_serial (user_id, item_id, serial, properties) VALUES ${rows.join(', ')}`
}

/**
 * Checks that an account is at a version, that its newest entries are these and say that they were made by hand, that the books are in order,
 * and that a deal goes on from there by one version.
 *
 * @param entries oldest first
 */
export async function expectByHand(
  context: Context,
  user: string,
  version: bigint,
  entries: readonly HandEntry[],
): Promise<void> {
  const inventory = context.stockpile.hybrid(context.app, user)
  assert.equal((await inventory.all()).version, version, `${user} is at version ${version}`)
  const newest = await inventory.history({ limit: Math.max(1, entries.length) })
  const found = newest.toReversed()
  assert.deepEqual(
    found.map(({ item, change, balance, serials }) => [item, change, balance, serials]),
    entries.map(([item, change, balance, moves]) => [
      item,
      change,
      balance,
      moves === undefined ? null : { in: [], out: [], set: [], ...moves },
    ]),
  )
  for (const { data, party, deal, time } of found) {
    assert.deepEqual(data, { changed: 'by hand' })
    assert.equal(party, null)
    assert.match(deal, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    assert.ok(Number.isInteger(time) && time > 1e12, `${time} is in milliseconds`)
  }
  assert.equal(found.at(-1)?.version, version)
  await context.checkBooks()
  await goOn(context, user, version)
}

/** Checks that a deal goes on from a version by one, and that no trigger takes it for somebody else's. */
export async function goOn(context: Context, user: string, version: bigint): Promise<void> {
  const inventory = context.stockpile.hybrid(context.app, user)
  const items = await inventory.all()
  const changes = [...items.keys()].map((item) => inventory.plan.add(item, 2))
  await context.stockpile.deal([...changes, inventory.plan.add('bread')])
  await inventory.subtract('bread')
  const after = await inventory.all()
  assert.equal(after.version, version + 2n)
  for (const [item, quantity] of items) assert.equal(after.get(item)?.value(), quantity.value() + 2n)
  const [first, second] = await inventory.history({ limit: 2 })
  assert.deepEqual([first?.data, second?.data], [null, null])
  await context.checkBooks()
}
