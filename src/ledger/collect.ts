import { AsyncLocalStorage } from 'node:async_hooks'
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
 * @param writes each does one write, in the order of the deal; the first that fails fails the deal before anything is settled
 * @param settle does the deal, as if it was called where this was called
 */
export async function collect<T>(
  owner: object,
  writes: readonly (() => Promise<T>)[],
  settle: SettleAll,
): Promise<T[]> {
  const outside = AsyncLocalStorage.snapshot()
  const parts: (Part | null)[] = writes.map(() => null)
  let awaited = writes.length
  let fault: { error: unknown } | null = null
  const arrive = (): void => {
    awaited -= 1
    if (awaited === 0) void outside(() => settleParts(parts, fault, settle))
  }
  const answers = writes.map((write, index) => {
    let hasArrived = false
    const slot: Slot = { owner, join: null }
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
        slot.join = null
        if (!hasArrived) arrive()
      }
    })
  })
  const results = await Promise.allSettled(answers)
  // The cause first: what the others say is a consequence of it.
  if (fault !== null) throw (fault as { error: unknown }).error
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
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
