import type { AccountRow, HistoryRow, HoldingRow, SerialRow, Snapshot } from '../contract.ts'
import type { Connection } from './connection.ts'
import type { Connections } from './connections.ts'
import { toFault } from './faults.ts'
import {
  countAccounts,
  readAccountsAfter,
  readHistoryAfter,
  readHoldingsAfter,
  readSerialsAfter,
} from './read-statements.ts'
import type { Answer } from './round.ts'
import { toAccountRow, toHistoryRow, toHoldingRow, toSerialRow } from './rows.ts'
import type { Call } from './statement.ts'
import { bounds, settings } from './statements.ts'

/** A read-only transaction at REPEATABLE READ: it sees one moment, takes no row locks and stands in no writer's way. */
export class PostgresSnapshot implements Snapshot {
  readonly #connections: Connections
  readonly #connection: Connection

  private constructor(connections: Connections, connection: Connection) {
    this.#connections = connections
    this.#connection = connection
  }

  /**
   * Opens a snapshot of this moment on a connection that is given back at the end.
   *
   * @param lockWaitMs how long a statement waits for a table that is being altered
   */
  static async open(connections: Connections, connection: Connection, lockWaitMs: number): Promise<PostgresSnapshot> {
    const snapshot = new PostgresSnapshot(connections, connection)
    try {
      // The moment is that of the first statement after BEGIN.
      await snapshot.#run('open a snapshot', null, [bounds.beginSnapshot, settings(lockWaitMs)])
      return snapshot
    } catch (error) {
      await snapshot.end()
      throw error
    }
  }

  async accountCount(app: string): Promise<number> {
    const rows = await this.#run('count accounts', app, [countAccounts(app)])
    return Number(rows[0]?.[0] ?? 0)
  }

  async accounts(app: string, after: string, limit: number): Promise<AccountRow[]> {
    const rows = await this.#run('read accounts', app, [readAccountsAfter(app, after, limit)])
    return rows.map((row) => toAccountRow(app, row))
  }

  async holdings(app: string, after: string, upTo: string | null): Promise<HoldingRow[]> {
    const rows = await this.#run('read holdings', app, [readHoldingsAfter(app, after, upTo)])
    return rows.map((row) => toHoldingRow(app, row))
  }

  async serials(app: string, after: string, upTo: string | null): Promise<SerialRow[]> {
    const rows = await this.#run('read serials', app, [readSerialsAfter(app, after, upTo)])
    return rows.map((row) => toSerialRow(app, row))
  }

  async history(
    app: string,
    after: { readonly user: string; readonly version: bigint; readonly line: number },
    upTo: string | null,
    limit: number,
  ): Promise<HistoryRow[]> {
    const rows = await this.#run('read history', app, [readHistoryAfter(app, after, upTo, limit)])
    return rows.map((row) => toHistoryRow(app, row))
  }

  async end(): Promise<void> {
    await this.#connection.run([bounds.rollback]).catch(() => undefined)
    this.#connections.give(this.#connection)
  }

  /** Answers the rows of the last statement. */
  async #run(tried: string, app: string | null, calls: readonly Call[]): Promise<Answer['rows']> {
    try {
      const answers = await this.#connection.run(calls)
      return answers.at(-1)?.rows ?? []
    } catch (error) {
      throw toFault(error, { location: this.#connections.location, tried, app })
    }
  }
}
