import type { AccountRow, HistoryRow, HoldingRow, SerialRow, Snapshot } from '../contract.ts'
import type { Connection } from './connection.ts'
import type { Connections } from './connections.ts'
import { toFault } from './faults.ts'
import {
  toAccountRow,
  toHistoryRow,
  toHoldingRow,
  toSerialRow,
  type AccountColumns,
  type HistoryColumns,
  type HoldingColumns,
  type SerialColumns,
} from './rows.ts'
import {
  countAccounts,
  readAccountsAfter,
  readHistoryAfter,
  readHoldingsAfter,
  readSerialsAfter,
} from './statements.ts'

/** A read-only transaction at REPEATABLE READ: it sees one moment, takes no locks and stands in nobody's way. */
export class MysqlSnapshot implements Snapshot {
  readonly #connections: Connections
  readonly #connection: Connection

  private constructor(connections: Connections, connection: Connection) {
    this.#connections = connections
    this.#connection = connection
  }

  /** Opens a snapshot of this moment on a connection that is given back at the end. */
  static async open(connections: Connections, connection: Connection): Promise<MysqlSnapshot> {
    const snapshot = new MysqlSnapshot(connections, connection)
    try {
      connection.enter('reads')
      await connection.runAll([
        'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ',
        'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY',
      ])
      return snapshot
    } catch (error) {
      await snapshot.end()
      throw toFault(error, { location: connections.location, tried: 'open a snapshot', app: null })
    }
  }

  async accountCount(app: string): Promise<number> {
    const [row] = await this.#rows<readonly [bigint]>('count accounts', app, countAccounts(app))
    return Number(row?.[0] ?? 0n)
  }

  async accounts(app: string, after: string, limit: number): Promise<AccountRow[]> {
    const rows = await this.#rows<AccountColumns>('read accounts', app, readAccountsAfter(app, after, limit))
    return rows.map((row) => toAccountRow(app, row))
  }

  async holdings(app: string, after: string, upTo: string | null): Promise<HoldingRow[]> {
    const rows = await this.#rows<HoldingColumns>('read holdings', app, readHoldingsAfter(app, after, upTo))
    return rows.map((row) => toHoldingRow(app, row))
  }

  async serials(app: string, after: string, upTo: string | null): Promise<SerialRow[]> {
    const rows = await this.#rows<SerialColumns>('read serials', app, readSerialsAfter(app, after, upTo))
    return rows.map((row) => toSerialRow(app, row))
  }

  async history(
    app: string,
    after: { readonly user: string; readonly version: bigint; readonly line: number },
    upTo: string | null,
    limit: number,
  ): Promise<HistoryRow[]> {
    const rows = await this.#rows<HistoryColumns>('read history', app, readHistoryAfter(app, after, upTo, limit))
    return rows.map((row) => toHistoryRow(app, row))
  }

  async end(): Promise<void> {
    await this.#connection.run('ROLLBACK').catch(() => this.#connection.destroy())
    this.#connections.give(this.#connection)
  }

  async #rows<Row extends readonly unknown[]>(tried: string, app: string, sql: string): Promise<Row[]> {
    try {
      return await this.#connection.rows<Row>(sql)
    } catch (error) {
      throw toFault(error, { location: this.#connections.location, tried, app })
    }
  }
}
