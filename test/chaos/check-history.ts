import { isDeepStrictEqual } from 'node:util'
import type { HistoryRow } from '../../src/storage/contract.ts'
import type { Books } from './books.ts'
import { checkBooks } from './check-books.ts'
import { expectationOf, keyOf, type Expectation } from './expectation.ts'
import { findGlobalOrder } from './global-order.ts'
import { LostStates, type Kill } from './lost-states.ts'
import { Model, type ModelAccount } from './model.ts'
import type { Operation } from './operation.ts'
import type { DealAnswer, OutcomeRecord, StepAnswer } from './record.ts'
import { mayChangeNothing, mayLeaveNothing, mayRefuse, type StatesOf } from './refusals.ts'
import { Timeline, type Interval } from './timeline.ts'
import { dealsOf, unitsOf, type Unit, type UnitDeal } from './unit.ts'

/**
 * Checks what clients asked for and heard against what is stored: that there is one order of all that happened, which agrees with every
 * account's history and with every client's clock, in which a naive model comes to the same rows and answers; and that every refusal
 * and every read can be explained by a state that was there between question and answer.
 *
 * @param kills when the server was killed, in order, where it may show what it has not made durable yet: what left no trace then may be
 *   explained by a state that was lost with the server, which nobody had acknowledged
 * @returns what can't be explained, in words; empty when all is well
 */
export function checkHistory(
  app: string,
  books: Books,
  operations: ReadonlyMap<string, Operation>,
  kills: readonly Kill[] = [],
): string[] {
  const wrong = checkBooks(books)
  // What follows takes the rows for a history, which they aren't then.
  return wrong.length > 0 ? wrong : new HistoryCheck(app, books, operations, kills).run()
}

class HistoryCheck {
  readonly #app: string
  readonly #operations: ReadonlyMap<string, Operation>
  readonly #expectations = new Map<Operation, Expectation>()
  readonly #units: ReadonlyMap<string, Unit>
  /** By user, the operation that made each version, from 1. */
  readonly #chains: ReadonlyMap<string, readonly string[]>
  readonly #timelines = new Map<string, Timeline>()
  readonly #lost: LostStates
  readonly #wrong: string[] = []

  constructor(app: string, { history }: Books, operations: ReadonlyMap<string, Operation>, kills: readonly Kill[]) {
    this.#app = app
    this.#operations = operations
    this.#lost = new LostStates(app, operations, kills)
    for (const operation of operations.values()) this.#expectations.set(operation, expectationOf(operation))
    const { units, strays } = unitsOf(history, operations)
    this.#units = units
    for (const row of strays) this.#wrong.push(`${row.user} version ${row.version}: nobody asked for it`)
    const known = history.filter((row) => !strays.includes(row))
    const byUser = Map.groupBy(known, (row) => row.user)
    this.#chains = new Map([...byUser].map(([user, rows]) => [user, namesOf(rows)]))
    for (const [user, rows] of byUser) {
      this.#timelines.set(user, new Timeline(rows, (row) => this.#intervalOf(opOf(row))))
    }
  }

  run(): string[] {
    if (this.#wrong.length > 0) return this.#wrong
    for (const operation of this.#operations.values()) this.#checkPresence(operation)
    this.#checkKeys()
    this.#replay()
    for (const operation of this.#operations.values()) {
      this.#checkRefusals(operation)
      this.#checkReads(operation)
    }
    return this.#wrong
  }

  /** What was acknowledged is there, once; what was refused is not. */
  #checkPresence(operation: Operation): void {
    const { isAllowed, refusals, isDone } = this.#expected(operation)
    const unit = this.#units.get(operation.op)
    if (unit !== undefined && !isAllowed) this.#break(operation, 'was refused or failed, and is in the history')
    if (isDone && refusals.length > 0) this.#break(operation, 'was done once and refused another time')
    for (const [path, rows] of unit?.rows ?? []) {
      const deals = new Set(rows.map((row) => row.deal))
      if (deals.size > 1) this.#break(operation, `happened ${deals.size} times${path === '' ? '' : ` in step ${path}`}`)
      if (!dealsOf(operation).some((deal) => deal.path === path)) this.#break(operation, `left step ${path}, undone`)
    }
    for (const { answer } of operation.attempts) {
      if (answer !== null && 'fault' in answer && answer.fault.code === 'UNKNOWN')
        this.#break(operation, `threw ${answer.fault.message}`)
    }
  }

  /** One key, one answer: whoever asks again hears the same, and whoever asks for something else hears whose it is. */
  #checkKeys(): void {
    const keyed = [...this.#operations.values()].filter((operation) => keyOf(operation) !== null)
    for (const [key, sharers] of Map.groupBy(keyed, keyOf)) {
      const owners = sharers.filter((operation) => {
        const { isDone, refusals } = this.#expected(operation)
        return isDone || refusals.length > 0 || this.#units.has(operation.op)
      })
      if (owners.length > 1) this.#wrong.push(`${key}: served ${owners.map(({ op }) => op).join(' and ')}`)
      for (const operation of sharers) {
        const answers = operation.attempts.flatMap(({ answer }) =>
          answer !== null && ('outcomes' in answer || 'refusal' in answer) ? [answer] : [],
        )
        if (answers.some((answer) => !isDeepStrictEqual(answer, answers[0])))
          this.#break(operation, `was answered differently: ${JSON.stringify(answers)}`)
        const isStranger = answers.some((answer) => 'refusal' in answer && answer.refusal.code === 'KEY_REUSED')
        if (isStranger && owners.includes(operation))
          this.#break(operation, 'is the owner of its key, and was sent away')
        if (isStranger && owners.length === 0 && sharers.length === 1) this.#break(operation, 'had a key of its own')
      }
    }
  }

  /** Does everything again, in the model, in an order that everybody can agree with. */
  #replay(): void {
    const happenings = [...this.#units.keys()].map((name) => ({ name, ...this.#intervalOf(name) }))
    const { order, misfits } = findGlobalOrder(happenings, [...this.#chains.values(), ...this.#glimpses()])
    if (misfits.length > 0)
      this.#wrong.push(`there is no order of all that happened: ${misfits.slice(0, 20).join(', ')}`)
    const model = new Model()
    for (const name of order) {
      const unit = this.#units.get(name)
      if (unit !== undefined) this.#replayUnit(model, unit)
    }
    for (const operation of this.#operations.values()) {
      if (this.#expected(operation).isDone && !this.#units.has(operation.op)) this.#checkTraceless(operation)
    }
  }

  /** What happened also saw accounts that it left as they were: after what made the version that it saw, before what made the next. */
  #glimpses(): string[][] {
    return [...this.#units.values()].flatMap(({ operation }) => {
      const outcomes = dealsOf(operation).flatMap((deal) => {
        const answered = this.#answerOf(operation, deal)
        return answered !== null && 'outcomes' in answered ? answered.outcomes : []
      })
      return outcomes.flatMap(({ user, version }) => {
        const makers = this.#chains.get(user) ?? []
        if (makers.includes(operation.op)) return []
        const [before, after] = [makers[Number(version) - 1], makers[Number(version)]]
        return [
          ...(before === undefined ? [] : [[before, operation.op]]),
          ...(after === undefined ? [] : [[operation.op, after]]),
        ]
      })
    })
  }

  #replayUnit(model: Model, { operation, rows }: Unit): void {
    for (const deal of dealsOf(operation)) {
      const found = rows.get(deal.path) ?? []
      const answered = this.#answerOf(operation, deal)
      if (found.length === 0) {
        this.#checkNothing(operation, deal, answered)
        continue
      }
      this.#replayDeal(model, operation, deal, found, answered)
    }
  }

  #replayDeal(
    model: Model,
    operation: Operation,
    deal: UnitDeal,
    rows: readonly HistoryRow[],
    answered: DealAnswer | null,
  ): void {
    // An account that the deal leaves as it is has no row that would tell its place in the order.
    const changed = new Set(rows.map(({ user }) => user))
    this.#checkIdle(operation, deal, changed, answered)
    const answer = model.deal(
      this.#app,
      deal.changes.filter(({ user }) => changed.has(user)),
    )
    if ('refusal' in answer) {
      this.#break(operation, `is in the history, and should have been refused: ${JSON.stringify(answer.refusal)}`)
      return
    }
    this.#compareRows(operation, answer.outcomes, rows)
    if (answered === null) return
    if ('refusal' in answered) {
      this.#break(operation, `step ${deal.path} was refused, and is in the history`)
      return
    }
    const heard = answered.outcomes.filter(({ user }) => changed.has(user))
    if (!isDeepStrictEqual(heard, answer.outcomes))
      this.#break(operation, `heard ${JSON.stringify(heard)}, not ${JSON.stringify(answer.outcomes)}`)
    else if (answered.deal !== rows[0]?.deal) this.#break(operation, `heard of deal ${answered.deal}`)
  }

  /** The accounts of a deal that happened which have no row of it: it must have left them as they were. */
  #checkIdle(operation: Operation, deal: UnitDeal, changed: ReadonlySet<string>, answered: DealAnswer | null): void {
    const idle = deal.changes.filter(({ user }) => !changed.has(user))
    const statesOf = this.#statesFor(operation, deal)
    if (answered !== null && 'outcomes' in answered) {
      const heard = answered.outcomes.filter(({ user }) => !changed.has(user))
      this.#checkUnchanged(operation, heard, statesOf)
    } else if (!mayChangeNothing(this.#app, idle, statesOf)) {
      this.#break(operation, `left nothing of ${JSON.stringify(idle)}`)
    }
  }

  #compareRows(operation: Operation, outcomes: readonly OutcomeRecord[], rows: readonly HistoryRow[]): void {
    const expected = outcomes
      .filter(({ change }) => change !== '0')
      .map(({ user, item, change, quantity, version }) => `${user} ${version}: ${item} ${change} = ${quantity}`)
    const found = rows.map(
      ({ user, item, change, balance, version }) => `${user} ${version}: ${item} ${change} = ${balance}`,
    )
    // The rows stand in order of user, the outcomes in order of the changes; within a user both agree.
    if (!isDeepStrictEqual(stableByUser(expected), stableByUser(found)))
      this.#break(operation, `left ${found.join(', ')} instead of ${expected.join(', ')}`)
  }

  /** A deal of something that happened which left no row: it changed nothing, or it was refused. */
  #checkNothing(
    operation: Operation,
    deal: UnitDeal,
    answered: DealAnswer | null,
    statesOf = this.#statesFor(operation, deal),
  ): void {
    if (answered === null) {
      if (!mayLeaveNothing(this.#app, deal.changes, statesOf)) this.#break(operation, `${deal.path} is missing`)
    } else if ('refusal' in answered) {
      if (!mayRefuse(this.#app, deal.changes, answered.refusal, statesOf))
        this.#break(operation, `${deal.path} was refused without reason: ${JSON.stringify(answered.refusal)}`)
    } else this.#checkUnchanged(operation, answered.outcomes, statesOf)
  }

  /** Something acknowledged that left nothing at all. */
  #checkTraceless(operation: Operation): void {
    const interval = this.#intervalOf(operation.op)
    for (const deal of dealsOf(operation)) {
      const answered = this.#answerOf(operation, deal)
      if (answered === null) this.#break(operation, `${deal.path} has no answer`)
      else this.#checkNothing(operation, deal, answered, (user) => this.#seen(operation, user, interval))
    }
  }

  #checkUnchanged(operation: Operation, outcomes: readonly OutcomeRecord[], statesOf: StatesOf): void {
    for (const outcome of outcomes) {
      const isExplained = statesOf(outcome.user).some(
        ({ version, items }) =>
          version.toString() === outcome.version && (items.get(outcome.item) ?? 0n).toString() === outcome.quantity,
      )
      if (outcome.change !== '0') this.#break(operation, 'was acknowledged, and is not in the history')
      else if (!isExplained) this.#break(operation, `saw what never was: ${JSON.stringify(outcome)}`)
    }
  }

  #checkRefusals(operation: Operation): void {
    const [deal] = dealsOf(operation)
    if (operation.request.kind !== 'deal' || deal === undefined) return
    for (const { answer, answeredAt } of this.#expected(operation).refusals) {
      const statesOf: StatesOf = (user) => this.#seen(operation, user, { invokedAt: operation.invokedAt, answeredAt })
      if (!mayRefuse(this.#app, deal.changes, answer.refusal, statesOf))
        this.#break(operation, `was refused without reason: ${JSON.stringify(answer.refusal)}`)
    }
  }

  /**
   * I7: a read shows a state that was there after it was asked for and before it was answered, or one that the server took along when it
   * was killed, and that nobody had acknowledged.
   */
  #checkReads(operation: Operation): void {
    if (operation.request.kind !== 'read') return
    for (const { answer, invokedAt, answeredAt } of operation.attempts) {
      if (answer === null || !('items' in answer)) continue
      const states = this.#seen(operation, operation.request.user, { invokedAt, answeredAt })
      const seen = new Map(answer.items)
      const isExplained = states.some(({ version, items }) => {
        const held = [...items].filter(([, quantity]) => quantity > 0n)
        if (version.toString() !== answer.version || held.length !== seen.size) return false
        return held.every(([item, quantity]) => seen.get(item) === quantity.toString())
      })
      if (!isExplained) this.#break(operation, `read what was not there then: ${JSON.stringify(answer)}`)
    }
  }

  /** The states in which a deal may have found each account. */
  #statesFor(operation: Operation, deal: UnitDeal): StatesOf {
    const { invokedAt, answeredAt } = this.#intervalOf(operation.op)
    const unit = this.#units.get(operation.op)
    const before = dealsOf(operation).slice(
      0,
      dealsOf(operation).findIndex(({ path }) => path === deal.path),
    )
    const own = before.flatMap(({ path }) => unit?.rows.get(path) ?? [])
    return (user) => {
      // What the same transaction changed before stays locked until its end.
      const last = own.findLast((row) => row.user === user)
      if (last === undefined) return this.#between(user, invokedAt, answeredAt)
      const timeline = this.#timelines.get(user)
      return timeline === undefined ? [] : [timeline.at(Number(last.version))]
    }
  }

  /**
   * The states that somebody may have seen who left nothing. Whatever leaves something, a receipt will do, becomes durable after all
   * that it saw, so that only states which lasted explain it.
   */
  #seen(operation: Operation, user: string, interval: Interval): readonly ModelAccount[] {
    const states = this.#between(user, interval.invokedAt, interval.answeredAt)
    if (keyOf(operation) !== null) return states
    return [...states, ...this.#lost.seen(user, interval, this.#timelines.get(user), this.#chains.get(user) ?? [])]
  }

  #between(user: string, invokedAt: number, answeredAt: number): readonly ModelAccount[] {
    const timeline = this.#timelines.get(user)
    if (timeline === undefined) return [new Model().account(user)]
    const { from, to } = timeline.between({ invokedAt, answeredAt })
    return Array.from({ length: to - from + 1 }, (_, index) => timeline.at(from + index))
  }

  #answerOf(operation: Operation, { path }: UnitDeal): DealAnswer | null {
    const { answer } = this.#expected(operation)
    if (answer === null) return null
    if ('steps' in answer) return answer.steps.find((step: StepAnswer) => step.path === path) ?? null
    return answer as DealAnswer
  }

  #intervalOf(op: string): Interval {
    const operation = this.#operations.get(op)
    if (operation === undefined) throw new Error(`there is no operation ${op}`)
    return { invokedAt: operation.invokedAt, answeredAt: this.#expected(operation).doneAt }
  }

  #expected(operation: Operation): Expectation {
    return this.#expectations.get(operation) ?? expectationOf(operation)
  }

  #break(operation: Operation, what: string): void {
    this.#wrong.push(`${operation.op} ${what} | ${JSON.stringify(operation)}`)
  }
}

/** The operation that made each version, in order. */
function namesOf(rows: readonly HistoryRow[]): string[] {
  return rows.filter(({ line }) => line === 1).map(opOf)
}

function opOf({ data }: HistoryRow): string {
  return (JSON.parse(data ?? '{}') as { op?: string }).op ?? ''
}

function stableByUser(rows: readonly string[]): string[] {
  const user = (row: string): string => row.split(' ', 1)[0] ?? ''
  return [...rows].sort((left, right) => (user(left) < user(right) ? -1 : user(left) > user(right) ? 1 : 0))
}
