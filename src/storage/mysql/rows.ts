import type { AccountRow, HistoryRow, HoldingRow, ReceiptRow, SerialRow } from '../contract.ts'

/** What the server answers for an account. */
export type AccountColumns = readonly [user: string, version: bigint, changedAt: bigint]

/** What the server answers for a holding. */
export type HoldingColumns = readonly [
  user: string,
  item: string,
  quantity: bigint,
  serials: number,
  position: bigint | null,
]

/** What the server answers for a row of history. */
export type HistoryColumns = readonly [
  user: string,
  version: bigint,
  line: number,
  item: string,
  change: bigint,
  balance: bigint,
  serials: string | null,
  party: string | null,
  deal: string,
  data: string | null,
  time: bigint,
]

/** What the server answers for a serial. */
export type SerialColumns = readonly [user: string, item: string, serial: bigint, properties: string]

/** What the server answers for a receipt. */
export type ReceiptColumns = readonly [key: string, hash: string, deal: string, outcome: string, time: bigint]

/** An account as the contract has it. */
export function toAccountRow(app: string, [user, version, changedAt]: AccountColumns): AccountRow {
  return { app, user, version, changedAt: Number(changedAt) }
}

/** A holding as the contract has it. */
export function toHoldingRow(app: string, [user, item, quantity, serials, position]: HoldingColumns): HoldingRow {
  return { app, user, item, quantity, serials, position }
}

/** A serial as the contract has it. */
export function toSerialRow(app: string, [user, item, serial, properties]: SerialColumns): SerialRow {
  return { app, user, item, serial, properties }
}

/** A row of history as the contract has it. */
export function toHistoryRow(
  app: string,
  [user, version, line, item, change, balance, serials, party, deal, data, time]: HistoryColumns,
): HistoryRow {
  return { app, user, item, version, line, change, balance, serials, party, deal, data, time: Number(time) }
}

/** A receipt as the contract has it. */
export function toReceiptRow([key, hash, deal, outcome, time]: ReceiptColumns): ReceiptRow {
  return { key, hash, deal, outcome, time: Number(time) }
}
