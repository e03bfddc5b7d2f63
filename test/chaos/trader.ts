import { hash } from 'node:crypto'
import process from 'node:process'
import { Quantity, Stockpile, StockpileError, Transfer, type Inventory } from '../../src/index.ts'
import type { LogLine } from './record.ts'
import { appOf, type Move, type TradeAnswer, type TradeOutcome, type TradeRequest } from './trade-request.ts'

const refusals: ReadonlySet<string> = new Set(['NOT_ENOUGH', 'SERIAL_NOT_FOUND', 'SERIAL_TAKEN'])

type Step = Extract<TradeAnswer, { steps: unknown }>['steps'][number]
type Thing = Inventory<bigint | Quantity, unknown>

/** Somebody who makes trades and writes down what was asked and what came of it. */
export class Trader {
  readonly #stockpile: Stockpile
  readonly #log: (line: LogLine<TradeRequest, TradeAnswer>) => void

  /** @param log must have written the line for good when it returns, whatever becomes of this process */
  constructor(stockpile: Stockpile, log: (line: LogLine<TradeRequest, TradeAnswer>) => void) {
    this.#stockpile = stockpile
    this.#log = log
  }

  /**
   * Makes a trade and logs it, before and after.
   *
   * @param op the trade's name; every row of history that comes of it carries it
   * @param attempt from 1; more where a trade with a key is asked for again
   */
  async perform(op: string, request: TradeRequest, attempt = 1): Promise<TradeAnswer> {
    this.#log({ op, attempt, at: now(), request })
    const answer = await this.#answer(op, request)
    this.#log({ op, attempt, at: now(), answer })
    return answer
  }

  async #answer(op: string, { steps, key }: TradeRequest): Promise<TradeAnswer> {
    try {
      const [first = []] = steps
      if (steps.length === 1) return { steps: [await this.#deal(op, 0, first, key)] }
      return await this.#stockpile.transaction(async () => {
        const done: Step[] = []
        for (const [index, moves] of steps.entries()) done.push(await this.#deal(op, index, moves, null))
        return { steps: done }
      })
    } catch (error) {
      if (!(error instanceof StockpileError)) return { fault: String(error) }
      if (!refusals.has(error.code)) return { fault: `${error.code}: ${error.message}` }
      const { serial } = error.data
      return { refusal: { code: error.code, serial: typeof serial === 'bigint' ? serial.toString() : null } }
    }
  }

  async #deal(op: string, step: number, moves: readonly Move[], key: string | null): Promise<Step> {
    const planned = moves.map((move) => this.#inventory(move).plan[move.verb](move.item, this.#given(move)))
    const outcomes = await this.#stockpile.deal(planned, { data: { op, step }, ...(key === null ? {} : { key }) })
    return { deal: outcomes[0]?.deal ?? '', outcomes: outcomes.map(toRecord) }
  }

  #inventory({ kind, user, party }: Move): Thing {
    const mine = this.#core(kind, user)
    return party === undefined ? mine : new Transfer(mine, this.#core(kind, party))
  }

  #core(kind: Move['kind'], user: string): Thing {
    return this.#stockpile[kind](appOf(kind), user)
  }

  #given({ kind, user, amount, serials, properties }: Move): unknown {
    if (serials === undefined) return amount
    if (properties === undefined) return serials
    return this.#core(kind, user).quantity(serials.map((serial) => [serial, properties]))
  }
}

function toRecord(outcome: { change: bigint; version: bigint; quantity: bigint | Quantity }): TradeOutcome {
  const { change, version, quantity } = outcome
  const isCount = typeof quantity === 'bigint'
  return {
    change: change.toString(),
    version: version.toString(),
    balance: (isCount ? quantity : quantity.value()).toString(),
    quantity: isCount ? '' : hash('sha256', JSON.stringify(quantity), 'base64url').slice(0, 16),
  }
}

/** Nanoseconds; exact to 2^53, which is a hundred days of the machine's running. */
function now(): number {
  return Number(process.hrtime.bigint())
}
