import { atRest, entriesAt, type SerialsAt } from '../model/serials-at.ts'
import type { ReceiptRow, Refusal, SettledChange, Settlement } from '../storage/contract.ts'

/**
 * Makes the row that remembers what became of a deal with an idempotency key.
 *
 * @param now milliseconds since 1970
 */
export function toReceipt(key: string, hash: string, settlement: Settlement, now: number): ReceiptRow {
  const remembered =
    'refusal' in settlement ? { refusal: settlement.refusal } : { outcomes: settlement.outcomes.map(packed) }
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
  const remembered = JSON.parse(receipt.outcome, readBigint) as
    { readonly refusal: Refusal } | { readonly outcomes: readonly Packed[] }
  if ('refusal' in remembered) return { refusal: remembered.refusal, deal, isReplay: true }
  return { outcomes: remembered.outcomes.map(unpacked), deal, isReplay: true }
}

/** A settled change as a receipt remembers it. */
interface Packed extends Omit<SettledChange, 'serials' | 'other'> {
  readonly serials: PackedSerials | null
  readonly other?: Packed
}

/**
 * All serials of a holding, in few letters: an answer must come again as it was (I10), whatever has become of the serials since, so that
 * all of them have to be kept. Most are neighbours of the one before, and many have the same properties.
 */
interface PackedSerials {
  /** How much higher each is than the one before it, in decimal. */
  readonly gaps: string
  /** The properties that there are, each once. */
  readonly properties: readonly string[]
  /** Which of them each serial has, from 0; empty where there is but one. */
  readonly which: string
}

function packed({ serials, other, ...rest }: SettledChange): Packed {
  const mine = { ...rest, serials: serials === null ? null : packSerials(serials) }
  return other === undefined ? mine : { ...mine, other: packed(other) }
}

function unpacked({ serials, other, ...rest }: Packed): SettledChange {
  const mine = { ...rest, serials: serials === null ? null : unpackSerials(serials) }
  return other === undefined ? mine : { ...mine, other: unpacked(other) }
}

function packSerials(serials: SerialsAt): PackedSerials {
  const texts = new Map<string, number>()
  const [gaps, which]: [string[], number[]] = [[], []]
  let last = 0n
  for (const { serial, properties } of entriesAt(serials)) {
    let index = texts.get(properties)
    if (index === undefined) texts.set(properties, (index = texts.size))
    which.push(index)
    gaps.push((serial - last).toString())
    last = serial
  }
  return { gaps: gaps.join(' '), properties: [...texts.keys()], which: texts.size > 1 ? which.join(' ') : '' }
}

function unpackSerials({ gaps, properties, which }: PackedSerials): SerialsAt {
  const indices = which === '' ? [] : which.split(' ')
  let serial = 0n
  const entries = (gaps === '' ? [] : gaps.split(' ')).map((gap, place) => {
    serial += BigInt(gap)
    return { serial, properties: properties[Number(indices[place] ?? 0)]! }
  })
  return atRest(entries)
}

// A string can look like anything, so a bigint is an object of one field, which nothing else in a settlement is.
function writeBigint(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? { bigint: value.toString() } : value
}

function readBigint(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('bigint' in value)) return value
  return BigInt(String(value.bigint))
}
