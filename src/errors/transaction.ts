import { nothingWritten, StockpileError } from './stockpile-error.ts'

/** The queue of deals is full. */
export class QueueFullError extends StockpileError {
  static override readonly reference = {
    code: 'QUEUE_FULL',
    isRetryable: true,
    meaning:
      'As many deals as `batch.queueMax` wait already. Slow down, or let callers wait with `batch.whenFull: "wait"`.',
    afterwards: nothingWritten,
  }

  constructor(data: { readonly waiting: number; readonly queueMax: number }) {
    super(
      `${data.waiting} deals are waiting, the most that batch.queueMax allows: send fewer at a time, raise it, or set batch.whenFull to 'wait'`,
      { ...data },
    )
  }
}

/** The Stockpile was closed. */
export class ClosedError extends StockpileError {
  static override readonly reference = {
    code: 'CLOSED',
    isRetryable: false,
    meaning: 'The Stockpile was closed before this call.',
    afterwards: nothingWritten,
  }

  constructor() {
    super('this Stockpile is closed: make a new one to go on')
  }
}

/** A transaction was used after its end. */
export class TransactionClosedError extends StockpileError {
  static override readonly reference = {
    code: 'TRANSACTION_CLOSED',
    isRetryable: false,
    meaning:
      'Something went on using a transaction after it had ended: a missing `await` in its callback, or a timer that was started there.',
    afterwards: nothingWritten,
  }

  constructor() {
    super(
      'the transaction of this call has ended: await everything inside the callback of transaction(), and start timers outside of it',
    )
  }
}

/** A transaction took longer than it may. */
export class TransactionTimeoutError extends StockpileError {
  static override readonly reference = {
    code: 'TRANSACTION_TIMEOUT',
    isRetryable: true,
    meaning:
      'The transaction took longer than its `timeoutMs` and was rolled back, so that it no longer stands in the way of others.',
    afterwards: 'Nothing of the transaction was written.',
  }

  constructor(timeoutMs: number) {
    super(`the transaction took longer than its timeoutMs of ${timeoutMs} and was rolled back`, { timeoutMs })
  }
}

/** Something needs an open transaction and there is none. */
export class NoTransactionError extends StockpileError {
  static override readonly reference = {
    code: 'NO_TRANSACTION',
    isRetryable: false,
    meaning: 'onCommit, onRollback and locked reads work only inside the callback of transaction().',
    afterwards: nothingWritten,
  }

  constructor(what: string) {
    super(`${what} works only inside the callback of transaction()`, { what })
  }
}

/** Something can't be done inside a transaction. */
export class InTransactionError extends StockpileError {
  static override readonly reference = {
    code: 'IN_TRANSACTION',
    isRetryable: false,
    meaning: 'The call can not be made inside a transaction, as migrate and close.',
    afterwards: nothingWritten,
  }

  constructor(what: string) {
    super(`${what} can not be called inside a transaction: call it before, or after`, { what })
  }
}

/** A connection of the application's own can't be joined. */
export class JoinRefusedError extends StockpileError {
  static override readonly reference = {
    code: 'JOIN_REFUSED',
    isRetryable: false,
    meaning:
      'The connection given to join() has no open transaction, leads to another database, or is of a kind that can not be joined; the message ' +
      'says which, and what to do.',
    afterwards: nothingWritten,
  }

  constructor(reason: string, data: { readonly client: string; readonly location?: string }, options?: ErrorOptions) {
    super(`this connection can not be joined: ${reason}`, { ...data }, options)
  }
}

/** An inventory was used inside a bulk change. */
export class InBulkError extends StockpileError {
  static override readonly reference = {
    code: 'IN_BULK',
    isRetryable: false,
    meaning: 'The callback of `bulk()` used an inventory of the same Stockpile, which can not be a part of it.',
    afterwards: 'Nothing was written by this call; the bulk change is rolled back if the error leaves its callback.',
  }

  constructor() {
    super('inside bulk() only its sql can be used: inventories of the same Stockpile are for before and after it')
  }
}
