import type { Sql } from '../../index.ts'
import { Input } from '../apply/input.ts'
import { usageError } from '../command-errors.ts'
import { atPlace } from '../error-place.ts'
import { splitStatements, type Statement } from './split-statements.ts'
import type { SqlDialect } from './sql-pieces.ts'

/** What a statement of a file has met. */
export interface StatementDone {
  /** The line that it begins in. */
  readonly line: number
  /** How many rows it changed, or answered, as the database counts them. */
  readonly rows: number
}

/** A file of SQL statements that are run as one bulk change. */
export class BulkFile {
  /** What it is called in messages. */
  readonly name: string
  readonly #input: Input

  /**
   * @param path a file, or `-` for standard input
   * @throws a usage error for a file that isn't there
   */
  constructor(path: string, encoding: string) {
    this.#input = new Input(path, encoding)
    this.name = this.#input.name
  }

  /**
   * Reads its statements.
   *
   * @throws a usage error for a file without any, one in another encoding, and one of which it isn't certain where its statements end
   */
  async statements(dialect: SqlDialect): Promise<Statement[]> {
    const statements = splitStatements(this.name, await this.#input.whole(), dialect)
    if (statements.length === 0) throw usageError(`${this.name} has no statement in it, so there is nothing to do`)
    return statements
  }

  /**
   * Runs statements one after the other, up to the first that fails.
   *
   * @throws what it failed with, with its line noted
   */
  async run(statements: readonly Statement[], sql: Sql): Promise<StatementDone[]> {
    const done: StatementDone[] = []
    for (const { line, sql: text } of statements) {
      try {
        const { count } = await sql(text)
        done.push({ line, rows: count })
      } catch (error) {
        throw atPlace({ file: this.name, line }, error)
      }
    }
    return done
  }
}
