import { idBytesMax } from '../../model/limits.ts'
import type { AccountRow, HistoryRow, HoldingRow, SerialRow, Snapshot } from '../contract.ts'
import { toNumber, type Connection } from './connection.ts'
import {
  attempt,
  toHistoryRow,
  toHoldingRow,
  toSerialRow,
  type HistoryColumns,
  type HoldingColumns,
  type SerialColumns,
} from './session.ts'

// No id is above this one: 64 bytes of the last character that Unicode has.
const lastUser = '\u{10ffff}'.repeat(idBytesMax / 4)

/** A read transaction on a connection of its own: in write-ahead mode it sees one moment and blocks nobody. */
export class SqliteSnapshot implements Snapshot {
  readonly #connection: Connection

  /** @param connection taken over: it is closed at the end */
  constructor(connection: Connection) {
    this.#connection = connection
    connection.execute('BEGIN')
  }

  accountCount(app: string): Promise<number> {
    return attempt('count accounts', () => {
      const row = this.#connection.get<{ count: bigint }>(this.#connection.app(app).accountCount)
      return toNumber(row?.count)
    })
  }

  accounts(app: string, after: string, limit: number): Promise<AccountRow[]> {
    return attempt('read accounts', () => {
      const sql = this.#connection.app(app).accountsAfter
      const rows = this.#connection.all<{ user_id: string; version: bigint; changed_at: bigint }>(sql, after, limit)
      return rows.map((row) => ({ app, user: row.user_id, version: row.version, changedAt: toNumber(row.changed_at) }))
    })
  }

  holdings(app: string, after: string, upTo: string | null): Promise<HoldingRow[]> {
    return attempt('read holdings', () => {
      const rows = this.#connection.all<HoldingColumns & { user_id: string }>(
        this.#connection.app(app).holdingsAfter,
        after,
        upTo ?? lastUser,
      )
      return rows.map((row) => toHoldingRow(app, row.user_id, row))
    })
  }

  serials(app: string, after: string, upTo: string | null): Promise<SerialRow[]> {
    return attempt('read serials', () => {
      const rows = this.#connection.all<SerialColumns>(this.#connection.app(app).serialsAfter, after, upTo ?? lastUser)
      return rows.map((row) => toSerialRow(app, row))
    })
  }

  history(
    app: string,
    after: { user: string; version: bigint; line: number },
    upTo: string | null,
    limit: number,
  ): Promise<HistoryRow[]> {
    return attempt('read history', () => {
      const sql = this.#connection.app(app).historyAfter
      const rows = this.#connection.all<HistoryColumns>(
        sql,
        after.user,
        after.version,
        after.line,
        upTo ?? lastUser,
        limit,
      )
      return rows.map((row) => toHistoryRow(app, row))
    })
  }

  async end(): Promise<void> {
    await attempt('end a snapshot', () => this.#connection.close()).catch(() => undefined)
  }
}
