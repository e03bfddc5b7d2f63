import type { PreparedDeal } from '../model/deal.ts'
import type { Settlement } from '../storage/contract.ts'
import { accountsOf } from './batch.ts'

/** A deal on its way, and who waits for its answer. */
export interface Job {
  readonly deal: PreparedDeal
  /** What it names; see `namesOf`. */
  readonly names: readonly string[]
  /** How much work it is; see `workOf`. */
  readonly work: number
  /** Its place among all that came to the lane. */
  readonly order: number
  resolve(settlement: Settlement): void
  reject(error: unknown): void
}

/** About how much work a deal is, where a change of a tally is 1: so many times as long does it take, to settle and to write. */
export function workOf({ changes, key }: PreparedDeal): number {
  let work = key === null ? 0 : 1
  for (const { kind, serials } of changes) work += kind === 'tally' ? 1 : 1 + Math.max(1, serials?.length ?? 1)
  return work
}

/**
 * What no two transactions of a lane may have to do with at the same time: the accounts of a deal, the serials that it names, which may move
 * between accounts, and its idempotency key; with repetition.
 */
export function namesOf({ changes, key }: PreparedDeal): string[] {
  const names = accountsOf(changes)
  for (const { app, serials } of changes)
    if (serials !== null) for (const { serial } of serials) names.push(`${app}#${serial}`)
  if (key !== null) names.push(`#${key}`)
  return names
}
