import type { Call } from './statement.ts'

/** What a statement was answered. */
export interface Answer {
  /** The rows, each column as PostgreSQL writes it in text, so that 64-bit numbers are exact. */
  readonly rows: readonly (readonly (string | null)[])[]
  /** What was done: `UPDATE 3`, `COMMIT`, `ROLLBACK`. */
  readonly tag: string
}

/** The names of the statements that are prepared on a connection, the one used last at the end. */
export type StatementNames = Map<string, true>

/** The driver's side of the wire protocol, as it hands it to query objects of other packages (cursors, streams). */
export interface Wire {
  readonly stream: { readonly writable: boolean; cork(): void; uncork(): void }
  parse(message: { readonly text: string; readonly name: string }): void
  bind(message: { readonly statement: string; readonly values: readonly (string | null)[] }): void
  execute(message: object): void
  close(message: { readonly type: 'S'; readonly name: string }): void
  sync(): void
}

// A prepared statement costs the server some ten kilobytes. An app has about a dozen, so this is enough for thirty apps at once.
const namesMax = 400

/**
 * Several statements in one round trip, as a query object of the driver `pg`.
 *
 * The driver itself sends one statement at a time, or several each with a synchronisation of its own. Here one synchronisation at the end
 * closes the round, and the server skips whatever stands between a failed statement and it: a COMMIT that follows a failed statement is
 * never executed. No description is asked for, since the library knows its own statements.
 */
export class Round {
  readonly #calls: Call[]
  readonly #isParsed = new Set<string>()
  readonly #names: StatementNames | null
  readonly #resolve: (answers: Answer[]) => void
  readonly #reject: (error: unknown) => void
  readonly #answers: Answer[] = []
  #rows: (readonly (string | null)[])[] = []
  #isSent = false
  #isOpen: boolean
  #wire: Wire | null = null
  /** Set by the driver where the pool has a `query_timeout`; called at the end. */
  callback: ((error: unknown, answers?: readonly Answer[]) => void) | undefined

  /**
   * @param names of the statements that are prepared already, kept up to date; null where none are to be prepared
   * @param resolve called with an answer for each statement
   * @param reject called with the first error
   * @param isOpen whether more statements may be added until `close`; those that are there are executed already
   */
  constructor(
    calls: readonly Call[],
    names: StatementNames | null,
    resolve: (answers: Answer[]) => void,
    reject: (error: unknown) => void,
    isOpen = false,
  ) {
    this.#isOpen = isOpen
    this.#calls = [...calls]
    this.#names = names
    this.#resolve = resolve
    this.#reject = reject
  }

  /** Whether the round was handed to the network. */
  get isSent(): boolean {
    return this.#isSent
  }

  /** Writes the round; called by the driver when it is its turn. */
  submit(wire: Wire): void {
    this.#wire = wire
    this.#write(wire, this.#calls)
  }

  /** Adds statements to an open round, which then need not be the last ones; after one that failed, they are executed no more. */
  add(calls: readonly Call[]): void {
    if (!this.#isOpen || this.#wire === null) return
    this.#calls.push(...calls)
    this.#write(this.#wire, calls)
  }

  /** Adds the last statements to an open round. */
  close(calls: readonly Call[]): void {
    if (!this.#isOpen || this.#wire === null) return
    this.#isOpen = false
    this.#calls.push(...calls)
    this.#write(this.#wire, calls)
  }

  handleRowDescription(): void {}

  handleDataRow(message: { readonly fields: readonly (string | null)[] }): void {
    this.#rows.push(message.fields)
  }

  handleCommandComplete(message: { readonly text: string }): void {
    const name = this.#calls[this.#answers.length]?.statement.name ?? ''
    if (name !== '') this.#names?.set(name, true)
    this.#answers.push({ rows: this.#rows, tag: message.text })
    this.#rows = []
  }

  handleError(error: unknown): void {
    // Which of the statements that were parsed in this round are there now is not known for the one that failed: whoever needs it next
    // closes it first.
    if (this.#isOpen) this.close([])
    this.#reject(error)
    this.callback?.(error)
  }

  handleReadyForQuery(): void {
    this.#resolve(this.#answers)
    this.callback?.(null, this.#answers)
  }

  #write(wire: Wire, calls: readonly Call[]): void {
    this.#isSent = wire.stream.writable
    wire.stream.cork()
    try {
      for (const { statement, values } of calls) {
        const name = this.#names === null ? '' : statement.name
        if (!this.#isKnown(name) && !this.#isParsed.has(name)) this.#parse(wire, statement.sql, name)
        wire.bind({ statement: name, values })
        wire.execute({})
      }
      if (this.#isOpen) return
      if (this.#names !== null) forgetOldest(wire, this.#names)
      wire.sync()
    } finally {
      wire.stream.uncork()
    }
  }

  #isKnown(name: string): boolean {
    if (name === '' || this.#names === null || !this.#names.delete(name)) return false
    this.#names.set(name, true)
    return true
  }

  #parse(wire: Wire, text: string, name: string): void {
    if (name !== '') {
      // Closing a statement that isn't there does no harm.
      wire.close({ type: 'S', name })
      this.#isParsed.add(name)
    }
    wire.parse({ text, name })
  }
}

function forgetOldest(wire: Wire, names: StatementNames): void {
  for (const name of names.keys()) {
    if (names.size <= namesMax) return
    names.delete(name)
    wire.close({ type: 'S', name })
  }
}
