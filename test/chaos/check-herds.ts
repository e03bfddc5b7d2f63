import { isDeepStrictEqual } from 'node:util'
import { toMoves } from '../../src/ledger/history.ts'
import { serialsMade, type PreparedDeal } from '../../src/model/deal.ts'
import type { HistoryRow } from '../../src/storage/contract.ts'
import { nameOf } from '../ledger/rows.ts'
import { SerialModel } from '../ledger/serial-model.ts'
import { findGlobalOrder } from './global-order.ts'
import { quantityText, type HerdAnswer, type HerdOutcome } from './herd-client.ts'
import type { HerdRequest } from './herd-request.ts'
import type { Operation } from './operation.ts'
import { Timeline, type Interval } from './timeline.ts'

type HerdOperation = Operation<HerdRequest, HerdAnswer>

/** Serials from here on were made by the database. */
const madeFrom = 1_000_000n

/** What an account had at a version. */
interface State {
  readonly items: readonly string[]
  /** By item, its count, and how many there are with the serials. */
  readonly held: ReadonlyMap<string, readonly [count: bigint, total: bigint]>
  readonly serials: ReadonlySet<string>
}

/**
 * Checks random requests for serials, hybrids, conversions, transfers and orders against what is stored: that the naive model, in an order
 * that every account's history and every client's clock agree with, gives the answers that were heard and ends where the tables do; and
 * that every read and every refusal can be explained by a state that was there between question and answer.
 *
 * @param ends what a reader sees of every account in the end, in its order
 * @returns what can't be explained, in words; empty when all is well
 */
export function checkHerds(
  app: string,
  history: readonly HistoryRow[],
  operations: ReadonlyMap<string, HerdOperation>,
  ends: ReadonlyMap<string, readonly string[]>,
): string[] {
  return new HerdCheck(app, [...ends.keys()], history, operations).run(ends)
}

class HerdCheck {
  readonly #app: string
  readonly #users: readonly string[]
  readonly #operations: ReadonlyMap<string, HerdOperation>
  readonly #rows: ReadonlyMap<string, HistoryRow[]>
  readonly #chains: ReadonlyMap<string, readonly string[]>
  readonly #timelines: ReadonlyMap<string, Timeline>
  readonly #model = new SerialModel()
  /** By user, the states of each version, from 0. */
  readonly #states = new Map<string, State[]>()
  readonly #wrong: string[] = []

  constructor(
    app: string,
    users: readonly string[],
    history: readonly HistoryRow[],
    operations: ReadonlyMap<string, HerdOperation>,
  ) {
    this.#app = app
    this.#users = users
    this.#operations = operations
    this.#rows = Map.groupBy(history, opOf)
    const byUser = Map.groupBy(history, ({ user }) => user)
    this.#chains = new Map(
      [...byUser].map(([user, rows]) => [user, rows.filter(({ line }) => line === 1).map(opOf)] as const),
    )
    this.#timelines = new Map(
      [...byUser].map(([user, rows]) => [user, new Timeline(rows, (row) => this.#intervalOf(opOf(row)))] as const),
    )
    for (const user of users) this.#states.set(user, [this.#stateOf(user)])
  }

  run(ends: ReadonlyMap<string, readonly string[]>): string[] {
    for (const op of this.#rows.keys()) {
      const answer = this.#operations.get(op)?.attempts[0]?.answer
      if (!answer || !('outcomes' in answer)) this.#wrong.push(`${op} is in the history, and nobody was told so`)
    }
    if (this.#wrong.length > 0) return this.#wrong
    this.#replay()
    for (const [user, items] of ends) {
      if (!isDeepStrictEqual(this.#stateOf(user).items, items))
        this.#wrong.push(`${user} has ${items.join()} in the end, not ${this.#stateOf(user).items.join()}`)
    }
    if (this.#wrong.length > 0) return this.#wrong
    for (const operation of this.#operations.values()) this.#checkSeen(operation)
    return this.#wrong
  }

  #replay(): void {
    const done = [...this.#operations.values()].filter(
      ({ attempts: [first] }) => first?.answer && 'outcomes' in first.answer,
    )
    const happenings = done.map(({ op }) => ({ name: op, ...this.#intervalOf(op) }))
    const chains = [...this.#chains.values(), ...done.flatMap((operation) => this.#glimpses(operation))]
    const { order, misfits } = findGlobalOrder(happenings, chains)
    if (misfits.length > 0)
      this.#wrong.push(`there is no order of all that happened: ${misfits.slice(0, 20).join(', ')}`)
    // A serial that is gone may come again to an account that has nothing else to do with the one where it went: such have to wait.
    let waiting: string[] = []
    for (const name of order) {
      waiting.push(name)
      for (let before = Infinity; waiting.length < before;) {
        before = waiting.length
        waiting = waiting.filter((one) => this.#fault(one) !== null)
      }
    }
    for (const name of waiting.slice(0, 3)) this.#wrong.push(`${name} ${this.#fault(name)}`)
  }

  /** Where an account stands among the makers of its versions that an operation has left as it was. */
  #glimpses({ op, attempts }: HerdOperation): string[][] {
    const answer = attempts[0]?.answer
    if (!answer || !('outcomes' in answer)) return []
    return answer.outcomes.flatMap(({ user, version }) => {
      const makers = this.#chains.get(user) ?? []
      if (makers.includes(op)) return []
      const [before, after] = [makers[Number(version) - 1], makers[Number(version)]]
      return [...(before === undefined ? [] : [[before, op]]), ...(after === undefined ? [] : [[op, after]])]
    })
  }

  /** Does an operation in the model; why that can't be what happened, with the model as before, or null. */
  #fault(op: string): string | null {
    const operation = this.#operations.get(op)
    const answer = operation?.attempts[0]?.answer
    if (operation?.request.kind !== 'deal' || !answer || !('outcomes' in answer)) return 'has no deal'
    const rows = this.#rows.get(op) ?? []
    if (rows.some(({ deal }) => deal !== answer.deal)) return 'happened twice'
    const before = this.#model.state
    const told = this.#model.settle(this.#dealOf(operation.request, rows))
    if ('refusal' in told) return `should have been refused: ${text(told.refusal)}`
    const outcomes = told.outcomes.map(({ user, item, change, quantity, serials, version }): HerdOutcome => {
      const entries = (serials ?? []).map(({ serial, properties }) => [serial, properties] as const)
      return { user, item, change, quantity: quantityText(quantity, entries), version }
    })
    const fault = isDeepStrictEqual(outcomes, answer.outcomes)
      ? this.#faultOfRows(rows, before.versions)
      : `heard ${text(answer.outcomes)}, not ${text(outcomes)}`
    if (fault !== null) {
      this.#model.state = before
      return fault
    }
    for (const [user, states] of this.#states) {
      const version = Number(this.#model.state.versions.get(nameOf(this.#app, user)) ?? 0n)
      if (version > states.length) throw new RangeError(`${op} skips a version of ${user}`)
      if (version === states.length) states.push(this.#stateOf(user))
    }
    return null
  }

  /** Whether the rows of a deal say of the accounts that it changed, and of no others, what the model has now. */
  #faultOfRows(rows: readonly HistoryRow[], before: ReadonlyMap<string, bigint>): string | null {
    const after = this.#model.state.versions
    const moved = this.#users.flatMap((user) => {
      const [account, version] = [nameOf(this.#app, user), after.get(nameOf(this.#app, user))]
      return version === before.get(account) ? [] : [`${user} ${version}`]
    })
    const versions = new Set(rows.map(({ user, version }) => `${user} ${version}`))
    if (!isDeepStrictEqual(versions, new Set(moved))) return `left ${[...versions].join()}, not ${moved.join()}`
    const last = new Map(rows.map((row) => [`${row.user} ${row.item}`, row]))
    const odd = [...last.values()].find(({ user, item, balance }) => {
      return balance !== (this.#stateOf(user).held.get(item)?.[1] ?? 0n)
    })
    return odd === undefined ? null : `left ${odd.balance} of ${odd.user} ${odd.item}`
  }

  /** The deal as the lane got it: which serials were made, the history tells. */
  #dealOf({ changes }: HerdRequest & { kind: 'deal' }, rows: readonly HistoryRow[]): PreparedDeal {
    const made = rows
      .flatMap(({ serials }) => (serials === null ? [] : toMoves(serials).in))
      .filter((serial) => serial >= madeFrom && !this.#model.state.owned.some((one) => one.serial === serial))
    const fresh = [...new Set(made)].sort((left, right) => (left < right ? -1 : 1)).values()
    const prepared = changes.map((change) => ({
      ...change,
      made: Array.from({ length: Number(serialsMade(change)) }, () => fresh.next().value ?? 0n),
    }))
    return { id: '', changes: prepared, data: null, key: null, hash: null, isDryRun: false, bytes: 0 }
  }

  /** I7, and no refusal without a reason: what was seen was there between question and answer. */
  #checkSeen({ op, request, attempts: [attempt] }: HerdOperation): void {
    if (!attempt?.answer) return
    const { answer } = attempt
    if ('items' in answer && request.kind === 'read') {
      const { from, to } = this.#versions(request.user, attempt)
      const state = this.#states.get(request.user)?.[Number(answer.version)]
      const isThen = Number(answer.version) >= from && Number(answer.version) <= to
      if (!isThen || !isDeepStrictEqual(state?.items, answer.items))
        this.#wrong.push(`${op} read what was not there then: ${text(answer)}, not ${state?.items.join()}`)
    } else if ('refusal' in answer && request.kind === 'deal') {
      // What earlier changes of the same deal had done to the account is not known here.
      if (request.changes.length === 1 && !this.#mayRefuse(answer.refusal, attempt))
        this.#wrong.push(`${op} was refused without reason: ${text(answer.refusal)}`)
    }
  }

  #mayRefuse({ code, data }: Extract<HerdAnswer, { refusal: unknown }>['refusal'], interval: Interval): boolean {
    const { user, item, held, serial, holder } = data as {
      user: string
      item: string
      held?: bigint
      serial?: bigint
      holder?: { user: string; item: string }
    }
    const owner = holder ?? { user, item }
    const { from, to } = this.#versions(owner.user, interval)
    const states = this.#states.get(owner.user)?.slice(from, to + 1) ?? []
    // A conversion can take the count alone.
    if (code === 'NOT_ENOUGH') return states.some((state) => (state.held.get(item) ?? [0n]).some((one) => one === held))
    const isThere = code === 'SERIAL_TAKEN'
    return states.some(({ serials }) => serials.has(`${owner.item} ${serial}`) === isThere)
  }

  #versions(user: string, interval: Interval): { from: number; to: number } {
    return this.#timelines.get(user)?.between(interval) ?? { from: 0, to: 0 }
  }

  #stateOf(user: string): State {
    const { counts, owned } = this.#model.state
    const items = this.#model.order(nameOf(this.#app, user))
    const serialsOf = (item: string): (readonly [bigint, string])[] =>
      owned
        .filter((one) => one.user === user && one.item === item)
        .sort((left, right) => (left.serial < right.serial ? -1 : 1))
        .map(({ serial, properties }) => [serial, properties])
    const countOf = (item: string): bigint => counts.get(nameOf(this.#app, user, item)) ?? 0n
    return {
      items: items.map((item) => `${item} ${quantityText(countOf(item), serialsOf(item))}`),
      held: new Map(items.map((item) => [item, [countOf(item), countOf(item) + BigInt(serialsOf(item).length)]])),
      serials: new Set(items.flatMap((item) => serialsOf(item).map(([serial]) => `${item} ${serial}`))),
    }
  }

  #intervalOf(op: string): Interval {
    const [attempt] = this.#operations.get(op)?.attempts ?? []
    return attempt ?? { invokedAt: -Infinity, answeredAt: Infinity }
  }
}

function opOf({ data }: HistoryRow): string {
  return (JSON.parse(data ?? '{}') as { op?: string }).op ?? ''
}

function text(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner))
}
