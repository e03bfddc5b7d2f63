import type { PreparedDeal } from '../model/deal.ts'
import type { Settlement } from '../storage/contract.ts'

/** A deal on its way, and who waits for its answer. */
export interface Job {
  readonly deal: PreparedDeal
  resolve(settlement: Settlement): void
  reject(error: unknown): void
}

/** The accounts that a job's deal names, as keys; with repetition. */
export function accountsOf({ deal }: Job): string[] {
  return deal.changes.map(({ app, user }) => `${app} ${user}`)
}
