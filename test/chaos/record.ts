import type { Request } from './request.ts'

/** What one change led to, as JSON can carry it. */
export interface OutcomeRecord {
  readonly user: string
  readonly item: string
  readonly change: string
  readonly quantity: string
  readonly version: string
}

/** The answer to a deal. */
export type DealAnswer =
  | { readonly outcomes: readonly OutcomeRecord[]; readonly deal: string }
  | { readonly refusal: { readonly code: string; readonly data: Readonly<Record<string, string>> } }

/** The answer to a step of a transaction; `path` says which one it was, such as `2` or `2.1`. */
export type StepAnswer = DealAnswer & { readonly path: string }

/** What became of a request as its client saw it. */
export type Answer =
  | DealAnswer
  | { readonly version: string; readonly items: readonly (readonly [string, string])[] }
  /** The transaction was committed. */
  | { readonly steps: readonly StepAnswer[] }
  /** The transaction was rolled back, as was asked. */
  | { readonly undone: true }
  /** Anything else that was thrown. */
  | { readonly fault: { readonly code: string; readonly message: string } }

/**
 * A line of a client's log. The line of a request is written before the request is made; so one without an answer may have happened or
 * not. An operation with a key may be asked for again: then it has several attempts.
 *
 * `at` is in nanoseconds of a clock that all processes of the machine share.
 */
export type LogLine<Asked = Request, Heard = Answer> =
  | { readonly op: string; readonly attempt: number; readonly at: number; readonly request: Asked }
  | { readonly op: string; readonly attempt: number; readonly at: number; readonly answer: Heard }
