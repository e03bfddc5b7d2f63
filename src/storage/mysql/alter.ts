import { LockTimeoutError } from '../../errors.ts'
import type { MigrationStep, SchemaSession } from '../contract.ts'
import type { Connection } from './connection.ts'
import type { Connections } from './connections.ts'
import { isTableMissing, toFault } from './faults.ts'
import { fixedStatements, noteMeta, readMeta, setMeta } from './statements.ts'

// A migration of big tables may take its time; whoever waits longer than this waits for something that hangs.
const lockWaitMs = 10 * 60 * 1000

/**
 * Changes the schema on a connection of its own, under a lock of the server by name. DDL commits at once and can't be rolled back: a step
 * that stopped half-way runs again as a whole, so its statements do no harm when run twice.
 */
export class MysqlSchemaSession implements SchemaSession {
  readonly #connections: Connections
  readonly #connection: Connection

  private constructor(connections: Connections, connection: Connection) {
    this.#connections = connections
    this.#connection = connection
  }

  /** Takes the right to change the schema as soon as nobody else has it; LockTimeoutError after ten minutes. */
  static async open(connections: Connections, connection: Connection): Promise<MysqlSchemaSession> {
    const session = new MysqlSchemaSession(connections, connection)
    try {
      await session.#attempt('take the schema lock', () => session.#lock())
      return session
    } catch (error) {
      connection.destroy()
      connections.give(connection)
      throw error
    }
  }

  versions(): Promise<ReadonlyMap<string, number>> {
    return this.#attempt('read the schema versions', async () => {
      await this.#connection.run(fixedStatements.makeMeta)
      return readSchemaVersions(this.#connection)
    })
  }

  apply(name: string, step: MigrationStep): Promise<void> {
    return this.#attempt(`migrate ${name} to version ${step.version}`, async () => {
      // One after the other, so that nothing runs after a statement that failed.
      for (const statement of step.statements) await this.#connection.run(statement)
      await this.#connection.run(setMeta(`schema:${name}`, String(step.version)))
    })
  }

  note(name: string, value: string): Promise<string> {
    return this.#attempt(`note ${name}`, async () => {
      await this.#connection.run(noteMeta(name, value))
      const [row] = await this.#connection.rows<readonly [string]>(readMeta(name))
      return row?.[0] ?? value
    })
  }

  async end(): Promise<void> {
    // The lock goes with the connection, if not before.
    await this.#connection.rows(fixedStatements.giveSchemaLock).catch(() => this.#connection.destroy())
    this.#connections.give(this.#connection)
  }

  async #lock(): Promise<void> {
    this.#connection.enter('reads')
    const deadline = performance.now() + lockWaitMs
    for (;;) {
      const [row] = await this.#connection.rows<readonly [unknown]>(fixedStatements.takeSchemaLock)
      if (Number(row?.[0]) === 1) return
      if (performance.now() >= deadline) {
        const message = `another process has been changing the schema of ${this.#connections.location} for ${lockWaitMs} ms: see what it waits for`
        throw new LockTimeoutError(message, { lockWaitMs })
      }
    }
  }

  async #attempt<T>(tried: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw toFault(error, { location: this.#connections.location, tried, app: null })
    }
  }
}

/** The schema versions by name; empty where the table of them is missing. */
export async function readSchemaVersions(connection: Pick<Connection, 'rows'>): Promise<ReadonlyMap<string, number>> {
  try {
    const rows = await connection.rows<readonly [string, string]>(fixedStatements.schemaVersions)
    return new Map(rows.map(([name, value]) => [name.slice('schema:'.length), Number(value)]))
  } catch (error) {
    if (isTableMissing(error)) return new Map()
    throw error
  }
}
