import type { AuditOptions } from './cache/auditor.ts'
import type { Cache } from './cache/contract.ts'
import { InvalidArgumentError } from './errors.ts'
import type { BatchOptions, LaneSettings } from './ledger/lane.ts'
import type { LedgerSettings } from './ledger/ledger.ts'
import type { Logger } from './ledger/logger.ts'
import type { SerialSource } from './ledger/serial-numbers.ts'
import { toOptions } from './model/options.ts'
import type { Storage } from './storage/contract.ts'

// The last moment that a Date can name.
const timeMsMax = 8.64e15

/** How a Stockpile is made. */
export interface StockpileOptions {
  /** Where holdings live: `sqlite(path)`, `mysql(url or pool)`, `postgres(url or client)`. */
  readonly storage: Storage
  /**
   * Where accounts are cached: `memoryCache()`, `memcached(servers)`, `redis(url or client)`. What is read is never older than what was
   * acknowledged. The database remembers it: whoever writes to it must have the same one. Nothing is cached unless said otherwise.
   */
  readonly cache?: Cache
  /**
   * Has a share of the reads prove, beside the work that goes on, that they are not stale; nobody is asked unless said otherwise. Each costs a
   * read of the database.
   */
  readonly audit?: AuditOptions
  /** Milliseconds since 1970, so that tests own time; `Date.now` unless said otherwise. */
  readonly clock?: () => number
  /** Serial numbers of your own; otherwise they are leased from the database, unique for ever and rising with time. */
  readonly serials?: SerialSource
  /** `auto`: tables are made at first use (the default on SQLite); `migrate`: by `migrate()` only (the default elsewhere). */
  readonly tables?: 'auto' | 'migrate'
  /** How deals are batched. */
  readonly batch?: BatchOptions
  /** How long answers to idempotency keys are kept, in days above 0; 30 unless said otherwise, `Infinity` for ever. */
  readonly receiptDays?: number
  /** Told of what nobody waits for. Without one nothing is printed, except for a callback that throws, which becomes a process warning. */
  readonly logger?: Logger
}

/**
 * Checks how a Stockpile is to be made.
 *
 * @throws InvalidArgumentError naming the option that breaks a rule
 */
export function ledgerSettings(options: StockpileOptions): LedgerSettings {
  // A storage alone is the likeliest slip.
  if (typeof options !== 'object' || options === null || 'settle' in options) {
    throw new InvalidArgumentError('options', options, "an object with a storage: { storage: sqlite('farm.db') }")
  }
  const {
    storage,
    cache = null,
    clock = Date.now,
    receiptDays = 30,
    logger = null,
  } = toOptions('options', options, [
    'storage',
    'cache',
    'audit',
    'clock',
    'serials',
    'tables',
    'batch',
    'receiptDays',
    'logger',
  ])
  if (typeof (storage as Storage | undefined)?.settle !== 'function') {
    throw new InvalidArgumentError('storage', storage, 'sqlite(path), mysql(url or pool) or postgres(url or client)')
  }
  if (cache !== null && typeof cache.intend !== 'function')
    throw new InvalidArgumentError('cache', cache, 'memoryCache(), memcached(servers) or redis(url or client)')
  if (typeof clock !== 'function')
    throw new InvalidArgumentError('clock', clock, 'a function that answers milliseconds since 1970')
  if (typeof receiptDays !== 'number' || !(receiptDays > 0))
    throw new InvalidArgumentError('receiptDays', receiptDays, 'a number of days above 0')
  const serials = options.serials ?? null
  if (serials !== null && typeof serials.next !== 'function')
    throw new InvalidArgumentError('serials', serials, 'an object with a method next()')
  const tables = options.tables ?? storage.tables
  if (tables !== 'auto' && tables !== 'migrate') throw new InvalidArgumentError('tables', tables, "'auto' or 'migrate'")
  const keptMs = Math.ceil(receiptDays * 24 * 60 * 60 * 1000)
  const receiptsKeptMs = keptMs > timeMsMax ? null : keptMs
  return {
    storage,
    cache,
    audit: toAudit(options.audit),
    clock: () => toTime(clock()),
    tables,
    lane: laneSettings(options.batch, storage, cache !== null),
    logger,
    receiptsKeptMs,
    serials,
  }
}

function toAudit(audit: AuditOptions | undefined): AuditOptions | null {
  if (audit === undefined) return null
  const { share, onStaleRead } = toOptions('audit', audit, ['share', 'onStaleRead'])
  if (typeof share !== 'number' || !(share > 0 && share <= 1))
    throw new InvalidArgumentError('audit.share', share, 'a number above 0, up to 1')
  if (onStaleRead !== undefined && typeof onStaleRead !== 'function')
    throw new InvalidArgumentError('audit.onStaleRead', onStaleRead, 'a function')
  return audit
}

function laneSettings(batch: BatchOptions = {}, { isSingleWriter }: Storage, isCached: boolean): LaneSettings {
  const {
    dealsMax = 512,
    bytesMax = 4 * 1024 * 1024,
    queueMax = 65_536,
    whenFull = 'refuse',
    inFlightMax = 2,
  } = toOptions('batch', batch, ['dealsMax', 'bytesMax', 'queueMax', 'whenFull', 'inFlightMax'])
  if (whenFull !== 'refuse' && whenFull !== 'wait')
    throw new InvalidArgumentError('batch.whenFull', whenFull, "'refuse' or 'wait'")
  const batchesMax = toCount('batch.inFlightMax', inFlightMax, 1, 2)
  return {
    dealsMax: toCount('batch.dealsMax', dealsMax, 1),
    bytesMax: toCount('batch.bytesMax', bytesMax, 1),
    queueMax: toCount('batch.queueMax', queueMax, 1),
    whenFull,
    inFlightMax: batchesMax,
    // With less work, a second batch costs more processor time than it gains, since both are small; with more it gains up to a third. A single
    // writer that waits for the cache has its thread idle meanwhile.
    secondMin: isSingleWriter && isCached ? 32 : 128,
    // With the growing pauses of backOff about two seconds: longer than a deadlock takes, shorter than a caller likes to wait.
    retriesMax: 20,
    // Each holds a connection of the pool; the others are for the lane, the reads and the transactions.
    detoursMax: 4,
    // A single writer has no rows to skip: it waits for the whole file.
    firstWait: isSingleWriter ? 'wait' : 'skip',
  }
}

/** Checks a whole number. */
export function toCount(argument: string, value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return value
  const upTo = most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`
  throw new InvalidArgumentError(argument, value, `a whole number from ${least}${upTo}`)
}

/** Some clocks tell fractions, and a history keeps whole milliseconds. */
function toTime(time: unknown): number {
  if (typeof time === 'number' && Math.abs(time) <= timeMsMax) return Math.floor(time)
  throw new InvalidArgumentError('clock', time, 'a function that answers milliseconds since 1970')
}
