import type { SqlAnswer, SqlParameter } from '../cached-contract.ts'
import type { Mode } from '../places.ts'
import { isLost } from './faults.ts'

export type { Mode } from '../places.ts'

/** What is used of a connection of the driver `mariadb`. */
export interface DriverConnection {
  query(options: DriverQuery): Promise<unknown>
  isValid(): boolean
  /** Ends the connection, or gives it back to the pool that it came from. */
  end(): Promise<void>
  destroy(): void
}

/** A statement and how its answer is wanted. */
export interface DriverQuery {
  readonly sql: string
  readonly values?: readonly SqlParameter[]
}

// How rows arrive, whatever the user's pool is set to: as arrays (no names to look up), and BIGINT as bigint, exact.
const shape = {
  rowsAsArray: true,
  nestTables: false,
  metaAsArray: false,
  checkDuplicate: false,
  namedPlaceholders: false,
  bigIntAsNumber: false,
  insertIdAsNumber: false,
  supportBigNumbers: false,
  typeCast: undefined,
}

/** How a connection is prepared for work, and for going back. */
export interface ConnectionHabits {
  /** The database, without password. */
  readonly location: string
  /** Whether one packet may carry several statements. */
  readonly canJoin: boolean
  /** Statements before each kind of work, which leave `autocommit` off for transactions and on for reads. */
  readonly before: Readonly<Record<Mode, readonly string[]>>
  /** Statements before a pool gets its connection back. */
  readonly beforeReturn: readonly string[]
}

// Characters of statements that travel in one packet: as many as one INSERT may have.
const charactersPerPacket = 512 * 1024

/**
 * One connection. Several statements that are given at once share a round trip: in one packet where the connection allows it, else one
 * after the other without waiting.
 *
 * For a transaction `autocommit` is switched off instead of sending BEGIN: if the server rolls everything back half-way through several
 * statements (deadlock), those that follow begin another transaction, which is rolled back in turn, instead of being committed one by one.
 */
export class Connection {
  /** The database, without password. */
  readonly location: string
  readonly #driver: DriverConnection
  readonly #habits: ConnectionHabits
  #mode: Mode | null = null
  #preparation: readonly string[] = []
  #isLost = false

  /** @param driver connected */
  constructor(driver: DriverConnection, habits: ConnectionHabits) {
    this.location = habits.location
    this.#driver = driver
    this.#habits = habits
  }

  /** Whether it can be used. */
  get isUsable(): boolean {
    return !this.#isLost && this.#driver.isValid()
  }

  /** Whether nobody had it before. */
  get isFresh(): boolean {
    return this.#mode === null
  }

  /** What it was last prepared for. */
  get mode(): Mode | null {
    return this.#mode
  }

  /** Prepares for a kind of work; a transaction begins with the next statement that touches a table. None may be open. */
  enter(mode: Mode): void {
    if (this.#mode === mode) return
    this.#mode = mode
    this.#preparation = this.#habits.before[mode]
  }

  /** Runs a statement that answers rows. */
  async rows<Row extends readonly unknown[]>(sql: string): Promise<Row[]> {
    const [rows = []] = await this.rowsOfAll<Row>([sql])
    return rows
  }

  /** Runs a statement that answers no rows; says how many it met. */
  async run(sql: string): Promise<number> {
    const [answer] = await this.#send([sql])
    return metBy(answer)
  }

  /** Runs one statement of the user's, whose parameters the driver writes into it as literals. */
  async ask(sql: string, parameters: readonly SqlParameter[]): Promise<SqlAnswer> {
    const answer = await this.#query(sql, { rowsAsArray: false, ...(parameters.length > 0 && { values: parameters }) })
    if (Array.isArray(answer)) return { rows: answer as object[], count: answer.length }
    return { rows: [], count: metBy(answer) }
  }

  /** Runs statements that answer no rows. After one that fails the others may or may not run; its error is the one that counts. */
  async runAll(statements: readonly string[]): Promise<void> {
    await this.#send(statements)
  }

  /** Runs statements that answer no rows, and a last one only if all of them succeeded: in one round trip, if they fit into a packet. */
  async runThen(statements: readonly string[], last: string): Promise<void> {
    const all = [...statements, last]
    // In one packet the server stops at the first that fails.
    if (this.#habits.canJoin && packetsOf([...this.#preparation, ...all]).length === 1) await this.#send(all)
    else {
      await this.#send(statements)
      await this.#send([last])
    }
  }

  /** Runs statements that answer rows, as `runAll` does; answers the rows of each. */
  async rowsOfAll<Row extends readonly unknown[]>(statements: readonly string[]): Promise<Row[][]> {
    return (await this.#send(statements)) as Row[][]
  }

  /** Ends the connection, or gives it back to the pool that it came from; never rejects. No transaction may be open in it. */
  async leave(): Promise<void> {
    try {
      await this.runAll(this.#mode === null ? [] : this.#habits.beforeReturn)
      await this.#driver.end()
    } catch {
      this.destroy()
    }
  }

  /** Drops the connection: the server rolls back what is open in it. */
  destroy(): void {
    this.#isLost = true
    this.#driver.destroy()
  }

  async #send(statements: readonly string[]): Promise<unknown[]> {
    const preparation = this.#preparation
    this.#preparation = []
    if (!this.#habits.canJoin) {
      // Not sharing the round trip, for nothing may run on a connection that isn't prepared.
      await Promise.all(preparation.map((sql) => this.#query(sql)))
      return Promise.all(statements.map((sql) => this.#query(sql)))
    }
    const packets = packetsOf([...preparation, ...statements])
    const answers = await Promise.all(
      packets.map(async (packet) => {
        const answer = await this.#query(packet.join(';'))
        return packet.length === 1 ? [answer] : (answer as unknown[])
      }),
    )
    return answers.flat().slice(preparation.length)
  }

  async #query(sql: string, options: Partial<DriverQuery & typeof shape> = {}): Promise<unknown> {
    try {
      return await this.#driver.query({ sql, ...shape, ...options })
    } catch (error) {
      if (isLost(error)) this.#isLost = true
      throw error
    }
  }
}

/** How many rows a statement met that answered none. */
function metBy(answer: unknown): number {
  return typeof answer === 'object' && answer !== null && 'affectedRows' in answer ? Number(answer.affectedRows) : 0
}

/** Statements in as few packets as their lengths allow. */
function packetsOf(statements: readonly string[]): string[][] {
  const packets: string[][] = []
  let characters = Infinity
  for (const sql of statements) {
    if (characters + sql.length > charactersPerPacket) {
      packets.push([])
      characters = 0
    }
    packets.at(-1)?.push(sql)
    characters += sql.length
  }
  return packets
}

/** What a transaction of the library's own statements uses of a connection. */
export type Line = Omit<Connection, 'ask' | 'isFresh'>
