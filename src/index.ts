export { Stockpile, type StockpileOptions, type TransactionOptions } from './stockpile.ts'
export { Inventory, type Plan, type PlanOptions, type ReadOptions, type Selection } from './inventory/inventory.ts'
export { Tally } from './inventory/tally.ts'
export type { Amount } from './model/amount.ts'
export type { Change, Kind, Verb } from './model/change.ts'
export type { Deal, Outcome, WriteOptions } from './model/deal.ts'
export type { ItemId, UserId } from './model/id.ts'
export { Items } from './model/items.ts'
export type { Entry, HistoryFilter } from './ledger/history.ts'
export type { BatchOptions } from './ledger/lane.ts'
export type { Logger } from './ledger/ledger.ts'
export type { BatchTrace, DealTrace, TransactionTrace } from './ledger/trace.ts'
export type { Break, VerifyOptions, VerifyReport } from './ledger/verify.ts'
export type { Storage } from './storage/contract.ts'
export type { Migration } from './storage/migrator.ts'
export {
  ClosedError,
  ConflictError,
  ConnectionLostError,
  DatabaseError,
  DriverMissingError,
  InTransactionError,
  InvalidArgumentError,
  KeyReusedError,
  LockTimeoutError,
  NoTransactionError,
  NotEnoughError,
  OutcomeUnknownError,
  QuantityOverflowError,
  QueueFullError,
  SchemaTooNewError,
  SchemaTooOldError,
  SecondDatabaseError,
  StockpileError,
  TablesAwaitedError,
  TablesMissingError,
  TransactionClosedError,
  TransactionTimeoutError,
  UnsupportedDatabaseError,
  VersionConflictError,
} from './errors.ts'
