import { AsyncLocalStorage } from 'node:async_hooks'
import { BrokenLayerError } from '../errors.ts'
import { toVersion, type Change } from '../model/change.ts'
import type { Deal, WriteOptions } from '../model/deal.ts'
import type { SettledOutcome } from './ledger.ts'

/** Does deals. */
export type Settle = (deal: Deal) => Promise<SettledOutcome[]>

/** Where a write of this chain of calls joins a deal of several inventories. */
export const collecting = new AsyncLocalStorage<Slot>()

interface Slot {
  /** The ledger that does the deal. */
  readonly owner: object
  /** Takes the first write; null afterwards. */
  join: Settle | null
  /** Refuses a later write if it is one more of the same inventory. */
  check(deal: Deal): void
}

/** One write of a deal of several inventories. */
export interface Write<T> {
  readonly inventory: { readonly app: string; readonly user: string }
  readonly write: () => Promise<T>
}

interface Part {
  readonly deal: Deal
  resolve(outcomes: SettledOutcome[]): void
  reject(error: unknown): void
}

/**
 * Does deals that came through several inventories.
 *
 * @param deals what arrived in the core of each, in order; null for one whose layers wrote nothing
 * @returns the outcomes of each
 */
export type SettleAll = (deals: readonly (Deal | null)[]) => Promise<SettledOutcome[][]>

/**
 * Does the writes of several inventories as one deal. Every write flows through the wrappers of its inventory, each of which may look at
 * it, add to it or refuse it; what arrives in the cores is settled together, and the outcomes flow back out.
 *
 * @param owner the ledger that does the deal; writes of another one are refused
 * @param writes each does one write, in the order of the deal; the first that fails fails the deal before anything is settled, and so
 *   does one that writes twice at once
 * @param settle does the deal, as if it was called where this was called
 * @throws BrokenLayerError where an inventory writes twice; what it had written before stays
 */
export async function collect<T>(owner: object, writes: readonly Write<T>[], settle: SettleAll): Promise<T[]> {
  const outside = AsyncLocalStorage.snapshot()
  const parts: (Part | null)[] = writes.map(() => null)
  let fault: { error: unknown } | null = null
  // One more than the writes, until all have been called: a layer that writes twice at once is found out before anything is settled.
  let awaited = writes.length + 1
  let isSettling = false
  const arrive = (): void => {
    awaited -= 1
    if (awaited > 0) return
    isSettling = true
    void outside(() => settleParts(parts, fault, settle))
  }
  const answers = writes.map(({ inventory, write }, index) => {
    let hasArrived = false
    let isOver = false
    const check = (deal: Deal): void => {
      if (isOver || !hasArrived || !isOfSame(inventory, parts[index] ?? null, deal)) return
      const error = writtenTwice(inventory)
      if (!isSettling) fault ??= { error }
      throw error
    }
    const slot: Slot = { owner, join: null, check }
    slot.join = (deal) => {
      // Only the first write of a wrapper joins; by the time of a second one the deal may be done.
      slot.join = null
      hasArrived = true
      return new Promise((resolve, reject) => {
        parts[index] = { deal, resolve, reject }
        arrive()
      })
    }
    return collecting.run(slot, async () => {
      try {
        return await write()
      } catch (error) {
        if (!hasArrived) fault ??= { error }
        throw error
      } finally {
        isOver = true
        slot.join = null
        if (!hasArrived) arrive()
      }
    })
  })
  arrive()
  const results = await Promise.allSettled(answers)
  // The cause first: what the others say is a consequence of it.
  if (fault !== null) throw (fault as { error: unknown }).error
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
}

/** Whether a deal changes the inventory's own account, or one that its first write changed. */
function isOfSame({ app, user }: Write<unknown>['inventory'], first: Part | null, { changes }: Deal): boolean {
  const known = [{ app, user }, ...(first?.deal.changes ?? [])]
  return changes.some((change) => known.some((one) => one.app === change.app && one.user === change.user))
}

function writtenTwice({ app, user }: Write<unknown>['inventory']): BrokenLayerError {
  const fault =
    'wrote a second time within a deal: what happens together is written at once, so hand all changes to super.write() in one call'
  return new BrokenLayerError({ app, user, layer: null, fault })
}

async function settleParts(
  parts: readonly (Part | null)[],
  fault: { error: unknown } | null,
  settle: SettleAll,
): Promise<void> {
  try {
    if (fault !== null) throw fault.error
    if (parts.every((part) => part === null)) return
    const outcomes = await settle(parts.map((part) => part?.deal ?? null))
    for (const [index, part] of parts.entries()) part?.resolve(outcomes[index]!)
  } catch (error) {
    for (const part of parts) part?.reject(error)
  }
}

/**
 * Does deals one after the other as one.
 *
 * @param options what the whole deal says; what the layers of a part said besides counts too: their `data` beside that of the others,
 *   their `ifVersion` for their own changes, and `dryRun` for all
 * @param settle does the deal
 */
export async function settleInOne(
  deals: readonly (Deal | null)[],
  options: WriteOptions,
  settle: Settle,
): Promise<SettledOutcome[][]> {
  const parts = deals.map((deal) => withOwnVersion(deal))
  const outcomes = await settle({
    ...options,
    key: options.key ?? deals.find((deal) => deal?.key !== undefined)?.key,
    data: dataOf(deals, options),
    dryRun: deals.some((deal) => deal?.dryRun === true) || options.dryRun,
    changes: parts.flat(),
  })
  let next = 0
  return parts.map(({ length }) => outcomes.slice(next, (next += length)))
}

function withOwnVersion(deal: Deal | null): readonly Change[] {
  const { changes = [], ifVersion } = deal ?? {}
  if (ifVersion === undefined) return changes
  const version = toVersion('ifVersion', ifVersion)
  return changes.map((change) => ({ ...change, ifVersion: change.ifVersion ?? version }))
}

function dataOf(deals: readonly (Deal | null)[], { data }: WriteOptions): WriteOptions['data'] {
  const others = deals.flatMap((deal) => (deal?.data === undefined || deal.data === data ? [] : [deal.data]))
  return others.length === 0 ? data : (Object.assign({}, data, ...others) as WriteOptions['data'])
}
