export { Stockpile, type TransactionOptions } from './stockpile.ts'
export type { StockpileOptions } from './stockpile-options.ts'
export type { AuditOptions, StaleRead } from './cache/auditor.ts'
export {
  Inventory,
  type Outcomes,
  type Plan,
  type Planned,
  type PlanOptions,
  type ReadOptions,
  type Selection,
} from './inventory/inventory.ts'
export { Hybrid, type Converting, type HybridInventory } from './inventory/hybrid.ts'
export { Serial, type SerialGiven, type SerialOptions } from './inventory/serial.ts'
export { Tally } from './inventory/tally.ts'
export { Cacher } from './wrap/cacher.ts'
export { FirstAddedSorter } from './wrap/first-added-sorter.ts'
export { OldestSorter } from './wrap/oldest-sorter.ts'
export { Passthru, type GivenOf, type Layered, type QuantityOf } from './wrap/passthru.ts'
export { QuantityInspector, type Check, type Inspection } from './wrap/quantity-inspector.ts'
export { RecentSorter } from './wrap/recent-sorter.ts'
export { Sorter } from './wrap/sorter.ts'
export type { Page, Sorted, Sorting } from './wrap/sorter-layer.ts'
export { Transfer } from './wrap/transfer.ts'
export { HybridQuantity } from './model/hybrid-quantity.ts'
export { Quantity } from './model/quantity.ts'
export type { PropertySchema } from './model/property-schema.ts'
export type { Properties, SerialNumber } from './model/serial.ts'
export type { SerialSource } from './ledger/serial-numbers.ts'
export type { Amount } from './model/amount.ts'
export type { Change, Kind, Verb } from './model/change.ts'
export type { Deal, Outcome, WriteOptions } from './model/deal.ts'
export type { ItemId, UserId } from './model/id.ts'
export { Items } from './model/items.ts'
export type { Entry, HistoryFilter } from './ledger/history.ts'
export type { Sql } from './ledger/bulk.ts'
export type { BatchOptions } from './ledger/lane.ts'
export type { Joined } from './ledger/join.ts'
export type { Logger } from './ledger/logger.ts'
export type { Joinable } from './clients/executor-of.ts'
export { fromDrizzle, type DrizzleSql, type DrizzleTransaction } from './clients/from-drizzle.ts'
export type { BatchTrace, DealTrace, TransactionTrace } from './ledger/trace.ts'
export type { Break, VerifyOptions, VerifyReport } from './ledger/verify.ts'
export type { SqlAnswer, SqlParameter } from './storage/cached-contract.ts'
export type { Executor, Storage } from './storage/contract.ts'
export type { Migration } from './storage/migrator.ts'
export type {
  Cache,
  CacheOptions,
  CacheSettings,
  Entry as CacheEntry,
  Found as CacheFound,
  Intended as CacheIntended,
  Lookup as CacheLookup,
  Token as CacheToken,
} from './cache/contract.ts'
export { memoryCache, type MemoryCacheOptions } from './cache/memory/index.ts'
export type { CacheNote } from './cache/note.ts'
export type { CacheStatistics } from './cache/statistics.ts'
export {
  BrokenLayerError,
  CacheMismatchError,
  CacheUnavailableError,
  ClosedError,
  ConflictError,
  ConnectionLostError,
  DatabaseError,
  DriverMissingError,
  InBulkError,
  InTransactionError,
  InvalidArgumentError,
  InvalidPropertiesError,
  JoinRefusedError,
  KeyReusedError,
  KindMismatchError,
  LockTimeoutError,
  NoTransactionError,
  NotEnoughError,
  OutcomeUnknownError,
  QuantityOverflowError,
  QueueFullError,
  SchemaTooNewError,
  SchemaTooOldError,
  SecondDatabaseError,
  SerialNotFoundError,
  SerialTakenError,
  SerialsAwaitedError,
  SerialsNotReadyError,
  StockpileError,
  TablesAwaitedError,
  TablesMissingError,
  TriggersRefusedError,
  TransactionClosedError,
  TransactionTimeoutError,
  UnsupportedCacheError,
  UnsupportedDatabaseError,
  VersionConflictError,
} from './errors.ts'
