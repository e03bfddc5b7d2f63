import { tracingChannel, type TracingChannel } from 'node:diagnostics_channel'

/** What is told about a deal on the tracing channel `stockpile:deal`. */
export interface DealTrace {
  /** The deal's id. */
  readonly deal: string
  /** How many changes it has. */
  readonly changes: number
  /** Whether it is part of a transaction of the application's. */
  readonly isInTransaction: boolean
}

/** What is told about a batch on the tracing channel `stockpile:batch`; the last three are known at its end. */
export interface BatchTrace {
  /** How many deals it was given. */
  readonly deals: number
  /** How many deals wait behind it. */
  readonly waiting: number
  /** Whether it waits for rows that somebody else holds. */
  readonly isDetour: boolean
  /** How often it was tried again after a conflict or a lost connection. */
  retries: number
  /** How many of its deals were refused. */
  refused: number
  /** How many of its deals were left for a detour because somebody else held their accounts. */
  skipped: number
}

/** What is told about a transaction on the tracing channel `stockpile:transaction`; `attempts` grows with every try. */
export interface TransactionTrace {
  /** How deep it is nested: 0 for the outermost. */
  readonly level: number
  attempts: number
}

/** The tracing channels, by what they tell about. */
export const traces = {
  deal: tracingChannel<DealTrace>('stockpile:deal'),
  batch: tracingChannel<BatchTrace>('stockpile:batch'),
  transaction: tracingChannel<TransactionTrace>('stockpile:transaction'),
}

/** Tells a channel's subscribers about some work, and costs next to nothing where there are none. */
export function traced<Facts extends object, T>(
  channel: TracingChannel<Facts>,
  facts: Facts,
  work: () => Promise<T>,
): Promise<T> {
  return channel.hasSubscribers ? channel.tracePromise(work, facts) : work()
}
