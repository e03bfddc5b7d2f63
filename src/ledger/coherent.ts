import type { AuditOptions } from '../cache/auditor.ts'
import { Coherence } from '../cache/coherence.ts'
import type { Cache } from '../cache/contract.ts'
import type { Storage } from '../storage/contract.ts'
import type { Logger } from './logger.ts'
import type { ReadLane } from './read-lane.ts'
import { patiently } from './retry.ts'

/** What keeps the cache and the database of a ledger together; null where it has no cache. */
export function coherenceOf(
  settings: {
    readonly storage: Storage
    readonly cache: Cache | null
    readonly audit: AuditOptions | null
    readonly logger: Logger | null
  },
  readLane: ReadLane,
): Coherence | null {
  const { storage, cache, audit, logger } = settings
  if (cache === null) return null
  const reads = {
    read: readLane.read.bind(readLane),
    wholes: (accounts: Parameters<Storage['fetchWhole']>[0]) => patiently(() => storage.fetchWhole(accounts)),
  }
  return new Coherence(cache, storage, reads, {
    audit,
    report: (error) =>
      logger?.warn('the relay that removes values after changes by hand failed; it goes on', { error }),
    reportStaleRead: (proof) =>
      logger?.error('a read answered an older version than the database had before it', proof),
  })
}
