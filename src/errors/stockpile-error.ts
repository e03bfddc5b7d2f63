/** What an error carries besides its message: plain values, bigints included. */
export type ErrorData = Readonly<Record<string, unknown>>

/** The reference of one error: what it means and what is true after it was thrown. The table in the docs is made of these. */
export interface ErrorReference {
  readonly code: string
  readonly isRetryable: boolean
  readonly meaning: string
  readonly afterwards: string
}

/**
 * The base of every error that Stockpile throws on purpose.
 *
 * The message says what was tried, what stood in the way and what to do; `data` says the same as values.
 */
export abstract class StockpileError extends Error {
  /** What this class of error means, for the docs and for `code` and `isRetryable`. */
  static readonly reference: ErrorReference

  /** A stable name in capitals, never reused for another meaning. */
  readonly code: string
  /** Whether the same call can succeed when it is made again, unchanged. */
  readonly isRetryable: boolean
  /** The facts behind the message. */
  readonly data: ErrorData

  constructor(message: string, data: ErrorData = {}, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = new.target.reference.code
    this.isRetryable = new.target.reference.isRetryable
    this.data = data
  }
}

/** What is true after most errors. */
export const nothingWritten = 'Nothing was written.'
