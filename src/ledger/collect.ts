import { AsyncLocalStorage } from 'node:async_hooks'
import type { Deal } from '../model/deal.ts'
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
  readonly changes: Deal['changes']
  resolve(outcomes: SettledOutcome[]): void
  reject(error: unknown): void
}

/**
 * Does the writes of several inventories as one deal. Every write flows through the wrappers of its inventory, each of which may look at
 * it, add to it or refuse it; what arrives in the cores is settled together, and the outcomes flow back out.
 *
 * @param owner the ledger that does the deal; writes of another one are refused
 * @param writes each does one write, in the order of the deal; the first that fails fails the deal before anything is settled
 * @param settle does the deal
 */
export async function collect<T>(
  owner: object,
  writes: readonly (() => Promise<T>)[],
  settle: (changes: Deal['changes']) => Promise<SettledOutcome[]>,
): Promise<T[]> {
  const parts: (Part | null)[] = writes.map(() => null)
  let awaited = writes.length
  let fault: { error: unknown } | null = null
  const arrive = (): void => {
    awaited -= 1
    if (awaited > 0) return
    void settleParts(
      parts.filter((part) => part !== null),
      fault,
      settle,
    )
  }
  const answers = writes.map((write, index) => {
    let hasArrived = false
    const slot: Slot = { owner, join: null }
    slot.join = ({ changes }) => {
      // Only the first write of a wrapper joins; by the time of a second one the deal may be done.
      slot.join = null
      hasArrived = true
      return new Promise((resolve, reject) => {
        parts[index] = { changes, resolve, reject }
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
  parts: readonly Part[],
  fault: { error: unknown } | null,
  settle: (changes: Deal['changes']) => Promise<SettledOutcome[]>,
): Promise<void> {
  try {
    if (fault !== null) throw fault.error
    if (parts.length === 0) return
    const outcomes = await settle(parts.flatMap((part) => part.changes))
    let next = 0
    for (const part of parts) {
      part.resolve(outcomes.slice(next, next + part.changes.length))
      next += part.changes.length
    }
  } catch (error) {
    for (const part of parts) part.reject(error)
  }
}
