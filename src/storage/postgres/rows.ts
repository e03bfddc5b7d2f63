import type { AccountRow, HistoryRow, HoldingRow, ReceiptRow, SerialRow } from '../contract.ts'
import type { Answer } from './round.ts'

type Row = Answer['rows'][number]

/** An account from user_id, version, changed_at. */
export function toAccountRow(app: string, row: Row): AccountRow {
  const [user, version, changedAt] = row as readonly [string, string, string]
  return { app, user, version: BigInt(version), changedAt: Number(changedAt) }
}

/** A holding from user_id, item_id, quantity, serials, position. */
export function toHoldingRow(app: string, row: Row): HoldingRow {
  const [user, item, quantity, serials, position] = row as readonly [string, string, string, string, string | null]
  return {
    app,
    user,
    item,
    quantity: BigInt(quantity),
    serials: Number(serials),
    position: position === null ? null : BigInt(position),
  }
}

/** A serial from user_id, item_id, serial, properties. */
export function toSerialRow(app: string, row: Row): SerialRow {
  const [user, item, serial, properties] = row as readonly [string, string, string, string]
  return { app, user, item, serial: BigInt(serial), properties }
}

/** A line of history from all columns in the order of the table. */
export function toHistoryRow(app: string, row: Row): HistoryRow {
  const [user, version, line, item, change, balance] = row as readonly [string, string, string, string, string, string]
  const [serials, party, deal, data, time] = row.slice(6) as unknown as readonly [
    string | null,
    string | null,
    string,
    string | null,
    string,
  ]
  return {
    app,
    user,
    item,
    version: BigInt(version),
    line: Number(line),
    change: BigInt(change),
    balance: BigInt(balance),
    serials,
    party,
    deal,
    data,
    time: Number(time),
  }
}

/** A receipt from all columns in the order of the table. */
export function toReceiptRow(row: Row): ReceiptRow {
  const [key, hash, deal, outcome, time] = row as readonly [string, string, string, string, string]
  return { key, hash, deal, outcome, time: Number(time) }
}
