import { inspect } from 'node:util'
import type { Logger } from '../index.ts'
import { toCounted, toJson } from './output.ts'

// A fault that lasts is told again only now and then: the relay looks several times a second.
const repeatEveryMs = 60_000

/** Tells what a relay does while it runs. */
export class RelayReport {
  readonly #isJson: boolean
  readonly #print: (line: string) => void
  readonly #complain: (line: string) => void
  readonly #now: () => number
  #told = 0
  #lastFault = ''
  #lastFaultAt = -Infinity

  /**
   * @param print gets what was done
   * @param complain gets what went wrong
   */
  constructor(options: {
    readonly isJson: boolean
    readonly print: (line: string) => void
    readonly complain: (line: string) => void
    readonly now?: () => number
  }) {
    this.#isJson = options.isJson
    this.#print = options.print
    this.#complain = options.complain
    this.#now = options.now ?? Date.now
  }

  /** Told of faults. */
  get logger(): Logger {
    const fault = (message: string, facts?: object): void => {
      this.#fault(message, facts)
    }
    return { debug: () => undefined, info: () => undefined, warn: fault, error: fault }
  }

  /** Tells how many accounts more it was since it was told before, if any. */
  tell(total: number): void {
    const accounts = total - this.#told
    if (accounts === 0) return
    this.#told = total
    this.#lastFault = ''
    const time = new Date(this.#now()).toISOString()
    this.#print(this.#isJson ? toJson({ time, accounts }) : `${time}  ${toCounted(accounts, 'account')}`)
  }

  /** Tells how many accounts it was in all. */
  end(total: number): void {
    this.tell(total)
    this.#print(this.#isJson ? toJson({ total }) : `Cached values were removed: ${toCounted(total, 'account')} in all.`)
  }

  #fault(message: string, facts: object | undefined): void {
    const error = facts !== undefined && 'error' in facts ? facts.error : undefined
    const text =
      error === undefined ? message : `${message}: ${error instanceof Error ? error.message : inspect(error)}`
    const now = this.#now()
    if (text === this.#lastFault && now - this.#lastFaultAt < repeatEveryMs) return
    this.#lastFault = text
    this.#lastFaultAt = now
    this.#complain(`${new Date(now).toISOString()}  ${text}`)
  }
}
