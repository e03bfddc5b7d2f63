import type { ReceiptRow, Settlement } from '../storage/contract.ts'

/**
 * Makes the row that remembers what became of a deal with an idempotency key.
 *
 * @param now milliseconds since 1970
 */
export function toReceipt(key: string, hash: string, settlement: Settlement, now: number): ReceiptRow {
  const remembered = 'refusal' in settlement ? { refusal: settlement.refusal } : { outcomes: settlement.outcomes }
  return { key, hash, deal: settlement.deal, outcome: JSON.stringify(remembered, writeBigint), time: now }
}

/**
 * Answers a deal from the receipt under its key (I10): what it remembers if the request is the same, a refusal if it is another.
 *
 * @param hash the hash of the request that came now
 */
export function readReceipt(receipt: ReceiptRow, hash: string): Settlement {
  const { key, deal } = receipt
  if (receipt.hash !== hash) return { refusal: { code: 'KEY_REUSED', data: { key, deal } }, deal, isReplay: true }
  const remembered = JSON.parse(receipt.outcome, readBigint) as Settlement
  return { ...remembered, deal, isReplay: true }
}

// A string can look like anything, so a bigint is an object of one field, which nothing else in a settlement is.
function writeBigint(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? { bigint: value.toString() } : value
}

function readBigint(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('bigint' in value)) return value
  return BigInt(String(value.bigint))
}
