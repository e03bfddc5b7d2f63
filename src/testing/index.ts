import { batches } from './batches.ts'
import type { Suite } from './behaviour.ts'
import { bulk } from './bulk.ts'
import { cacheNotes } from './cache-notes.ts'
import type { CacheClaim } from './cache-claim.ts'
import { cacheFinds } from './cache-finds.ts'
import { cacheIntents } from './cache-intents.ts'
import { cacheLives } from './cache-lives.ts'
import { cacheTokens } from './cache-tokens.ts'
import { callbacks } from './callbacks.ts'
import { changeList } from './change-list.ts'
import { changesByHand } from './changes-by-hand.ts'
import { deals } from './deals.ts'
import { dryRuns } from './dry-runs.ts'
import { history } from './history.ts'
import { hybrids } from './hybrids.ts'
import { inspectors } from './inspectors.ts'
import { lifecycle } from './lifecycle.ts'
import { limits } from './limits.ts'
import { locks } from './locks.ts'
import { migrations } from './migrations.ts'
import { properties } from './properties.ts'
import { quantities } from './quantities.ts'
import { reads } from './reads.ts'
import { receipts } from './receipts.ts'
import { savepoints } from './savepoints.ts'
import { serialLimits } from './serial-limits.ts'
import { serialsByHand } from './serials-by-hand.ts'
import { serials } from './serials.ts'
import { sorters } from './sorters.ts'
import { transactionLimits } from './transaction-limits.ts'
import { transactions } from './transactions.ts'
import { transfers } from './transfers.ts'
import { validation } from './validation.ts'
import { verbs } from './verbs.ts'
import { verify } from './verify.ts'
import { versions } from './versions.ts'
import { wholeAccounts } from './whole-accounts.ts'
import { wrappers } from './wrappers.ts'

export type { Behaviour, Capabilities, Mode, Suite } from './behaviour.ts'
export {
  CacheContext,
  isClaimApplicable,
  runCacheClaim,
  type CacheBackend,
  type CacheClaim,
  type CachePlace,
  type MortalCachePlace,
} from './cache-claim.ts'
export { Context, type Wrap } from './context.ts'
export type { Backend, Database, ForeignTransaction, TextRow } from './database.ts'
export { isApplicable, runBehaviour } from './run-behaviour.ts'

/**
 * All behaviours that a backend is held to, by topic.
 *
 * @example
 * const context = await Context.open(backend)
 * for (const suite of suites) {
 *   for (const behaviour of suite.behaviours) {
 *     if (isApplicable(behaviour, 'alone', backend.can)) await runBehaviour(behaviour, 'alone', context)
 *   }
 * }
 * await context.end()
 */
export const suites: readonly Suite[] = [
  validation,
  limits,
  verbs,
  reads,
  quantities,
  serials,
  serialLimits,
  properties,
  hybrids,
  transfers,
  sorters,
  inspectors,
  wrappers,
  dryRuns,
  deals,
  receipts,
  versions,
  history,
  transactions,
  transactionLimits,
  savepoints,
  callbacks,
  locks,
  batches,
  migrations,
  verify,
  changesByHand,
  serialsByHand,
  wholeAccounts,
  bulk,
  changeList,
  cacheNotes,
  lifecycle,
]

/**
 * All that a cache is held to.
 *
 * @example
 * for (const claim of cacheClaims) {
 *   if (isClaimApplicable(claim, cacheBackend)) await runCacheClaim(claim, cacheBackend)
 * }
 */
export const cacheClaims: readonly CacheClaim[] = [...cacheFinds, ...cacheTokens, ...cacheIntents, ...cacheLives]
