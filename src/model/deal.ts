import { hash } from 'node:crypto'
import { InvalidArgumentError } from '../errors.ts'
import { toVersion, type Change } from './change.ts'
import { toJsonText } from './json-text.ts'
import { changesMax, dataBytesMax, dealBytesMax, keyBytesMax, quantityMax, serialsMax } from './limits.ts'
import type { NextSerial } from './quantity.ts'

/** What can be said with any write. */
export interface WriteOptions {
  /** Free JSON object kept with the history entries of the write: reason, actor, order number. At most 16 KiB as JSON. */
  readonly data?: Readonly<Record<string, unknown>> | undefined
  /** Idempotency key, 1 to 128 UTF-8 bytes, unique in the database: the same key and request give the same answer again. */
  readonly key?: string | undefined
  /** Refuse unless the account is at this version. For deals that name one account; `plan` takes it for each change otherwise. */
  readonly ifVersion?: bigint | undefined
  /** Answer what would happen, or what would refuse, and change nothing. */
  readonly dryRun?: boolean | undefined
}

/** All that can be said with a write. */
export const writeOptionNames = ['data', 'key', 'ifVersion', 'dryRun'] as const

/** A list of changes that happen together or not at all. */
export interface Deal extends WriteOptions {
  readonly changes: readonly Change[]
}

/** What one change led to. */
export interface Outcome<Q = bigint> {
  readonly app: string
  readonly user: string
  readonly item: string
  /** By how much the quantity changed; negative where something was taken. */
  readonly change: bigint
  /** What the account has of the item after the whole deal's changes so far. */
  readonly quantity: Q
  /** The account's version after the deal. */
  readonly version: bigint
  /** The id of the deal in the history: a UUID of version 7. */
  readonly deal: string
}

/** A change as the lane carries it: with the numbers of the serials that it may make. */
export interface PreparedChange extends Change {
  /** Ascending; as many as can be needed at most. */
  readonly made: readonly bigint[]
}

/** A deal as the lane carries it: checked, numbered, and with everything that the request says in its final form. */
export interface PreparedDeal {
  /** UUID of version 7. */
  readonly id: string
  readonly changes: readonly PreparedChange[]
  /** JSON text, or null. */
  readonly data: string | null
  readonly key: string | null
  /** Hash of the request where there is a key. */
  readonly hash: string | null
  /** Whether nothing of it is to be kept. */
  readonly isDryRun: boolean
  /** About how many bytes it adds to a batch. */
  readonly bytes: number
}

/**
 * Checks a deal and brings it into the form that the lane carries. The changes are taken as canonical.
 *
 * @param id the deal's id, a UUID of version 7
 * @param nextSerial numbers the serials that the deal may make; not called for a deal that makes none
 * @throws InvalidArgumentError for an empty deal or one with more than 10,000 changes, and for bad `data`, `key` or `ifVersion`
 */
export function prepareDeal(id: string, deal: Deal, nextSerial: NextSerial): PreparedDeal {
  const { key } = deal
  if (deal.changes.length === 0) throw new InvalidArgumentError('changes', deal.changes, 'at least one change')
  if (deal.changes.length > changesMax) {
    throw new InvalidArgumentError(
      'changes',
      `${deal.changes.length} changes`,
      `at most ${changesMax} changes in one deal`,
    )
  }
  checkAmounts(deal.changes)
  checkSerials(deal.changes)
  const changes = deal.ifVersion === undefined ? deal.changes : withVersion(deal.changes, deal.ifVersion)
  const data = deal.data === undefined ? null : toJsonText('data', deal.data, 'object', dataBytesMax)
  if (key !== undefined) checkKey(key)
  const bytes = changes.reduce((sum, change) => sum + bytesOf(change), 0) + changes.length * (data?.length ?? 0)
  if (bytes > dealBytesMax) {
    throw new InvalidArgumentError(
      'changes',
      `about ${bytes} bytes`,
      `at most ${dealBytesMax} bytes with data and properties; make several deals of it`,
    )
  }
  return {
    id,
    changes: changes.map((change) => ({ ...change, made: madeSerials(change, nextSerial) })),
    data,
    key: key ?? null,
    hash: key === undefined ? null : requestHash(changes, data),
    isDryRun: deal.dryRun === true,
    bytes,
  }
}

/**
 * Checks a deal without numbering anything.
 *
 * @throws what `prepareDeal` throws
 */
export function checkDeal(deal: Deal): void {
  prepareDeal('', deal, () => 0n)
}

/** How many serials a change may make at most. */
export function serialsMade({ verb, kind, amount, serials, party }: Change): bigint {
  if (serials !== null || party !== null || kind === 'tally') return 0n
  const makes = kind === 'serial' ? verb === 'add' || verb === 'set' : verb === 'convert'
  return makes ? amount : 0n
}

/** How many serials a change moves for certain, at most; a hybrid may take them from its count. */
function serialsMoved(change: Change): bigint {
  const { verb, kind, amount, serials, party } = change
  if (serials !== null) return BigInt(serials.length)
  const isTold = kind === 'serial' && (party !== null || verb === 'subtract') && verb !== 'sort'
  return isTold ? amount : serialsMade(change)
}

const noSerials: readonly bigint[] = []

function madeSerials(change: Change, next: NextSerial): readonly bigint[] {
  const length = Number(serialsMade(change))
  return length === 0 ? noSerials : Array.from({ length }, next)
}

function bytesOf(change: Change): number {
  const given = (change.serials ?? []).reduce((sum, { properties }) => sum + 64 + properties.length, 0)
  return 192 + given + Number(serialsMade(change)) * (64 + change.properties.length)
}

/** A layer of somebody's own may have put anything in place of what was asked. */
function checkAmounts(changes: readonly Change[]): void {
  for (const { amount, serials, verb } of changes) {
    const least = serials !== null || verb === 'set' || verb === 'sort' ? 0n : 1n
    if (typeof amount !== 'bigint' || amount < least || amount > quantityMax)
      throw new InvalidArgumentError('amount', amount, `a bigint from ${least} to 2^63 - 1`)
  }
}

/** A serial inventory makes and takes as many serials as it is told to, so that is bounded. */
function checkSerials(changes: readonly Change[]): void {
  let count = 0n
  for (const change of changes) count += serialsMoved(change)
  if (count > BigInt(serialsMax))
    throw new InvalidArgumentError('quantity', count, `at most ${serialsMax} serials in one deal`)
}

function withVersion(changes: readonly Change[], ifVersion: unknown): readonly Change[] {
  const version = toVersion('ifVersion', ifVersion)
  const [first] = changes
  if (changes.some((change) => change.app !== first?.app || change.user !== first.user)) {
    throw new InvalidArgumentError(
      'ifVersion',
      ifVersion,
      'left out where a deal names several accounts; give it to each plan instead',
    )
  }
  return changes.map((change) => ({ ...change, ifVersion: change.ifVersion ?? version }))
}

function checkKey(key: unknown): asserts key is string {
  const isGood =
    typeof key === 'string' &&
    key !== '' &&
    key.isWellFormed() &&
    !/\p{Cc}/u.test(key) &&
    Buffer.byteLength(key) <= keyBytesMax &&
    key.trim() === key
  if (!isGood) {
    throw new InvalidArgumentError(
      'key',
      key,
      `a well-formed string of 1 to ${keyBytesMax} UTF-8 bytes without control characters or blanks at either end`,
    )
  }
}

/** The hash of everything that makes two requests the same: the changes in their order, and `data` whatever the order of its keys. */
function requestHash(changes: readonly Change[], data: string | null): string {
  const request = changes.map((change) => [
    change.verb,
    change.kind,
    change.app,
    change.user,
    change.item,
    change.amount.toString(),
    change.serials?.map(({ serial, properties }) => [serial.toString(), properties]) ?? null,
    change.properties,
    change.party,
    change.place,
    change.ifVersion?.toString() ?? null,
  ])
  // What counts is what is stored.
  const canonical = data === null ? null : sorted(JSON.parse(data) as unknown)
  return hash('sha256', JSON.stringify([request, canonical]), 'base64url')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]))
}
