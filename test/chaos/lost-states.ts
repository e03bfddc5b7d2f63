import { Model, type ModelAccount } from './model.ts'
import type { Operation } from './operation.ts'
import type { Interval, Timeline } from './timeline.ts'
import { dealsOf } from './unit.ts'

/** When a server was killed: between these two moments, on the clock of the logs. */
export interface Kill {
  readonly orderedAt: number
  readonly endedAt: number
}

/**
 * The states of accounts that went down with a server. InnoDB shows what is committed to readers before its log is on disk: who reads in
 * between sees a deal that nobody has acknowledged, and the server may die before it is durable. What was acknowledged is durable, so
 * such a state is always the one that the server came back with, and on top of it deals which were under way when it was killed.
 */
export class LostStates {
  readonly #app: string
  readonly #operations: ReadonlyMap<string, Operation>
  readonly #kills: readonly Kill[]
  readonly #byKill = new Map<Kill, Operation[]>()

  constructor(app: string, operations: ReadonlyMap<string, Operation>, kills: readonly Kill[]) {
    this.#app = app
    this.#operations = operations
    this.#kills = kills
  }

  /**
   * What somebody may have seen of an account who asked and was answered at these moments.
   *
   * @param timeline the account's; undefined where it has no history
   * @param makers the operation that made each of its versions, from 1
   */
  seen(user: string, interval: Interval, timeline: Timeline | undefined, makers: readonly string[]): ModelAccount[] {
    return this.#kills.flatMap((kill, index) => {
      const before = this.#kills[index - 1]?.endedAt ?? -Infinity
      if (interval.invokedAt > kill.endedAt || interval.answeredAt < before) return []
      const underWay = this.#underWay(kill).filter(
        (operation) =>
          operation.invokedAt < interval.answeredAt &&
          dealsOf(operation).some(({ changes }) => changes.some((change) => change.user === user)),
      )
      if (underWay.length === 0) return []
      const { from, to } = timeline?.between({ invokedAt: kill.orderedAt, answeredAt: kill.endedAt }) ?? {
        from: 0,
        to: 0,
      }
      return Array.from({ length: to - from + 1 }, (_, offset) => from + offset).flatMap((version) => {
        const durable = new Set(makers.slice(0, version))
        const lost = underWay.filter(({ op }) => !durable.has(op))
        return this.#grown(user, timeline?.at(version) ?? new Model().account(user), lost)
      })
    })
  }

  /** What had no answer when the server was killed. */
  #underWay(kill: Kill): Operation[] {
    const known = this.#byKill.get(kill)
    if (known !== undefined) return known
    const found = [...this.#operations.values()].filter(({ attempts }) =>
      attempts.some(({ invokedAt, answeredAt }) => invokedAt < kill.endedAt && answeredAt > kill.orderedAt),
    )
    this.#byKill.set(kill, found)
    return found
  }

  /** Every state that some of the operations lead to, in any order, each done at most once; at least one of them. */
  #grown(user: string, state: ModelAccount, lost: readonly Operation[]): ModelAccount[] {
    const found: ModelAccount[] = []
    const known = new Set<string>()
    const grow = (account: ModelAccount, done: ReadonlySet<Operation>): void => {
      for (const operation of lost) {
        if (done.has(operation)) continue
        const next = this.#after(user, account, operation)
        if (next.version === account.version) continue
        const doneNow = new Set([...done, operation])
        const name = JSON.stringify([[...doneNow].map(({ op }) => op).sort(), textOf(next)])
        if (known.has(name)) continue
        known.add(name)
        found.push(next)
        grow(next, doneNow)
      }
    }
    grow(state, new Set())
    return found
  }

  #after(user: string, account: ModelAccount, operation: Operation): ModelAccount {
    const model = new Model()
    const copy = model.account(user)
    copy.version = account.version
    for (const [item, quantity] of account.items) copy.items.set(item, quantity)
    for (const { changes } of dealsOf(operation)) {
      model.deal(
        this.#app,
        changes.filter((change) => change.user === user),
      )
    }
    return copy
  }
}

function textOf({ version, items }: ModelAccount): string[] {
  const held = [...items].sort(([left], [right]) => (left < right ? -1 : 1))
  return [version.toString(), ...held.map(([item, quantity]) => `${item} ${quantity}`)]
}
