export { StockpileError, type ErrorReference } from './errors/stockpile-error.ts'
export { InvalidArgumentError, InvalidPropertiesError } from './errors/argument.ts'
export { BrokenLayerError } from './errors/layer.ts'
export {
  KeyReusedError,
  KindMismatchError,
  NotEnoughError,
  QuantityOverflowError,
  SerialNotFoundError,
  SerialTakenError,
  VersionConflictError,
} from './errors/refusal.ts'
export { CacheMismatchError, CacheUnavailableError, UnsupportedCacheError } from './errors/cache.ts'
export {
  ConflictError,
  ConnectionLostError,
  DatabaseError,
  DriverMissingError,
  LockTimeoutError,
  OutcomeUnknownError,
  SecondDatabaseError,
  UnsupportedDatabaseError,
} from './errors/database.ts'
export {
  SchemaTooNewError,
  SchemaTooOldError,
  SerialsAwaitedError,
  SerialsNotReadyError,
  TablesAwaitedError,
  TablesMissingError,
  TriggersRefusedError,
} from './errors/schema.ts'
export {
  ClosedError,
  InBulkError,
  InTransactionError,
  JoinRefusedError,
  NoTransactionError,
  QueueFullError,
  TransactionClosedError,
  TransactionTimeoutError,
} from './errors/transaction.ts'
