import type { MigrationStep, SchemaSession } from '../contract.ts'
import type { Connection } from './connection.ts'
import type { Connections } from './connections.ts'
import { isTableMissing, toFault } from './faults.ts'
import type { Answer } from './round.ts'
import { lockSchema, makeMeta, noteMeta, readMeta, readSchemaVersions, setMeta } from './shared-statements.ts'
import { once, type Call } from './statement.ts'
import { bounds, settings } from './statements.ts'

// A migration of big tables may take its time; whoever waits longer than this waits for something that hangs.
const lockWaitMs = 10 * 60 * 1000

/**
 * Changes the schema inside one transaction: an advisory lock keeps other processes out until its end, and everything is undone if a step
 * fails.
 */
export class PostgresSchemaSession implements SchemaSession {
  readonly #connections: Connections
  readonly #connection: Connection
  #isBroken = false

  private constructor(connections: Connections, connection: Connection) {
    this.#connections = connections
    this.#connection = connection
  }

  /** Takes the right to change the schema as soon as nobody else has it; LockTimeoutError after ten minutes. */
  static async open(connections: Connections, connection: Connection): Promise<PostgresSchemaSession> {
    const session = new PostgresSchemaSession(connections, connection)
    try {
      // What limits an ordinary statement must not stop a migration half-way.
      const patience = once(`SELECT set_config('statement_timeout', '0', true)`)
      const calls = [bounds.begin, settings(lockWaitMs), patience, lockSchema]
      await session.#run('take the schema lock', calls)
      return session
    } catch (error) {
      await session.end()
      throw error
    }
  }

  async versions(): Promise<ReadonlyMap<string, number>> {
    return toVersions(await this.#run('read the schema versions', [makeMeta, readSchemaVersions]))
  }

  async apply(name: string, step: MigrationStep): Promise<void> {
    const statements = step.statements.map((statement) => once(statement))
    const noted = setMeta(`schema:${name}`, String(step.version))
    await this.#run(`migrate ${name} to version ${step.version}`, [...statements, noted])
  }

  async note(name: string, value: string): Promise<string> {
    const rows = await this.#run(`note ${name}`, [noteMeta(name, value), readMeta(name)])
    return rows[0]?.[0] ?? value
  }

  async end(): Promise<void> {
    try {
      await this.#run('commit the schema', [this.#isBroken ? bounds.rollback : bounds.commit])
    } catch (error) {
      // What broke before has been reported already.
      if (!this.#isBroken) throw error
    } finally {
      this.#connections.give(this.#connection)
    }
  }

  /** Answers the rows of the last statement. */
  async #run(tried: string, calls: readonly Call[]): Promise<Answer['rows']> {
    try {
      const answers = await this.#connection.run(calls)
      return answers.at(-1)?.rows ?? []
    } catch (error) {
      this.#isBroken = true
      throw toFault(error, { location: this.#connections.location, tried, app: null })
    }
  }
}

/** The schema versions by name; empty where the table of them is missing. */
export async function fetchSchemaVersions(connection: Pick<Connection, 'run'>): Promise<ReadonlyMap<string, number>> {
  try {
    const [answer] = await connection.run([readSchemaVersions])
    return toVersions(answer?.rows ?? [])
  } catch (error) {
    if (isTableMissing(error)) return new Map()
    throw error
  }
}

function toVersions(rows: Answer['rows']): ReadonlyMap<string, number> {
  return new Map(rows.map(([name, value]) => [(name ?? '').slice('schema:'.length), Number(value)]))
}
