import { toMoves } from '../../src/ledger/history.ts'
import type { HistoryRow } from '../../src/storage/contract.ts'
import type { Operation } from './operation.ts'
import { appOf, market, type Move, type TradeAnswer, type TradeOutcome, type TradeRequest } from './trade-request.ts'

/** A trade with all that was heard of it. */
export type Trade = Operation<TradeRequest, TradeAnswer>

/** The names of a trade and of its step that a row of history carries. */
export function tradeOf(row: HistoryRow): { readonly op: string; readonly step: number } {
  return JSON.parse(row.data ?? '{"op":"","step":0}') as { op: string; step: number }
}

/**
 * Checks one trade against the rows that it left: whole where it was done, with the same deal, amounts and serials on both sides, each of
 * which names the other; none where it was refused; whole or none where nobody heard.
 *
 * @param rows of this trade, each account's in order
 * @returns what is wrong, in words; empty when all is well
 */
export function checkTrade({ op, request, attempts }: Trade, rows: readonly HistoryRow[]): string[] {
  const answers = attempts.flatMap(({ answer }) => answer ?? [])
  const [answer] = answers
  // I10: however often it was asked for.
  if (new Set(answers.map((one) => JSON.stringify(one))).size > 1)
    return [`${op}: was answered differently: ${JSON.stringify(answers)}`]
  if (answer !== undefined && 'fault' in answer) return [`${op}: ${answer.fault}`]
  if (answer !== undefined && 'refusal' in answer) return rows.length === 0 ? [] : [`${op}: was refused and happened`]
  if (answer === undefined && rows.length === 0) return []
  return request.steps.flatMap((moves, index) => {
    const heard = answer?.steps[index] ?? null
    const left = rows.filter((row) => tradeOf(row).step === index)
    const [deal, ...others] = new Set(left.map((row) => row.deal))
    if (others.length > 0) return [`${op}: happened ${others.length + 1} times`]
    if (heard !== null && deal !== undefined && heard.deal !== deal)
      return [`${op}: heard of another deal than ${deal}`]
    return checkMoves(moves, heard?.outcomes ?? null, left).map((wrong) => `${op}: ${wrong}`)
  })
}

function checkMoves(
  moves: readonly Move[],
  outcomes: readonly TradeOutcome[] | null,
  rows: readonly HistoryRow[],
): string[] {
  const lines = Map.groupBy(rows, ({ app, user }) => `${app} ${user}`)
  const wrong = moves.flatMap((move, index) => {
    const outcome = outcomes?.[index] ?? null
    const { kind, user, party } = move
    // Who adds a serial that is there already, as it is, changes nothing.
    if (move.properties !== undefined && rows.length === 0)
      return outcome === null || outcome.change === '0' ? [] : [`left nothing of ${JSON.stringify(move)}`]
    const main = lines.get(`${appOf(kind)} ${user}`)?.shift()
    const other = party === undefined ? null : lines.get(`${appOf(kind)} ${party}`)?.shift()
    if (main === undefined || other === undefined) return [`left only a part of ${JSON.stringify(move)}`]
    const isFit = isMain(move, main) && (other === null || isOther(main, other))
    return [
      ...(isFit ? [] : [`${JSON.stringify(move)} became ${textOf(main)} and ${other === null ? '-' : textOf(other)}`]),
      ...(outcome === null || isHeard(outcome, main) ? [] : [`heard ${JSON.stringify(outcome)} of ${textOf(main)}`]),
    ]
  })
  const surplus = [...lines.values()].flat()
  return [...wrong, ...surplus.map((row) => `nobody asked for ${textOf(row)}`)]
}

/** Whether a row is what a move does to the account that it names. */
function isMain({ verb, kind, user, item, party, amount = 0, serials }: Move, row: HistoryRow): boolean {
  const count = serials?.length ?? amount
  const moves = toMoves(row.serials ?? '{}')
  const sign = verb === 'convert' ? 0 : verb === 'add' ? 1 : -1
  const isIn = verb === 'add' || (verb === 'convert' && serials === undefined)
  const [there, nothing] = isIn ? [moves.in, moves.out] : [moves.out, moves.in]
  // Of a number of hybrids some are only counted.
  const isEnough = kind === 'hybrid' && verb !== 'convert' ? there.length <= count : there.length === count
  return (
    row.user === user &&
    row.item === item &&
    row.change === BigInt(sign * count) &&
    row.party === (party === undefined ? null : `${appOf(kind)} ${party}`) &&
    moves.set.length === 0 &&
    nothing.length === 0 &&
    (kind === 'tally' ? there.length === 0 : isEnough) &&
    (serials === undefined || isSame(there, serials.map(BigInt)))
  )
}

/** Whether a row is the other side of a row (I2): what one loses the other gains. */
function isOther(main: HistoryRow, other: HistoryRow): boolean {
  const [mine, theirs] = [toMoves(main.serials ?? '{}'), toMoves(other.serials ?? '{}')]
  return (
    other.item === main.item &&
    other.change === -main.change &&
    other.party === `${main.app} ${main.user}` &&
    isSame(mine.in, theirs.out) &&
    isSame(mine.out, theirs.in) &&
    theirs.set.length === 0
  )
}

function isHeard({ change, balance, version }: TradeOutcome, row: HistoryRow): boolean {
  return change === String(row.change) && balance === String(row.balance) && version === String(row.version)
}

function isSame(left: readonly bigint[], right: readonly bigint[]): boolean {
  return left.length === right.length && new Set([...left, ...right]).size === left.length
}

function textOf({ app, user, version, line, item, change, serials, party }: HistoryRow): string {
  return `${app} ${user} ${version}/${line}: ${change} ${item} ${serials ?? ''} (${party ?? 'from and to nowhere'})`
}

/** A ticket that nobody could have while it was still for sale. */
export function isRefusedInVain({ request, attempts }: Trade, forSale: ReadonlySet<string>): boolean {
  const isOfMarket = request.steps.flat().some(({ item, party }) => item === 'ticket' && party === market)
  return attempts.some(
    ({ answer }) =>
      isOfMarket &&
      answer !== null &&
      'refusal' in answer &&
      answer.refusal.code === 'SERIAL_NOT_FOUND' &&
      forSale.has(answer.refusal.serial ?? ''),
  )
}
