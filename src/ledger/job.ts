import type { PreparedDeal } from '../model/deal.ts'
import type { Settlement } from '../storage/contract.ts'

/** A deal on its way, and who waits for its answer. */
export interface Job {
  readonly deal: PreparedDeal
  /** Its place among all that came to the lane. */
  readonly order: number
  resolve(settlement: Settlement): void
  reject(error: unknown): void
}
