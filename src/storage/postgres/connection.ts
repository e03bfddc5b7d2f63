import type { SqlAnswer } from '../cached-contract.ts'
import { isLost, isStatementForgotten } from './faults.ts'
import { Round, type Answer, type StatementNames } from './round.ts'
import type { Call } from './statement.ts'

/** What is used of a client that a pool of the driver `pg` hands out. */
export interface PgClient {
  query(round: object): unknown
  release(error?: Error | boolean): void
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'end', listener: () => void): unknown
  on(event: 'notification', listener: () => void): unknown
  removeListener(event: 'error', listener: (error: Error) => void): unknown
}

/** What is used of the driver's answer; statements that meet no rows have no count. */
interface PgResult {
  readonly rows: object[]
  readonly rowCount: number | null
}

// They stay on the server's connection when the pool hands it to the next one, so they are remembered by connection.
const statementNames = new WeakMap<PgClient, StatementNames>()

// Those that a pool has handed out before.
const knownClients = new WeakSet<PgClient>()

/** Statements that are being executed, and to which others may be added. */
export interface OpenRound {
  /** Has more of them executed. */
  add(calls: readonly Call[]): void
  /** Has the last of them executed; answers and throws for all as `Connection.run` does. */
  close(calls: readonly Call[]): Promise<Answer[]>
}

/** One connection, for one caller at a time. */
export class Connection {
  /** Whether nobody had it before, as far as is known. */
  readonly isFresh: boolean
  readonly #client: PgClient
  readonly #names: StatementNames | null
  #lostBy: unknown = null
  #isLost = false
  #wasSent = false

  /**
   * @param client connected, and nobody else's until it is released
   * @param isPrepared whether statements are prepared by name, or parsed each time they are used
   */
  constructor(client: PgClient, isPrepared: boolean) {
    this.#client = client
    this.isFresh = !knownClients.has(client)
    knownClients.add(client)
    this.#names = isPrepared ? namesOf(client) : null
    client.on('error', this.#lose)
  }

  /** Whether it can be used. */
  get isUsable(): boolean {
    return !this.#isLost
  }

  /** Whether the last round was handed to the network, so that the server may have got it. */
  get wasSent(): boolean {
    return this.#wasSent
  }

  /**
   * Runs statements in one round trip. They are executed one after the other, each seeing what is committed when its turn comes; the
   * first that fails keeps all that follow from being executed.
   *
   * @returns an answer for each statement, in order
   * @throws what the driver throws
   */
  async run(calls: readonly Call[]): Promise<Answer[]> {
    return this.#guard(() => this.#round(calls))
  }

  /**
   * Runs one statement of the user's own; the rows are as the driver makes them.
   *
   * @throws what the driver throws, also for several statements in one text
   */
  async ask(sql: string, parameters: readonly (string | number | bigint | null)[]): Promise<SqlAnswer> {
    const values = parameters.map((value) => (typeof value === 'bigint' ? value.toString() : value))
    return this.#guard(async () => {
      const { rows, rowCount } = (await this.#client.query({ text: sql, values, queryMode: 'extended' })) as PgResult
      return { rows, count: rowCount ?? 0 }
    })
  }

  /**
   * Has statements executed without waiting for their answers, in a round that stays open for others; it is to be closed before anything else is
   * run. The first statement that fails keeps all that follow from being executed.
   *
   * @throws what the driver throws, where the connection is lost already; what goes wrong later comes out of `close`
   */
  open(calls: readonly Call[]): OpenRound {
    this.#wasSent = false
    if (this.#isLost) throw this.#lostBy
    const [round, answers] = this.#start(calls, true)
    answers.catch(() => undefined)
    return {
      add: (more) => {
        round.add(more)
      },
      close: (last) =>
        this.#guard(async () => {
          round.close(last)
          return this.#answersOf(round, answers)
        }),
    }
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    this.#wasSent = false
    if (this.#isLost) throw this.#lostBy
    try {
      return await work()
    } catch (error) {
      if (isStatementForgotten(error)) this.#names?.clear()
      if (isLost(error)) this.#lose(error)
      throw error
    }
  }

  async #round(calls: readonly Call[]): Promise<Answer[]> {
    return this.#answersOf(...this.#start(calls, false))
  }

  #start(calls: readonly Call[], isOpen: boolean): [Round, Promise<Answer[]>] {
    const { promise, resolve, reject } = Promise.withResolvers<Answer[]>()
    const round = new Round(calls, this.#names, resolve, reject, isOpen)
    this.#client.query(round)
    return [round, promise]
  }

  async #answersOf(round: Round, answers: Promise<Answer[]>): Promise<Answer[]> {
    try {
      return await answers
    } finally {
      this.#wasSent = round.isSent
    }
  }

  /** Gives the client back to its pool, which closes it unless it is usable. No transaction may be open in it. */
  leave(): void {
    this.#client.removeListener('error', this.#lose)
    this.#client.release(this.#isLost)
  }

  // A client without a listener would end the process when its connection breaks while nothing is asked of it.
  readonly #lose = (error: unknown): void => {
    this.#lostBy ??= error
    this.#isLost = true
  }
}

function namesOf(client: PgClient): StatementNames {
  let names = statementNames.get(client)
  if (names === undefined) statementNames.set(client, (names = new Map()))
  return names
}

/** What a transaction uses of a connection. */
export type Line = Pick<Connection, 'run' | 'leave' | 'wasSent'>
