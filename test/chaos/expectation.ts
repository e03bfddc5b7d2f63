import type { Operation } from './operation.ts'
import type { Answer, DealAnswer } from './record.ts'

type RefusedAnswer = Extract<DealAnswer, { refusal: unknown }>

/** What the answers to an operation allow: that it left something in the history (`done`), that it may have, or that it must not. */
export interface Expectation {
  readonly isDone: boolean
  readonly isAllowed: boolean
  /** When the first answer came that says that it was done. */
  readonly doneAt: number
  /** The answer that says that it was done. */
  readonly answer: Answer | null
  /** The answers in which it was refused for what it asked, not for its key. */
  readonly refusals: readonly { readonly answeredAt: number; readonly answer: RefusedAnswer }[]
}

/** Draws from all attempts at an operation what must be true of it. */
export function expectationOf({ attempts }: Operation): Expectation {
  const done = attempts.find(({ answer }) => answer !== null && ('outcomes' in answer || 'steps' in answer))
  const isUnknown = attempts.some(
    ({ answer }) => answer === null || ('fault' in answer && answer.fault.code === 'OUTCOME_UNKNOWN'),
  )
  const refusals = attempts.flatMap(({ answer, answeredAt }) =>
    answer !== null && 'refusal' in answer && answer.refusal.code !== 'KEY_REUSED' ? [{ answer, answeredAt }] : [],
  )
  return {
    isDone: done !== undefined,
    isAllowed: done !== undefined || (isUnknown && refusals.length === 0),
    doneAt: done?.answeredAt ?? Infinity,
    answer: done?.answer ?? null,
    refusals,
  }
}

/** The key that an operation used, or null. */
export function keyOf({ request }: Operation): string | null {
  return request.kind === 'deal' ? request.key : null
}
