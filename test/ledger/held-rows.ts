import assert from 'node:assert/strict'
import { settleIn } from '../../src/ledger/batch.ts'
import type { Settle } from '../../src/ledger/lane.ts'
import type { PreparedDeal } from '../../src/model/deal.ts'
import type { BatchAnswer, LockWait, Session } from '../../src/storage/contract.ts'
import { nameOf, Rows } from './rows.ts'

/** Rows in memory, of which somebody else can hold some; what a lane settles against. */
export class HeldRows {
  readonly rows = new Rows()
  /** Ids of the deals that were settled, in order. */
  readonly settled: string[] = []
  /** Every call, in order: the ids of its deals, and whether it waited. */
  readonly calls: { readonly ids: readonly string[]; readonly wait: LockWait }[] = []
  /** Called before each batch is settled, to throw what the database would. */
  fault: (deals: readonly PreparedDeal[], wait: LockWait) => void = () => undefined
  readonly #held = new Set<string>()
  readonly #inFlight = new Set<readonly string[]>()
  #waiting: (() => void)[] = []
  #paused: Promise<void> | null = null

  /** Somebody else takes an account. */
  hold(user: string): void {
    this.#held.add(nameOf('farm', user))
  }

  /** Somebody else lets an account go. */
  release(user: string): void {
    this.#held.delete(nameOf('farm', user))
    const waiting = this.#waiting
    this.#waiting = []
    for (const look of waiting) look()
  }

  /** Keeps all calls under way until the function is called that it answers. */
  pause(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#paused = promise
    return resolve
  }

  /** How many calls are under way. */
  get inFlightCount(): number {
    return this.#inFlight.size
  }

  /** Settles deals as a storage does; checks that no two calls at once name the same account. */
  readonly settle: Settle = async (deals, wait) => {
    const users = deals.flatMap(({ changes }) => changes.map(({ user }) => user))
    for (const others of this.#inFlight)
      assert.ok(!users.some((user) => others.includes(user)), 'two batches name one account')
    this.calls.push({ ids: deals.map(({ id }) => id), wait })
    this.#inFlight.add(users)
    try {
      return await this.#settle(deals, wait)
    } finally {
      this.#inFlight.delete(users)
    }
  }

  async #settle(deals: readonly PreparedDeal[], wait: LockWait): Promise<BatchAnswer> {
    this.fault(deals, wait)
    // A batch takes its time.
    await new Promise(setImmediate)
    await this.#paused
    const names = deals.flatMap(({ changes }) => changes.map(({ app, user }) => nameOf(app, user)))
    while (wait === 'wait' && names.some((name) => this.#held.has(name))) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    const session: Pick<Session, 'load' | 'save'> = {
      load: async (asked) => this.rows.load(asked, this.#held),
      save: async (writes) => this.rows.save(writes),
    }
    const answer = await settleIn(session as Session, { deals, now: 0, wait }, null)
    for (const [index, deal] of deals.entries()) if (answer.settlements[index] !== null) this.settled.push(deal.id)
    return answer
  }
}
