import { hash } from 'node:crypto'
import { InvalidArgumentError } from '../errors.ts'
import { toVersion, type Change } from './change.ts'
import { changesMax, dataBytesMax, keyBytesMax } from './limits.ts'

/** What can be said with any write. */
export interface WriteOptions {
  /** Free JSON object kept with the history entries of the write: reason, actor, order number. At most 16 KiB as JSON. */
  readonly data?: Readonly<Record<string, unknown>> | undefined
  /** Idempotency key, 1 to 128 UTF-8 bytes, unique in the database: the same key and request give the same answer again. */
  readonly key?: string | undefined
  /** Refuse unless the account is at this version. For deals that name one account; `plan` takes it for each change otherwise. */
  readonly ifVersion?: bigint | undefined
}

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

/** A deal as the lane carries it: checked, numbered, and with everything that the request says in its final form. */
export interface PreparedDeal {
  /** UUID of version 7. */
  readonly id: string
  readonly changes: readonly Change[]
  /** JSON text, or null. */
  readonly data: string | null
  readonly key: string | null
  /** Hash of the request where there is a key. */
  readonly hash: string | null
  /** About how many bytes it adds to a batch. */
  readonly bytes: number
}

/**
 * Checks a deal and brings it into the form that the lane carries. The changes are taken as canonical.
 *
 * @param id the deal's id, a UUID of version 7
 * @throws InvalidArgumentError for an empty deal or one with more than 10,000 changes, and for bad `data`, `key` or `ifVersion`
 */
export function prepareDeal(id: string, deal: Deal): PreparedDeal {
  const { key } = deal
  if (deal.changes.length === 0) throw new InvalidArgumentError('changes', deal.changes, 'at least one change')
  if (deal.changes.length > changesMax) {
    throw new InvalidArgumentError(
      'changes',
      `${deal.changes.length} changes`,
      `at most ${changesMax} changes in one deal`,
    )
  }
  const changes = deal.ifVersion === undefined ? deal.changes : withVersion(deal.changes, deal.ifVersion)
  const data = deal.data === undefined ? null : toDataText(deal.data)
  if (key !== undefined) checkKey(key)
  return {
    id,
    changes,
    data,
    key: key ?? null,
    hash: key === undefined ? null : requestHash(changes, deal.data),
    bytes: changes.length * (192 + (data?.length ?? 0)),
  }
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

function toDataText(data: unknown): string {
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw new InvalidArgumentError('data', data, 'a plain JSON object')
  let text: string | undefined
  try {
    text = JSON.stringify(data)
  } catch (error) {
    throw new InvalidArgumentError('data', data, `an object that JSON can express (${(error as Error).message})`)
  }
  if (text === undefined || !text.startsWith('{')) throw new InvalidArgumentError('data', data, 'a plain JSON object')
  if (Buffer.byteLength(text) > dataBytesMax)
    throw new InvalidArgumentError('data', data, `at most ${dataBytesMax} bytes as JSON`)
  return text
}

/** The hash of everything that makes two requests the same: the changes in their order, and `data` whatever the order of its keys. */
function requestHash(changes: readonly Change[], data: Deal['data']): string {
  const request = changes.map((change) => [
    change.verb,
    change.kind,
    change.app,
    change.user,
    change.item,
    change.amount.toString(),
    change.ifVersion?.toString() ?? null,
  ])
  // JSON.parse first: what counts is what is stored, toJSON and dropped undefineds included.
  const canonical = data === undefined ? null : sorted(JSON.parse(JSON.stringify(data)) as unknown)
  return hash('sha256', JSON.stringify([request, canonical]), 'base64url')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]))
}
