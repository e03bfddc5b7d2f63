import { Model, type ModelAccount, type ModelAnswer } from './model.ts'
import type { RequestChange } from './request.ts'

/** The states in which an account may have been found. */
export type StatesOf = (user: string) => readonly ModelAccount[]

type Refusal = Extract<ModelAnswer, { refusal: unknown }>['refusal']

/**
 * Whether some states of the accounts explain exactly this refusal. Every account is looked at for itself, so this errs on the side of
 * explaining too much where a deal names several.
 */
export function mayRefuse(
  app: string,
  changes: readonly RequestChange[],
  refusal: Refusal,
  statesOf: StatesOf,
): boolean {
  const guilty = refusal.data['user']
  if (guilty === undefined || !changes.some(({ user }) => user === guilty)) return false
  const own = changes.filter(({ user }) => user === guilty)
  return statesOf(guilty).some((state) => {
    const answer = answerFrom(app, guilty, state, own)
    return 'refusal' in answer && sameRefusal(answer.refusal, refusal)
  })
}

/** Whether some states of the accounts explain that a deal left nothing: because it was refused, or because it changed nothing. */
export function mayLeaveNothing(app: string, changes: readonly RequestChange[], statesOf: StatesOf): boolean {
  if (mayChangeNothing(app, changes, statesOf)) return true
  return answersOf(app, changes, statesOf).some((possible) => possible.some((answer) => 'refusal' in answer))
}

/** Whether some states of the accounts explain that changes were done and changed nothing. */
export function mayChangeNothing(app: string, changes: readonly RequestChange[], statesOf: StatesOf): boolean {
  return answersOf(app, changes, statesOf).every((possible) =>
    possible.some((answer) => 'outcomes' in answer && answer.outcomes.every(({ change }) => change === '0')),
  )
}

/** For each account, what its own changes may lead to. */
function answersOf(app: string, changes: readonly RequestChange[], statesOf: StatesOf): ModelAnswer[][] {
  return [...Map.groupBy(changes, ({ user }) => user)].map(([user, own]) =>
    statesOf(user).map((state) => answerFrom(app, user, state, own)),
  )
}

function answerFrom(app: string, user: string, state: ModelAccount, changes: readonly RequestChange[]): ModelAnswer {
  const model = new Model()
  const account = model.account(user)
  account.version = state.version
  for (const [item, quantity] of state.items) account.items.set(item, quantity)
  return model.deal(app, changes)
}

function sameRefusal(left: Refusal, right: Refusal): boolean {
  const names = Object.keys(left.data)
  return left.code === right.code && names.every((name) => left.data[name] === right.data[name])
}
