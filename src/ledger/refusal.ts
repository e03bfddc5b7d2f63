import {
  KeyReusedError,
  KindMismatchError,
  NotEnoughError,
  QuantityOverflowError,
  SerialNotFoundError,
  SerialTakenError,
  VersionConflictError,
  type StockpileError,
} from '../errors.ts'
import type { Refusal } from '../storage/contract.ts'

/**
 * Makes the error that a caller gets for a refused deal. Refusals travel as plain data, between threads and in receipts; the error is
 * made at the last moment, where the caller stands.
 */
export function refusalError(refusal: Refusal): StockpileError {
  switch (refusal.code) {
    case 'NOT_ENOUGH':
      return new NotEnoughError(refusal.data)
    case 'QUANTITY_OVERFLOW':
      return new QuantityOverflowError(refusal.data)
    case 'SERIAL_NOT_FOUND':
      return new SerialNotFoundError(refusal.data)
    case 'SERIAL_TAKEN':
      return new SerialTakenError(refusal.data)
    case 'KIND_MISMATCH':
      return new KindMismatchError(refusal.data)
    case 'VERSION_CONFLICT':
      return new VersionConflictError(refusal.data)
    case 'KEY_REUSED':
      return new KeyReusedError(refusal.data)
  }
}
