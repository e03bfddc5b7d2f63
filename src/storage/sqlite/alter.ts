import type { MigrationStep, SchemaSession } from '../contract.ts'
import type { Connection } from './connection.ts'
import { attempt } from './session.ts'
import { sharedStatements } from './statements.ts'

/**
 * Changes the schema inside one transaction, whose write lock keeps other processes out and which undoes everything if a step fails.
 */
export class SqliteSchemaSession implements SchemaSession {
  readonly #connection: Connection
  #isBroken = false

  /** @param connection with its write transaction open */
  constructor(connection: Connection) {
    this.#connection = connection
  }

  versions(): Promise<ReadonlyMap<string, number>> {
    return this.#attempt('read the schema versions', () => {
      this.#connection.execute(sharedStatements.makeMeta)
      return schemaVersions(this.#connection)
    })
  }

  apply(name: string, step: MigrationStep): Promise<void> {
    return this.#attempt(`migrate ${name} to version ${step.version}`, () => {
      for (const statement of step.statements) this.#connection.execute(statement)
      this.#connection.run(sharedStatements.setMeta, `schema:${name}`, String(step.version))
    })
  }

  note(name: string, value: string): Promise<string> {
    return this.#attempt(`note ${name}`, () => {
      this.#connection.run(sharedStatements.noteMeta, name, value)
      return this.#connection.get<{ value: string }>(sharedStatements.meta, name)?.value ?? value
    })
  }

  end(): Promise<void> {
    return attempt('commit the schema', () => {
      if (this.#isBroken) this.#connection.rollback()
      else this.#connection.commit()
    })
  }

  async #attempt<T>(tried: string, work: () => T): Promise<T> {
    try {
      return await attempt(tried, work)
    } catch (error) {
      this.#isBroken = true
      throw error
    }
  }
}

/** The schema versions by name; empty where the table of them is missing. */
export function schemaVersions(connection: Connection): ReadonlyMap<string, number> {
  if (connection.get(sharedStatements.hasMeta) === undefined) return new Map()
  return toVersions(connection.all<{ name: string; value: string }>(sharedStatements.schemaVersions))
}

/** The schema versions by name from rows of `stockpile_meta`. */
export function toVersions(
  rows: readonly { readonly name: string; readonly value: string }[],
): ReadonlyMap<string, number> {
  return new Map(rows.map(({ name, value }) => [name.slice('schema:'.length), Number(value)]))
}
