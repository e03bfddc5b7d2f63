import { InvalidArgumentError } from '../errors.ts'
import type { Party } from '../model/change.ts'
import { toId, type ItemId } from '../model/id.ts'
import { entriesMax, quantityMax } from '../model/limits.ts'
import { toOptions } from '../model/options.ts'
import type { EntryQuery, HistoryRow } from '../storage/contract.ts'

// The largest number that the column of lines takes.
const lineMax = 2 ** 31 - 1

// The last moment that a Date can name.
const dateMsMax = 8.64e15

/** One row of an account's history: what one change of a deal did to one item. */
export interface Entry {
  readonly item: string
  /** By how much; negative where something was taken. */
  readonly change: bigint
  /** How many there were afterwards. */
  readonly balance: bigint
  /** The account's version after the deal. */
  readonly version: bigint
  /** Which change of the deal it was on this account, from 1. */
  readonly line: number
  /** Which serials came, went, and got other properties; null where none did. */
  readonly serials: {
    readonly in: readonly bigint[]
    readonly out: readonly bigint[]
    readonly set: readonly bigint[]
  } | null
  /** The other side of a transfer, or null. */
  readonly party: Party | null
  /** The deal's id, a UUID of version 7. */
  readonly deal: string
  /** What was said with the deal, or null. */
  readonly data: Readonly<Record<string, unknown>> | null
  /** When, in milliseconds since 1970; never earlier than the entry before. */
  readonly time: number
}

/** Which part of an account's history is wanted; everything is optional and all of it must be true of an entry. */
export interface HistoryFilter {
  /** The id of an item. */
  readonly item?: ItemId
  /** The id of a deal. */
  readonly deal?: string
  /** At this time or later: milliseconds since 1970, or a Date. */
  readonly since?: number | Date
  /** Before this time: milliseconds since 1970, or a Date. */
  readonly until?: number | Date
  /** Older than this entry: the last one of the page before. */
  readonly before?: Pick<Entry, 'version' | 'line'>
  /** Most entries wanted, 1 to 1,000; 100 unless said otherwise. */
  readonly limit?: number
}

/**
 * Checks a filter and makes the query of it.
 *
 * @throws InvalidArgumentError naming the part that breaks a rule
 */
export function toEntryQuery(app: string, user: string, filter: HistoryFilter): EntryQuery {
  const {
    item,
    deal,
    since,
    until,
    before,
    limit = 100,
  } = toOptions('filter', filter, ['item', 'deal', 'since', 'until', 'before', 'limit'])
  if (deal !== undefined && !(typeof deal === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(deal))) {
    throw new InvalidArgumentError('deal', deal, "a deal's id: a UUID in lower case")
  }
  if (!Number.isInteger(limit) || limit < 1 || limit > entriesMax)
    throw new InvalidArgumentError('limit', limit, `a whole number from 1 to ${entriesMax}`)
  if (before !== undefined && !isPlace(before))
    throw new InvalidArgumentError('before', before, 'an entry of the page before, or its version and line')
  return {
    app,
    user,
    item: item === undefined ? null : toId('item', item),
    deal: deal ?? null,
    since: since === undefined ? null : toTime('since', since),
    until: until === undefined ? null : toTime('until', until),
    before: before === undefined ? null : { version: before.version, line: before.line },
    limit,
  }
}

/** An entry as the user gets it. */
export function toEntry({ item, change, balance, version, line, serials, party, deal, data, time }: HistoryRow): Entry {
  return {
    item,
    change,
    balance,
    version,
    line,
    serials: serials === null ? null : toMoves(serials),
    party:
      party === null ? null : { app: party.slice(0, party.indexOf(' ')), user: party.slice(party.indexOf(' ') + 1) },
    deal,
    data: data === null ? null : (JSON.parse(data) as Record<string, unknown>),
    time,
  }
}

/** Which serials came, went and changed, from the text that history keeps. */
export function toMoves(text: string): { in: bigint[]; out: bigint[]; set: bigint[] } {
  const moves = JSON.parse(text) as { in?: string[]; out?: string[]; set?: string[] }
  const numbers = (list: string[] | undefined): bigint[] => (list ?? []).map(BigInt)
  return { in: numbers(moves.in), out: numbers(moves.out), set: numbers(moves.set) }
}

/** Whether there can be an entry with this version and line. */
function isPlace(before: unknown): boolean {
  if (typeof before !== 'object' || before === null || !('version' in before) || !('line' in before)) return false
  const { version, line } = before
  if (typeof version !== 'bigint' || version < 0n || version > quantityMax) return false
  return typeof line === 'number' && Number.isInteger(line) && line >= 0 && line <= lineMax
}

function toTime(argument: string, time: unknown): number {
  const ms = time instanceof Date ? time.getTime() : time
  // Times of entries are whole: those from 1.5 on are those from 2 on, and those before 1.5 those before 2.
  if (typeof ms === 'number' && Math.abs(ms) <= dateMsMax) return Math.ceil(ms)
  throw new InvalidArgumentError(argument, time, 'milliseconds since 1970, or a valid Date')
}
