import process from 'node:process'
import { Stockpile, StockpileError, type Planned, type Outcome } from '../../src/index.ts'
import type { Answer, DealAnswer, LogLine, OutcomeRecord, StepAnswer } from './record.ts'
import type { Request, RequestChange, Step } from './request.ts'

const refusals: ReadonlySet<string> = new Set(['NOT_ENOUGH', 'QUANTITY_OVERFLOW', 'VERSION_CONFLICT', 'KEY_REUSED'])

class UndoError extends Error {}

/** Somebody who asks a Stockpile for things and writes down what was asked and what came of it. */
export class Client {
  readonly #stockpile: Stockpile
  readonly #app: string
  readonly #log: (line: LogLine) => void

  /** @param log must have written the line for good when it returns, whatever becomes of this process */
  constructor(stockpile: Stockpile, app: string, log: (line: LogLine) => void) {
    this.#stockpile = stockpile
    this.#app = app
    this.#log = log
  }

  /**
   * Makes a request and logs it, before and after.
   *
   * @param op the operation's name; every row of history that comes of it carries it
   * @param attempt from 1; more where a request with a key is made again
   */
  async perform(op: string, request: Request, attempt = 1): Promise<Answer> {
    this.#log({ op, attempt, at: now(), request })
    const answer = await this.#answer(op, request)
    this.#log({ op, attempt, at: now(), answer })
    return answer
  }

  async #answer(op: string, request: Request): Promise<Answer> {
    try {
      if (request.kind === 'read') {
        const items = await this.#stockpile.tally(this.#app, request.user).all()
        return {
          version: items.version.toString(),
          items: [...items].map(([item, quantity]) => [item, quantity.toString()] as const),
        }
      }
      if (request.kind === 'deal') return await this.#deal(request.changes, { op }, request.key)
      return await this.#transact(op, request)
    } catch (error) {
      if (error instanceof UndoError) return { undone: true }
      if (error instanceof StockpileError) return { fault: { code: error.code, message: error.message } }
      return { fault: { code: 'UNKNOWN', message: String(error) } }
    }
  }

  async #transact(op: string, { steps, isUndone }: Request & { kind: 'transaction' }): Promise<Answer> {
    return this.#stockpile.transaction(async () => {
      // Made anew in every try: what an earlier one saw was rolled back.
      const answers: StepAnswer[] = []
      await this.#steps(op, '', steps, answers)
      if (isUndone) throw new UndoError()
      return { steps: answers }
    })
  }

  async #steps(op: string, prefix: string, steps: readonly Step[], answers: StepAnswer[]): Promise<void> {
    for (const [index, step] of steps.entries()) {
      const path = `${prefix}${index + 1}`
      if (step.kind === 'nested') await this.#nested(op, path, step, answers)
      else answers.push({ ...(await this.#step(op, path, step)), path })
    }
  }

  async #nested(op: string, path: string, step: Step & { kind: 'nested' }, answers: StepAnswer[]): Promise<void> {
    try {
      await this.#stockpile.transaction(async () => {
        const inner: StepAnswer[] = []
        await this.#steps(op, `${path}.`, step.steps, inner)
        if (step.isUndone) throw new UndoError()
        answers.push(...inner)
      })
    } catch (error) {
      if (!(error instanceof UndoError)) throw error
    }
  }

  async #step(op: string, path: string, step: Step & { kind: 'deal' | 'increment' }): Promise<DealAnswer> {
    const data = { op, path }
    if (step.kind === 'deal') return this.#deal(step.changes, data, null)
    const { user, item, amount } = step
    const held = await this.#stockpile.tally(this.#app, user).get(item, { lock: true })
    return this.#deal([{ verb: 'set', user, item, amount: Number(held) + amount }], data, null)
  }

  async #deal(
    changes: readonly RequestChange[],
    data: Record<string, string>,
    key: string | null,
  ): Promise<DealAnswer> {
    try {
      const planned = changes.map((change) => this.#plan(change))
      const outcomes = await this.#stockpile.deal(planned, { data, ...(key === null ? {} : { key }) })
      return { outcomes: outcomes.map(toRecord), deal: outcomes[0]?.deal ?? '' }
    } catch (error) {
      if (!(error instanceof StockpileError) || !refusals.has(error.code)) throw error
      const facts = Object.entries(error.data).map(([name, value]) => [name, String(value)])
      return { refusal: { code: error.code, data: Object.fromEntries(facts) as Record<string, string> } }
    }
  }

  #plan({ verb, user, item, amount, ifVersion }: RequestChange): Planned<bigint> {
    const { plan } = this.#stockpile.tally(this.#app, user)
    return plan[verb](item, amount, ifVersion === undefined ? {} : { ifVersion: BigInt(ifVersion) })
  }
}

function toRecord({ user, item, change, quantity, version }: Outcome): OutcomeRecord {
  return {
    user,
    item,
    change: change.toString(),
    quantity: quantity.toString(),
    version: version.toString(),
  }
}

/** Nanoseconds; exact to 2^53, which is a hundred days of the machine's running. */
export function now(): number {
  return Number(process.hrtime.bigint())
}
